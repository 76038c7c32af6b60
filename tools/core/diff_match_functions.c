#include "tools/core/diff_match_parts.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/texts.h"

struct function_key {
	uint32_t kind, name, file, module, first_line, line_count;
};

void match_find_functions(struct match_side *s)
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
		struct ptf_text module = name_of_path(
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
	struct range b = match_range_of(&m->side[DIFF_BASE], base),
		     n = match_range_of(&m->side[DIFF_NEW], new);
	const struct file_lines *lines = match_lines_of(m, DIFF_BASE, b.file);

	if (!lines || b.first < lines->first || b.first - lines->first >= lines->to.count)
		return false;
	return lines->to.item[b.first - lines->first].file == n.file &&
		lines->to.item[b.first - lines->first].line == n.first;
}

/* Moved is what shares no line with the place where it stood. */
static enum diff_fate place_fate(const struct diff_match *m, uint32_t base, uint32_t new)
{
	struct range b = match_range_of(&m->side[DIFF_BASE], base),
		     n = match_range_of(&m->side[DIFF_NEW], new);
	const struct file_lines *lines = match_lines_of(m, DIFF_BASE, b.file);

	if (!lines || !b.count || !n.count)
		return DIFF_KEPT;
	for (size_t i = 0; i < lines->to.count; i++)
		if (match_range_has(&b, b.file, lines->first + (uint32_t)i) &&
			match_range_has(&n, lines->to.item[i].file,
				lines->to.item[i].line))
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
		struct range r = match_range_of(s, id);

		/* The body of a file is found with its file. */
		if (s->own_function.item[id] == id && !s->other_function.item[id] &&
			r.count > 1 && r.first > 1 && match_source(s, r.file))
			vec_push(rest, id);
	}
}

static double function_score(const struct diff_match *m, uint32_t base, uint32_t new)
{
	const struct match_side *b = &m->side[DIFF_BASE], *n = &m->side[DIFF_NEW];
	struct range r = match_range_of(b, base), q = match_range_of(n, new);
	struct profile_function f = profile_get_function(b->p, base),
				g = profile_get_function(n->p, new);
	struct text_lines x, y;
	double share;

	/* Nothing can be half the same that is twice as long. */
	if (r.count > 3 * q.count || q.count > 3 * r.count)
		return 0;
	/* Without the line that has the name. */
	x = match_take_lines(match_source(b, r.file), r.first + 1, r.count - 1);
	y = match_take_lines(match_source(n, q.file), q.first + 1, q.count - 1);
	share = match_common_share(&x, &y);
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

static bool is_paired_function(const struct diff_match *m, enum diff_side side,
	uint32_t function)
{
	return m->side[side].other_function.item[function] != 0;
}

static void pair_scored_functions(struct diff_match *m, const struct candidate *c)
{
	pair_functions(m, c->base, c->new, c->score > 2 ? DIFF_MOVED : DIFF_RENAMED);
}

static void pair_functions_by_content(struct diff_match *m)
{
	struct id_list base = {0}, new = {0};

	unpaired_functions(&m->side[DIFF_BASE], &base);
	unpaired_functions(&m->side[DIFF_NEW], &new);
	match_pair_by_score(m, &base, &new,
		(struct scoring){function_score, is_paired_function,
			pair_scored_functions});
	vec_free(&base);
	vec_free(&new);
}

void match_pair_functions(struct diff_match *m)
{
	pair_functions_by_name(m);
	pair_functions_by_content(m);
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

void match_tell_unpaired(struct diff_match *m, enum diff_side side)
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
		if (!file || !match_source(s, file) ||
			(s->other_file.item[file] &&
				(!match_source(o, s->other_file.item[file]) ||
					is_defined(match_source(o,
							   s->other_file.item[file]),
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
	uint32_t m = match_range_of(s, x).count, n = match_range_of(s, y).count;

	return m != n ? (m > n ? -1 : 1) : x < y ? -1 : x > y;
}

/* From the largest on, so that what is inside of another function wins. */
void match_align_functions(struct diff_match *m)
{
	struct match_side *base = &m->side[DIFF_BASE];
	struct id_list paired = {0};

	for (uint32_t id = 1; id <= base->p->functions.items.count; id++) {
		struct range r = match_range_of(base, id);

		/* The body of a file was aligned with it. */
		if (base->other_function.item[id] && r.count && r.first > 1)
			vec_push(&paired, id);
	}
	if (paired.count)
		qsort_r(paired.item, paired.count, sizeof(*paired.item), compare_ranges,
			base);
	for (size_t i = 0; i < paired.count; i++) {
		uint32_t id = paired.item[i];
		struct range r = match_range_of(base, id),
			     q = match_range_of(&m->side[DIFF_NEW],
				     base->other_function.item[id]);
		const struct profile_source *s = match_source(base, r.file),
					    *t = match_source(&m->side[DIFF_NEW], q.file);

		if (q.count && s && t && !text_equal(s->text, t->text))
			match_align_ranges(m, &r, &q);
	}
	vec_free(&paired);
}
