#include "tools/core/diff_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/line_match.h"
#include "tools/core/path_roots.h"
#include "tools/core/report.h"

/* Files of one name are the same when they have so much in common ... */
#define SAME_NAME_SHARE 0.3
/* ... and files and functions of different names when it is so much. */
#define RENAMED_SHARE 0.5

/* So many leftovers are compared by what stands in them, each with each. */
#define COMPARED_MAX 300

/* What is known of one side. */
struct match_side {
	const struct profile *p;
	struct path_roots roots;
	VEC(uint32_t) own_file;       /* [string], 0 = not a file of a function */
	VEC(uint32_t) own_function;   /* [function] */
	struct id_list files;         /* those that stand for others, too */
	VEC(uint32_t) other_file;     /* [string], 0 = none */
	VEC(uint32_t) other_function; /* [function], 0 = none */
	VEC(unsigned char) file_fate; /* [string] */
	VEC(unsigned char) function_fate;
};

/* The lines of a base file, from .first on. */
struct file_lines {
	uint32_t file;
	uint32_t first;
	VEC(struct diff_line) to;
};

/* The same for a file of the new side, derived from the above. */
struct diff_match {
	struct match_side side[DIFF_SIDE_COUNT];
	VEC(struct file_lines) lines[DIFF_SIDE_COUNT];
	VEC(uint32_t) lines_of_file[DIFF_SIDE_COUNT]; /* [string] = index + 1 */
	size_t textless_count;
};

const char *diff_fate_name(enum diff_fate fate)
{
	static const char *const names[] = {"kept", "rewritten", "moved", "renamed",
		"added", "vanished"};

	return names[fate];
}

static bool text_equal(struct ptf_text a, struct ptf_text b)
{
	return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));
}

static const struct profile_source *source_of(const struct match_side *s, uint32_t file)
{
	const struct profile_source *source = profile_source_of(s->p, file);

	return source && source->line_starts.count ? source : NULL;
}

/* Lines of a text, [from, from + count), as far as they are there. */
struct text_lines {
	VEC(struct ptf_text) line;
	uint32_t first; /* the number of line[0] */
};

static struct text_lines take_lines(const struct profile_source *s, uint32_t from,
	uint32_t count)
{
	struct text_lines t = {.first = from < s->first_line ? s->first_line : from};
	struct ptf_text line;

	for (uint32_t i = t.first; i - from < count && profile_source_line(s, i, &line);
		i++)
		vec_push(&t.line, line);
	return t;
}

static struct text_lines all_lines(const struct profile_source *s)
{
	return take_lines(s, s->first_line, UINT32_MAX);
}

static double common_share(const struct text_lines *a, const struct text_lines *b)
{
	return line_common_share(a->line.item, a->line.count, b->line.item,
		b->line.count);
}

static double file_share(const struct profile_source *a, const struct profile_source *b)
{
	struct text_lines x, y;
	double share;

	if (!a || !b)
		return 0;
	if (text_equal(a->text, b->text))
		return 1;
	x = all_lines(a);
	y = all_lines(b);
	share = common_share(&x, &y);
	vec_free(&x.line);
	vec_free(&y.line);
	return share;
}

/* ------------------------------------------------------------ one side */

/*
 * Checkouts of the runs of one side may lie in different folders: files at the
 * same place below their roots with nearly the same text are one.
 */
static void find_files(struct match_side *s)
{
	struct intern keys = {0};
	VEC(uint32_t) first = {0}; /* [key] */

	path_roots_find(&s->roots, s->p);
	vec_cover(&s->own_file, s->p->strings.items.count);
	vec_cover(&s->other_file, s->p->strings.items.count);
	vec_cover(&s->file_fate, s->p->strings.items.count);
	for (uint32_t id = 1; id <= s->p->functions.items.count; id++) {
		uint32_t file = profile_get_function(s->p, id).file, key;
		struct ptf_text path;

		if (!file || s->own_file.item[file])
			continue;
		path = path_below_root(&s->roots, profile_string(s->p, file));
		key = intern_bytes(&keys, path.data, path.size);
		vec_cover(&first, key);
		if (!first.item[key])
			first.item[key] = file;
		if (first.item[key] != file &&
			file_share(source_of(s, first.item[key]), source_of(s, file)) >=
				RENAMED_SHARE) {
			s->own_file.item[file] = first.item[key];
			continue;
		}
		s->own_file.item[file] = file;
		vec_push(&s->files, file);
	}
	intern_free(&keys);
	vec_free(&first);
}

struct function_key {
	uint32_t kind, name, file, module, first_line, line_count;
};

static void find_functions(struct match_side *s)
{
	struct intern keys = {0};
	VEC(uint32_t) first = {0};

	vec_cover(&s->own_function, s->p->functions.items.count);
	vec_cover(&s->other_function, s->p->functions.items.count);
	vec_cover(&s->function_fate, s->p->functions.items.count);
	for (uint32_t id = 1; id <= s->p->functions.items.count; id++) {
		struct profile_function f = profile_get_function(s->p, id);
		struct function_key key = {f.kind, f.name,
			f.file ? s->own_file.item[f.file] : 0, f.module, f.first_line,
			f.line_count};
		uint32_t k = intern_bytes(&keys, &key, sizeof(key));

		vec_cover(&first, k);
		if (!first.item[k])
			first.item[k] = id;
		s->own_function.item[id] = first.item[k];
	}
	intern_free(&keys);
	vec_free(&first);
}

/* ---------------------------------------------------------------- files */

static void pair_files(struct diff_match *m, uint32_t base, uint32_t new, bool renamed)
{
	enum diff_fate fate = renamed ? DIFF_RENAMED : DIFF_KEPT;

	m->side[DIFF_BASE].other_file.item[base] = new;
	m->side[DIFF_NEW].other_file.item[new] = base;
	m->side[DIFF_BASE].file_fate.item[base] = (unsigned char)fate;
	m->side[DIFF_NEW].file_fate.item[new] = (unsigned char)fate;
}

static void pair_files_by_path(struct diff_match *m, bool below_root)
{
	struct match_side *base = &m->side[DIFF_BASE], *new = &m->side[DIFF_NEW];
	struct intern keys = {0};
	VEC(uint32_t) of_key = {0};

	for (size_t i = 0; i < new->files.count; i++) {
		uint32_t file = new->files.item[i], key;
		struct ptf_text path = profile_string(new->p, file);

		if (new->other_file.item[file])
			continue;
		path = below_root ? path_below_root(&new->roots, path) : path;
		key = intern_bytes(&keys, path.data, path.size);
		vec_cover(&of_key, key);
		if (!of_key.item[key])
			of_key.item[key] = file;
	}
	for (size_t i = 0; i < base->files.count; i++) {
		uint32_t file = base->files.item[i], key;
		struct ptf_text path = profile_string(base->p, file);

		path = below_root ? path_below_root(&base->roots, path) : path;
		key = intern_lookup(&keys, path.data, path.size);
		if (key && !base->other_file.item[file] &&
			!new->other_file.item[of_key.item[key]])
			pair_files(m, file, of_key.item[key], false);
	}
	intern_free(&keys);
	vec_free(&of_key);
}

/* Two things that may be the same, and how much speaks for it. */
struct candidate {
	double score;
	uint32_t base, new;
};

struct candidates {
	struct candidate *item;
	size_t count, capacity;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return x->new < y->new ? -1 : x->new > y->new;
}

static void unpaired_files(const struct match_side *s, struct id_list *rest)
{
	for (size_t i = 0; i < s->files.count && rest->count < COMPARED_MAX; i++)
		if (!s->other_file.item[s->files.item[i]])
			vec_push(rest, s->files.item[i]);
}

static size_t common_names(const struct diff_match *m, uint32_t base, uint32_t new)
{
	return path_common_end(profile_string(m->side[DIFF_BASE].p, base),
		profile_string(m->side[DIFF_NEW].p, new));
}

/* What speaks for two files of different paths; 0 = nothing. */
static double file_score(const struct diff_match *m, uint32_t base, uint32_t new)
{
	const struct match_side *b = &m->side[DIFF_BASE], *n = &m->side[DIFF_NEW];
	struct ptf_text x = profile_string(b->p, base), y = profile_string(n->p, new);
	size_t names = common_names(m, base, new);
	const struct profile_source *s = source_of(b, base), *t = source_of(n, new);
	double share;

	if (names == 0 && (!s || !t || report_is_library(x) || report_is_library(y)))
		return 0;
	share = file_share(s, t);
	if (names == 0 ? share < RENAMED_SHARE
		       : names == 1 && s && t && share < SAME_NAME_SHARE)
		return 0;
	return (double)names + share;
}

static void pair_files_by_content(struct diff_match *m)
{
	struct id_list base = {0}, new = {0};
	struct candidates c = {0};

	unpaired_files(&m->side[DIFF_BASE], &base);
	unpaired_files(&m->side[DIFF_NEW], &new);
	for (size_t i = 0; i < base.count; i++)
		for (size_t k = 0; k < new.count; k++) {
			double score = file_score(m, base.item[i], new.item[k]);

			if (score > 0)
				vec_push(&c,
					(struct candidate){score, base.item[i],
						new.item[k]});
		}
	if (c.count)
		qsort(c.item, c.count, sizeof(*c.item), compare_candidates);
	for (size_t i = 0; i < c.count; i++)
		if (!m->side[DIFF_BASE].other_file.item[c.item[i].base] &&
			!m->side[DIFF_NEW].other_file.item[c.item[i].new])
			pair_files(m, c.item[i].base, c.item[i].new,
				!common_names(m, c.item[i].base, c.item[i].new));
	vec_free(&base);
	vec_free(&new);
	vec_free(&c);
}

/* ---------------------------------------------------------------- lines */

static struct file_lines *lines_of(const struct diff_match *m, enum diff_side side,
	uint32_t file)
{
	uint32_t index = file && file < m->lines_of_file[side].count
		? m->lines_of_file[side].item[file]
		: 0;

	return index ? &m->lines[side].item[index - 1] : NULL;
}

static struct file_lines *add_lines(struct diff_match *m, enum diff_side side,
	uint32_t file)
{
	const struct profile_source *s = source_of(&m->side[side], file);
	struct file_lines lines = {.file = file, .first = s->first_line};

	vec_cover(&lines.to, s->line_starts.count - 1);
	vec_push(&m->lines[side], lines);
	vec_cover(&m->lines_of_file[side], file);
	m->lines_of_file[side].item[file] = (uint32_t)m->lines[side].count;
	return &m->lines[side].item[m->lines[side].count - 1];
}

static void align_file(struct diff_match *m, uint32_t base)
{
	uint32_t new = m->side[DIFF_BASE].other_file.item[base];
	const struct profile_source *s = source_of(&m->side[DIFF_BASE], base),
				    *t = source_of(&m->side[DIFF_NEW], new);
	struct file_lines *lines;
	struct line_match *match;
	struct text_lines x, y;

	if (!s || (new && !t)) {
		/* "<frozen posixpath>" has none. */
		m->textless_count +=
			*profile_string(m->side[DIFF_BASE].p, base).data != '<';
		return;
	}
	lines = add_lines(m, DIFF_BASE, base);
	if (!new)
		return;
	x = all_lines(s);
	y = all_lines(t);
	match = memory_zeroed(x.line.count, sizeof(*match));
	line_match(x.line.item, x.line.count, y.line.item, y.line.count, match);
	for (size_t i = 0; i < x.line.count; i++)
		if (match[i].line)
			lines->to.item[i] = (struct diff_line){new,
				y.first + match[i].line - 1, match[i].is_rewritten};
	free(match);
	vec_free(&x.line);
	vec_free(&y.line);
}

struct range {
	uint32_t file, first, count;
};

static bool range_has(const struct range *r, uint32_t file, uint32_t line)
{
	return file == r->file && line >= r->first && line - r->first < r->count;
}

/* Aligns two functions: their lines are lines of each other and of nothing else. */
static void align_ranges(struct diff_match *m, const struct range *base,
	const struct range *new)
{
	const struct profile_source *s = source_of(&m->side[DIFF_BASE], base->file),
				    *t = source_of(&m->side[DIFF_NEW], new->file);
	struct file_lines *lines = lines_of(m, DIFF_BASE, base->file), *others;
	struct line_match *match;
	struct text_lines x, y;

	if (!s || !t || !lines)
		return;
	x = take_lines(s, base->first, base->count);
	y = take_lines(t, new->first, new->count);
	others = lines_of(m, DIFF_BASE, m->side[DIFF_NEW].other_file.item[new->file]);
	for (size_t i = 0; others && i < others->to.count; i++)
		if (range_has(new, others->to.item[i].file, others->to.item[i].line))
			others->to.item[i] = (struct diff_line){0};
	match = memory_zeroed(x.line.count, sizeof(*match));
	line_match(x.line.item, x.line.count, y.line.item, y.line.count, match);
	/* The first lines of a function are the same one, if only renamed. */
	if (x.line.count && y.line.count && !match[0].line && x.first == base->first &&
		y.first == new->first) {
		bool taken = false;

		for (size_t i = 0; i < x.line.count; i++)
			taken = taken || match[i].line == 1;
		if (!taken)
			match[0] = (struct line_match){1, true};
	}
	for (size_t i = 0; i < x.line.count; i++)
		lines->to.item[x.first - lines->first + i] = match[i].line
			? (struct diff_line){new->file, y.first + match[i].line - 1,
				  match[i].is_rewritten}
			: (struct diff_line){0};
	free(match);
	vec_free(&x.line);
	vec_free(&y.line);
}

/* ------------------------------------------------------------ functions */

static struct range range_of(const struct match_side *s, uint32_t function)
{
	struct profile_function f = profile_get_function(s->p, function);

	return (struct range){f.file ? s->own_file.item[f.file] : 0, f.first_line,
		f.first_line ? f.line_count : 0};
}

static void pair_functions(struct diff_match *m, uint32_t base, uint32_t new,
	enum diff_fate fate)
{
	m->side[DIFF_BASE].other_function.item[base] = new;
	m->side[DIFF_NEW].other_function.item[new] = base;
	m->side[DIFF_BASE].function_fate.item[base] = (unsigned char)fate;
	m->side[DIFF_NEW].function_fate.item[new] = (unsigned char)fate;
}

/* Functions of one name in one file, of both sides, in order of their lines. */
struct namesakes {
	struct id_list of[DIFF_SIDE_COUNT];
};

struct name_key {
	uint32_t kind, name, module; /* texts common to both sides */
	uint32_t file;               /* of the new side, or of the base + its flag */
	uint32_t is_base_file;
};

static uint32_t text_id(struct intern *texts, const struct profile *p, uint32_t string)
{
	struct ptf_text t = profile_string(p, string);

	return t.size ? intern_bytes(texts, t.data, t.size) : 0;
}

static struct name_key name_key(const struct diff_match *m, enum diff_side side,
	uint32_t id, struct intern *texts)
{
	const struct match_side *s = &m->side[side];
	struct profile_function f = profile_get_function(s->p, id);
	struct name_key key = {.kind = f.kind, .name = text_id(texts, s->p, f.name)};

	if (f.file) {
		uint32_t file = s->own_file.item[f.file],
			 other = s->other_file.item[file];

		key.is_base_file = side == DIFF_BASE && !other;
		key.file = side == DIFF_BASE && other ? other : file;
	} else {
		struct ptf_text module = path_base_name(
			profile_string(s->p, profile_get_module(s->p, f.module).path));

		key.module =
			module.size ? intern_bytes(texts, module.data, module.size) : 0;
	}
	return key;
}

static int compare_first_lines(const void *a, const void *b, void *context)
{
	const struct profile *p = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint32_t m = profile_get_function(p, x).first_line;
	uint32_t n = profile_get_function(p, y).first_line;

	return m != n ? (m < n ? -1 : 1) : x < y ? -1 : x > y;
}

/* Where the first line of a function went; its file and line. */
static bool begins_at(const struct diff_match *m, uint32_t base, uint32_t new)
{
	struct range b = range_of(&m->side[DIFF_BASE], base),
		     n = range_of(&m->side[DIFF_NEW], new);
	const struct file_lines *lines = lines_of(m, DIFF_BASE, b.file);

	if (!lines || b.first < lines->first || b.first - lines->first >= lines->to.count)
		return false;
	return lines->to.item[b.first - lines->first].file == n.file &&
		lines->to.item[b.first - lines->first].line == n.first;
}

/* Moved is what shares no line with the place where it stood. */
static enum diff_fate place_fate(const struct diff_match *m, uint32_t base, uint32_t new)
{
	struct range b = range_of(&m->side[DIFF_BASE], base),
		     n = range_of(&m->side[DIFF_NEW], new);
	const struct file_lines *lines = lines_of(m, DIFF_BASE, b.file);

	if (!lines || !b.count || !n.count)
		return DIFF_KEPT;
	for (size_t i = 0; i < lines->to.count; i++)
		if (range_has(&b, b.file, lines->first + (uint32_t)i) &&
			range_has(&n, lines->to.item[i].file, lines->to.item[i].line))
			return DIFF_KEPT;
	return DIFF_MOVED;
}

static void pair_namesakes(struct diff_match *m, const struct namesakes *n)
{
	const struct id_list *base = &n->of[DIFF_BASE], *new = &n->of[DIFF_NEW];
	size_t k = 0;

	for (size_t i = 0; i < base->count && base->count + new->count > 2; i++)
		for (size_t j = 0; j < new->count; j++)
			if (begins_at(m, base->item[i], new->item[j]) &&
				!m->side[DIFF_BASE].other_function.item[base->item[i]] &&
				!m->side[DIFF_NEW].other_function.item[new->item[j]])
				pair_functions(m, base->item[i], new->item[j], DIFF_KEPT);
	for (size_t i = 0; i < base->count; i++) {
		if (m->side[DIFF_BASE].other_function.item[base->item[i]])
			continue;
		while (k < new->count &&
			m->side[DIFF_NEW].other_function.item[new->item[k]])
			k++;
		if (k < new->count)
			pair_functions(m, base->item[i], new->item[k],
				place_fate(m, base->item[i], new->item[k]));
	}
}

static void pair_functions_by_name(struct diff_match *m)
{
	struct intern texts = {0}, keys = {0};
	VEC(struct namesakes) by_key = {0};

	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++)
		for (uint32_t id = 1; id <= m->side[side].p->functions.items.count;
			id++) {
			struct name_key key;
			uint32_t k;

			if (m->side[side].own_function.item[id] != id)
				continue;
			key = name_key(m, side, id, &texts);
			k = intern_bytes(&keys, &key, sizeof(key));
			vec_cover(&by_key, k);
			vec_push(&by_key.item[k].of[side], id);
		}
	for (size_t k = 0; k < by_key.count; k++)
		for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
			struct id_list *list = &by_key.item[k].of[side];

			if (list->count)
				qsort_r(list->item, list->count, sizeof(*list->item),
					compare_first_lines,
					(void *)(uintptr_t)m->side[side].p);
		}
	for (size_t k = 0; k < by_key.count; k++) {
		pair_namesakes(m, &by_key.item[k]);
		vec_free(&by_key.item[k].of[DIFF_BASE]);
		vec_free(&by_key.item[k].of[DIFF_NEW]);
	}
	vec_free(&by_key);
	intern_free(&texts);
	intern_free(&keys);
}

/* Functions with a text of their own that have no name on the other side. */
static void unpaired_functions(const struct match_side *s, struct id_list *rest)
{
	for (uint32_t id = 1;
		id <= s->p->functions.items.count && rest->count < COMPARED_MAX; id++) {
		struct range r = range_of(s, id);

		/* The body of a file is found with its file. */
		if (s->own_function.item[id] == id && !s->other_function.item[id] &&
			r.count > 1 && r.first > 1 && source_of(s, r.file))
			vec_push(rest, id);
	}
}

static double function_score(const struct diff_match *m, uint32_t base, uint32_t new)
{
	const struct match_side *b = &m->side[DIFF_BASE], *n = &m->side[DIFF_NEW];
	struct range r = range_of(b, base), q = range_of(n, new);
	struct profile_function f = profile_get_function(b->p, base),
				g = profile_get_function(n->p, new);
	struct text_lines x, y;
	double share;

	/* Nothing can be half the same that is twice as long. */
	if (r.count > 3 * q.count || q.count > 3 * r.count)
		return 0;
	/* Without the line that has the name. */
	x = take_lines(source_of(b, r.file), r.first + 1, r.count - 1);
	y = take_lines(source_of(n, q.file), q.first + 1, q.count - 1);
	share = common_share(&x, &y);
	vec_free(&x.line);
	vec_free(&y.line);
	if (share < RENAMED_SHARE)
		return 0;
	if (text_equal(profile_string(b->p, f.name), profile_string(n->p, g.name)))
		share += 2;
	if (b->other_file.item[r.file] == q.file)
		share += 1;
	return share;
}

static void pair_functions_by_content(struct diff_match *m)
{
	struct id_list base = {0}, new = {0};
	struct candidates c = {0};

	unpaired_functions(&m->side[DIFF_BASE], &base);
	unpaired_functions(&m->side[DIFF_NEW], &new);
	for (size_t i = 0; i < base.count; i++)
		for (size_t k = 0; k < new.count; k++) {
			double score = function_score(m, base.item[i], new.item[k]);

			if (score > 0)
				vec_push(&c,
					(struct candidate){score, base.item[i],
						new.item[k]});
		}
	if (c.count)
		qsort(c.item, c.count, sizeof(*c.item), compare_candidates);
	for (size_t i = 0; i < c.count; i++)
		if (!m->side[DIFF_BASE].other_function.item[c.item[i].base] &&
			!m->side[DIFF_NEW].other_function.item[c.item[i].new])
			pair_functions(m, c.item[i].base, c.item[i].new,
				c.item[i].score > 2 ? DIFF_MOVED : DIFF_RENAMED);
	vec_free(&base);
	vec_free(&new);
	vec_free(&c);
}

/*
 * What took no time on one side is in no stack there, but it stands in the text:
 * then it has not vanished, nor is it new.
 */
static bool is_defined(const struct profile_source *s, struct ptf_text name)
{
	struct ptf_text last = name;

	if (!s)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] == '.')
			last = (struct ptf_text){name.data + i + 1, name.size - i - 1};
	for (uint32_t number = 0; last.size && number < s->line_starts.count; number++) {
		struct ptf_text line;

		if (!profile_source_line(s, s->first_line + number, &line))
			continue;
		while (line.size && (*line.data == ' ' || *line.data == '\t')) {
			line.data++;
			line.size--;
		}
		if (line.size > 6 && !memcmp(line.data, "async ", 6))
			line = (struct ptf_text){line.data + 6, line.size - 6};
		if (line.size > 4 && !memcmp(line.data, "def ", 4))
			line = (struct ptf_text){line.data + 4, line.size - 4};
		else if (line.size > 6 && !memcmp(line.data, "class ", 6))
			line = (struct ptf_text){line.data + 6, line.size - 6};
		else
			continue;
		if (line.size > last.size && !memcmp(line.data, last.data, last.size) &&
			memchr("( :[", line.data[last.size], 4))
			return true;
	}
	return false;
}

static void tell_unpaired(struct diff_match *m, enum diff_side side)
{
	struct match_side *s = &m->side[side];
	const struct match_side *o = &m->side[side == DIFF_BASE ? DIFF_NEW : DIFF_BASE];
	enum diff_fate fate = side == DIFF_BASE ? DIFF_VANISHED : DIFF_ADDED;

	for (size_t i = 0; i < s->files.count; i++)
		if (!s->other_file.item[s->files.item[i]])
			s->file_fate.item[s->files.item[i]] = (unsigned char)fate;
	for (uint32_t id = 1; id <= s->p->functions.items.count; id++) {
		struct profile_function f = profile_get_function(s->p, id);
		uint32_t file = f.file ? s->own_file.item[f.file] : 0;

		if (s->own_function.item[id] != id || s->other_function.item[id])
			continue;
		/* Code without text is in every version of its library. */
		if (!file || !source_of(s, file) ||
			(s->other_file.item[file] &&
				(!source_of(o, s->other_file.item[file]) ||
					is_defined(source_of(o, s->other_file.item[file]),
						profile_string(s->p, f.name)))))
			s->function_fate.item[id] = DIFF_KEPT;
		else
			s->function_fate.item[id] = (unsigned char)fate;
	}
}

static int compare_ranges(const void *a, const void *b, void *context)
{
	const struct match_side *s = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint32_t m = range_of(s, x).count, n = range_of(s, y).count;

	return m != n ? (m > n ? -1 : 1) : x < y ? -1 : x > y;
}

/* From the largest on, so that what is inside of another function wins. */
static void align_functions(struct diff_match *m)
{
	struct match_side *base = &m->side[DIFF_BASE];
	struct id_list paired = {0};

	for (uint32_t id = 1; id <= base->p->functions.items.count; id++) {
		struct range r = range_of(base, id);

		/* The body of a file was aligned with it. */
		if (base->other_function.item[id] && r.count && r.first > 1)
			vec_push(&paired, id);
	}
	if (paired.count)
		qsort_r(paired.item, paired.count, sizeof(*paired.item), compare_ranges,
			base);
	for (size_t i = 0; i < paired.count; i++) {
		uint32_t id = paired.item[i];
		struct range r = range_of(base, id),
			     q = range_of(&m->side[DIFF_NEW],
				     base->other_function.item[id]);
		const struct profile_source *s = source_of(base, r.file),
					    *t = source_of(&m->side[DIFF_NEW], q.file);

		if (q.count && s && t && !text_equal(s->text, t->text))
			align_ranges(m, &r, &q);
	}
	vec_free(&paired);
}

/* ------------------------------------------------------------------ all */

static void make_origins(struct diff_match *m)
{
	for (size_t i = 0; i < m->side[DIFF_NEW].files.count; i++)
		if (source_of(&m->side[DIFF_NEW], m->side[DIFF_NEW].files.item[i]))
			add_lines(m, DIFF_NEW, m->side[DIFF_NEW].files.item[i]);
	for (size_t f = 0; f < m->lines[DIFF_BASE].count; f++) {
		const struct file_lines *base = &m->lines[DIFF_BASE].item[f];

		for (size_t i = 0; i < base->to.count; i++) {
			struct diff_line to = base->to.item[i];
			struct file_lines *lines = lines_of(m, DIFF_NEW, to.file);

			if (lines && to.line >= lines->first &&
				to.line - lines->first < lines->to.count)
				lines->to.item[to.line - lines->first] =
					(struct diff_line){base->file,
						base->first + (uint32_t)i,
						to.is_rewritten};
		}
	}
}

struct diff_match *diff_match_new(const struct profile *base, const struct profile *new)
{
	struct diff_match *m = memory_zeroed(1, sizeof(*m));

	m->side[DIFF_BASE].p = base;
	m->side[DIFF_NEW].p = new;
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		find_files(&m->side[side]);
		find_functions(&m->side[side]);
	}
	pair_files_by_path(m, false);
	pair_files_by_path(m, true);
	pair_files_by_content(m);
	for (size_t i = 0; i < m->side[DIFF_BASE].files.count; i++)
		align_file(m, m->side[DIFF_BASE].files.item[i]);
	pair_functions_by_name(m);
	pair_functions_by_content(m);
	tell_unpaired(m, DIFF_BASE);
	tell_unpaired(m, DIFF_NEW);
	align_functions(m);
	make_origins(m);
	return m;
}

void diff_match_free(struct diff_match *m)
{
	if (!m)
		return;
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		struct match_side *s = &m->side[side];

		path_roots_free(&s->roots);
		vec_free(&s->own_file);
		vec_free(&s->own_function);
		vec_free(&s->files);
		vec_free(&s->other_file);
		vec_free(&s->other_function);
		vec_free(&s->file_fate);
		vec_free(&s->function_fate);
		for (size_t i = 0; i < m->lines[side].count; i++)
			vec_free(&m->lines[side].item[i].to);
		vec_free(&m->lines[side]);
		vec_free(&m->lines_of_file[side]);
	}
	free(m);
}

uint32_t diff_match_own_file(const struct diff_match *m, enum diff_side side,
	uint32_t file)
{
	return file ? m->side[side].own_file.item[file] : 0;
}

uint32_t diff_match_own_function(const struct diff_match *m, enum diff_side side,
	uint32_t function)
{
	return function ? m->side[side].own_function.item[function] : 0;
}

uint32_t diff_match_file(const struct diff_match *m, enum diff_side side, uint32_t file,
	enum diff_fate *fate)
{
	*fate = file ? m->side[side].file_fate.item[file] : DIFF_KEPT;
	return file ? m->side[side].other_file.item[file] : 0;
}

uint32_t diff_match_function(const struct diff_match *m, enum diff_side side,
	uint32_t function, enum diff_fate *fate)
{
	*fate = function ? m->side[side].function_fate.item[function] : DIFF_KEPT;
	return function ? m->side[side].other_function.item[function] : 0;
}

/* The same distance from the beginning of the function, for want of a text. */
static struct diff_line by_distance(const struct diff_match *m, enum diff_side from,
	uint32_t function, uint32_t line)
{
	enum diff_side to = from == DIFF_BASE ? DIFF_NEW : DIFF_BASE;
	uint32_t other = m->side[from].other_function.item[function];
	struct range r = range_of(&m->side[from], function), q;

	if (!other)
		return (struct diff_line){m->side[from].other_file.item[r.file], line,
			false};
	q = range_of(&m->side[to], other);
	if (r.first && q.first && line >= r.first &&
		line - r.first <= UINT32_MAX - q.first)
		line = line - r.first + q.first;
	return (struct diff_line){q.file, line, false};
}

static struct diff_line follow(const struct diff_match *m, enum diff_side side,
	uint32_t function, uint32_t line)
{
	uint32_t own = diff_match_own_function(m, side, function);
	struct range r = range_of(&m->side[side], own);
	const struct file_lines *lines = lines_of(m, side, r.file);
	uint32_t other = r.file ? m->side[side].other_file.item[r.file] : 0;
	bool has_text = !other ||
		source_of(&m->side[side == DIFF_BASE ? DIFF_NEW : DIFF_BASE], other);

	if (!r.file || line == 0)
		return (struct diff_line){0};
	if (lines && has_text && line >= lines->first &&
		line - lines->first < lines->to.count)
		return lines->to.item[line - lines->first];
	return by_distance(m, side, own, line);
}

struct diff_line diff_match_line(const struct diff_match *m, uint32_t base_function,
	uint32_t base_line)
{
	struct diff_line to = follow(m, DIFF_BASE, base_function, base_line);

	return to.file ? to : (struct diff_line){0};
}

struct diff_line diff_match_origin(const struct diff_match *m, uint32_t new_function,
	uint32_t new_line)
{
	struct diff_line to = follow(m, DIFF_NEW, new_function, new_line);

	return to.file ? to : (struct diff_line){0};
}

struct diff_line diff_match_text_origin(const struct diff_match *m, uint32_t new_file,
	uint32_t new_line)
{
	const struct file_lines *lines = lines_of(m, DIFF_NEW, new_file);

	return lines && new_line >= lines->first &&
			new_line - lines->first < lines->to.count
		? lines->to.item[new_line - lines->first]
		: (struct diff_line){0};
}

struct ptf_text diff_match_short_path(const struct diff_match *m, enum diff_side side,
	uint32_t file)
{
	return path_below_root(&m->side[side].roots,
		profile_string(m->side[side].p, file));
}

size_t diff_match_textless_count(const struct diff_match *m)
{
	return m->textless_count;
}
