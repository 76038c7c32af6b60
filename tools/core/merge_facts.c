/* What is told of code: source texts and symbols, each once. */
#include <stdlib.h>
#include <xxhash.h>

#include "tools/core/merge_output.h"

/* ------------------------------------------------------------- sources */

/* All that a source says but for when the file changed. */
struct source_key {
	XXH128_hash_t text;
	uint64_t size_bytes, xxh3;
	uint32_t file, first_line, line_count, is_excerpt;
};

/* A copy has all of them, be they equal, at once. */
static void put_one_source(struct merge_output *out, struct ptf_source s, uint32_t file)
{
	struct ptf_facts facts = {.sources = &s, .source_count = 1};

	if (s.file && !file) /* unwanted */
		return;
	s.file = file;
	if (out->rc == 0)
		merge_did(out, ptf_writer_facts(out->w, &facts, &out->err));
}

void merge_take_sources(struct merge_output *out, const struct merge_ids *ids,
	const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->source_count; i++) {
		struct ptf_source s = f->sources[i];
		uint32_t id;
		struct source_key key = {XXH3_128bits(s.text.data, s.text.size),
			s.size_bytes, s.xxh3, merge_id(&ids->string, s.file),
			s.first_line, s.line_count, s.is_excerpt};

		if (out->is_copy) {
			put_one_source(out, s, key.file);
			continue;
		}
		id = intern_bytes(&out->source_keys, &key, sizeof(key));
		if (id <= out->sources.count) {
			out->sources.item[id - 1].changed_after_start |=
				s.changed_after_start;
			continue;
		}
		s.file = key.file;
		s.text = arena_text(&out->arena, s.text);
		vec_push(&out->sources, s);
	}
}

/* By file; of one file whole texts first, then by what cannot depend on order. */
static int compare_sources(const void *x, const void *y)
{
	const struct ptf_source *a = x, *b = y;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->is_excerpt != b->is_excerpt)
		return a->is_excerpt ? 1 : -1;
	if (a->xxh3 != b->xxh3)
		return a->xxh3 < b->xxh3 ? -1 : 1;
	if (a->first_line != b->first_line)
		return a->first_line < b->first_line ? -1 : 1;
	return (a->text.size > b->text.size) - (a->text.size < b->text.size);
}

/* A part of a text that is there as a whole tells nothing. */
static bool is_told(const struct ptf_source *first, const struct ptf_source *s)
{
	for (; s->is_excerpt && first < s && !first->is_excerpt; first++)
		if (first->xxh3 == s->xxh3 && s->xxh3)
			return true;
	return false;
}

static void put_sources(struct merge_output *out)
{
	size_t first = 0, kept = 0, differing_files = 0;
	struct ptf_source *s = out->sources.item;
	bool differs = false;

	if (!out->sources.count)
		return;
	qsort(s, out->sources.count, sizeof(*s), compare_sources);
	for (size_t i = 0, first_kept = 0; i < out->sources.count; i++) {
		struct ptf_source one = s[i];

		if (i == 0 || one.file != s[first_kept].file) {
			differing_files += differs;
			differs = false;
			first = first_kept = kept;
		} else if (is_told(s + first, &one)) {
			continue;
		}
		differs |= kept > first && one.xxh3 != s[first].xxh3;
		s[kept++] = one;
	}
	differing_files += differs;
	if (differing_files)
		merge_note(out->m, NULL,
			"the texts of %zu source file%s differ between inputs: all are "
			"kept, tables show one of them",
			differing_files, differing_files == 1 ? "" : "s");
	merge_did(out,
		ptf_writer_facts(out->w,
			&(struct ptf_facts){.sources = s, .source_count = kept},
			&out->err));
}

/* ------------------------------------------------------------- symbols */

static uint64_t text_hash(const struct merge_output *out, uint32_t string)
{
	return string ? out->string_hash.item[string - 1] : 0;
}

/* Which of two tellings of a frame is kept: the one that tells more. */
static uint64_t weigh(const struct merge_output *out, const struct ptf_symbol *s,
	size_t count)
{
	uint64_t fields[4], hash = 0, known = 0;

	for (size_t i = 0; i < count; i++) {
		fields[0] = text_hash(out, s[i].name);
		fields[1] = text_hash(out, s[i].file);
		fields[2] = s[i].line;
		fields[3] = s[i].inline_depth;
		known += (s[i].name != 0) + (s[i].file != 0) + (s[i].line != 0);
		hash += XXH3_64bits(fields, sizeof(fields));
	}
	return (known > 0xffff ? UINT64_C(0xffff) : known) << 48 | hash >> 16;
}

static int compare_symbols(const void *x, const void *y)
{
	const struct ptf_symbol *a = x, *b = y;

	if (a->frame != b->frame)
		return a->frame < b->frame ? -1 : 1;
	return (a->inline_depth > b->inline_depth) - (a->inline_depth < b->inline_depth);
}

static void take_frame(struct merge_output *out, const struct ptf_symbol *s, size_t count)
{
	struct merge_symbols told = {NULL, (uint32_t)count, weigh(out, s, count)}, *kept;

	vec_cover(&out->symbols, s->frame - 1);
	kept = &out->symbols.item[s->frame - 1];
	if (kept->count && told.weight <= kept->weight)
		return;
	told.item = arena_alloc(&out->arena, count * sizeof(*s));
	memcpy(told.item, s, count * sizeof(*s));
	*kept = told;
}

static void put_told(struct merge_output *out)
{
	struct ptf_facts facts = {.symbols = out->told.item,
		.symbol_count = out->told.count};

	if (out->rc == 0)
		merge_did(out, ptf_writer_facts(out->w, &facts, &out->err));
}

void merge_take_symbols(struct merge_output *out, const struct merge_ids *ids,
	const struct ptf_facts *f)
{
	out->told.count = 0;
	for (size_t i = 0; i < f->symbol_count; i++) {
		const struct ptf_symbol *s = &f->symbols[i];

		if (s->frame && !merge_id(&ids->frame, s->frame))
			continue;
		vec_push(&out->told,
			(struct ptf_symbol){merge_id(&ids->frame, s->frame),
				merge_id(&ids->string, s->name),
				merge_id(&ids->string, s->file), s->line,
				s->inline_depth});
	}
	if (!out->told.count || out->rc < 0)
		return;
	if (out->is_copy) {
		put_told(out);
		return;
	}
	qsort(out->told.item, out->told.count, sizeof(*out->told.item), compare_symbols);
	for (size_t i = 0, count; i < out->told.count; i += count) {
		const struct ptf_symbol *s = &out->told.item[i];

		for (count = 1;
			i + count < out->told.count && s[count].frame == s->frame;)
			count++;
		if (s->frame)
			take_frame(out, s, count);
	}
}

static void put_symbols(struct merge_output *out)
{
	out->told.count = 0;
	for (size_t i = 0; i < out->symbols.count; i++)
		for (uint32_t k = 0; k < out->symbols.item[i].count; k++)
			vec_push(&out->told, out->symbols.item[i].item[k]);
	put_told(out);
}

void merge_put_code_facts(struct merge_output *out)
{
	put_symbols(out);
	put_sources(out);
}
