#include "tools/core/diff_match_parts.h"

#include <stdlib.h>

#include "tools/core/line_match.h"
#include "tools/core/own_code.h"
#include "tools/core/report.h"
#include "tools/core/texts.h"

/* Files of one name are the same when they have so much in common ... */
#define SAME_NAME_SHARE 0.3
const char *diff_fate_name(enum diff_fate fate)
{
	static const char *const names[] = {"kept", "rewritten", "moved", "renamed",
		"added", "vanished"};

	return names[fate];
}

static double file_share(const struct profile_source *a, const struct profile_source *b)
{
	struct text_lines x, y;
	double share;

	if (!a || !b)
		return 0;
	if (text_equal(a->text, b->text))
		return 1;
	x = match_all_lines(a);
	y = match_all_lines(b);
	share = match_common_share(&x, &y);
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
			file_share(match_source(s, first.item[key]),
				match_source(s, file)) >= RENAMED_SHARE) {
			s->own_file.item[file] = first.item[key];
			continue;
		}
		s->own_file.item[file] = file;
		vec_push(&s->files, file);
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
	const struct profile_source *s = match_source(b, base), *t = match_source(n, new);
	double share;

	if (names == 0 && (!s || !t || path_is_library(x) || path_is_library(y)))
		return 0;
	share = file_share(s, t);
	if (names == 0 ? share < RENAMED_SHARE
		       : names == 1 && s && t && share < SAME_NAME_SHARE)
		return 0;
	return (double)names + share;
}

static bool is_paired_file(const struct diff_match *m, enum diff_side side, uint32_t file)
{
	return m->side[side].other_file.item[file] != 0;
}

static void pair_scored_files(struct diff_match *m, const struct candidate *c)
{
	pair_files(m, c->base, c->new, !common_names(m, c->base, c->new));
}

static void pair_files_by_content(struct diff_match *m)
{
	struct id_list base = {0}, new = {0};

	unpaired_files(&m->side[DIFF_BASE], &base);
	unpaired_files(&m->side[DIFF_NEW], &new);
	match_pair_by_score(m, &base, &new,
		(struct scoring){file_score, is_paired_file, pair_scored_files});
	vec_free(&base);
	vec_free(&new);
}

/* ---------------------------------------------------------------- lines */

struct file_lines *match_lines_of(const struct diff_match *m, enum diff_side side,
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
	const struct profile_source *s = match_source(&m->side[side], file);
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
	const struct profile_source *s = match_source(&m->side[DIFF_BASE], base),
				    *t = match_source(&m->side[DIFF_NEW], new);
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
	x = match_all_lines(s);
	y = match_all_lines(t);
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

bool match_range_has(const struct range *r, uint32_t file, uint32_t line)
{
	return file == r->file && line >= r->first && line - r->first < r->count;
}

void match_align_ranges(struct diff_match *m, const struct range *base,
	const struct range *new)
{
	const struct profile_source *s = match_source(&m->side[DIFF_BASE], base->file),
				    *t = match_source(&m->side[DIFF_NEW], new->file);
	struct file_lines *lines = match_lines_of(m, DIFF_BASE, base->file), *others;
	struct line_match *match;
	struct text_lines x, y;

	if (!s || !t || !lines)
		return;
	x = match_take_lines(s, base->first, base->count);
	y = match_take_lines(t, new->first, new->count);
	others = match_lines_of(m, DIFF_BASE,
		m->side[DIFF_NEW].other_file.item[new->file]);
	for (size_t i = 0; others && i < others->to.count; i++)
		if (match_range_has(new, others->to.item[i].file,
			    others->to.item[i].line))
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

struct range match_range_of(const struct match_side *s, uint32_t function)
{
	struct profile_function f = profile_get_function(s->p, function);

	return (struct range){f.file ? s->own_file.item[f.file] : 0, f.first_line,
		f.first_line ? f.line_count : 0};
}

/* ------------------------------------------------------------------ all */

static void make_origins(struct diff_match *m)
{
	for (size_t i = 0; i < m->side[DIFF_NEW].files.count; i++)
		if (match_source(&m->side[DIFF_NEW], m->side[DIFF_NEW].files.item[i]))
			add_lines(m, DIFF_NEW, m->side[DIFF_NEW].files.item[i]);
	for (size_t f = 0; f < m->lines[DIFF_BASE].count; f++) {
		const struct file_lines *base = &m->lines[DIFF_BASE].item[f];

		for (size_t i = 0; i < base->to.count; i++) {
			struct diff_line to = base->to.item[i];
			struct file_lines *lines = match_lines_of(m, DIFF_NEW, to.file);

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
		match_find_functions(&m->side[side]);
	}
	pair_files_by_path(m, false);
	pair_files_by_path(m, true);
	pair_files_by_content(m);
	for (size_t i = 0; i < m->side[DIFF_BASE].files.count; i++)
		align_file(m, m->side[DIFF_BASE].files.item[i]);
	match_pair_functions(m);
	match_tell_unpaired(m, DIFF_BASE);
	match_tell_unpaired(m, DIFF_NEW);
	match_align_functions(m);
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
	struct range r = match_range_of(&m->side[from], function), q;

	if (!other)
		return (struct diff_line){m->side[from].other_file.item[r.file], line,
			false};
	q = match_range_of(&m->side[to], other);
	if (r.first && q.first && line >= r.first &&
		line - r.first <= UINT32_MAX - q.first)
		line = line - r.first + q.first;
	return (struct diff_line){q.file, line, false};
}

static struct diff_line follow(const struct diff_match *m, enum diff_side side,
	uint32_t function, uint32_t line)
{
	uint32_t own = diff_match_own_function(m, side, function);
	struct range r = match_range_of(&m->side[side], own);
	const struct file_lines *lines = match_lines_of(m, side, r.file);
	uint32_t other = r.file ? m->side[side].other_file.item[r.file] : 0;
	bool has_text = !other ||
		match_source(&m->side[side == DIFF_BASE ? DIFF_NEW : DIFF_BASE], other);

	if (!r.file || line == 0)
		return (struct diff_line){0};
	if (lines && has_text && line >= lines->first &&
		line - lines->first < lines->to.count)
		return lines->to.item[line - lines->first];
	return by_distance(m, side, own, line);
}

bool diff_match_is_same_code(const struct diff_match *m, uint32_t base_function)
{
	const struct match_side *b = &m->side[DIFF_BASE], *n = &m->side[DIFF_NEW];
	uint32_t base = diff_match_own_function(m, DIFF_BASE, base_function);
	uint32_t new = base ? b->other_function.item[base] : 0;
	struct range r = match_range_of(b, base), q = match_range_of(n, new);
	const struct profile_source *s = match_source(b, r.file),
				    *t = match_source(n, q.file);
	struct text_lines x, y;
	bool is_same;

	if (!new || !s || !t)
		return new != 0;
	x = match_take_lines(s, r.first, r.count);
	y = match_take_lines(t, q.first, q.count);
	is_same = x.line.count == y.line.count;
	for (size_t i = 0; is_same && i < x.line.count; i++)
		is_same = text_equal(x.line.item[i], y.line.item[i]);
	vec_free(&x.line);
	vec_free(&y.line);
	return is_same;
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

struct diff_line diff_match_common_line(const struct diff_match *m, enum diff_side side,
	struct profile_place line, bool *is_base_only)
{
	struct profile_function f = profile_get_function(m->side[side].p, line.function);
	struct diff_line own = {diff_match_own_file(m, side, f.file), line.line, false};
	struct diff_line to =
		side == DIFF_BASE ? diff_match_line(m, line.function, line.line) : own;

	*is_base_only = to.line == 0;
	return *is_base_only ? own : to;
}

struct diff_line diff_match_text_origin(const struct diff_match *m, uint32_t new_file,
	uint32_t new_line)
{
	const struct file_lines *lines = match_lines_of(m, DIFF_NEW, new_file);

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
