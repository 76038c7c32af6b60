#include "tools/core/merge_output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include <ptf/version.h>

#include "tools/core/hex.h"
#include "tools/core/texts.h"

#define PRODUCER "pmerge " PTF_VERSION_STRING

bool merge_did(struct merge_output *out, int rc)
{
	if (rc < 0 && out->rc == 0) {
		out->rc = rc;
		out->is_input_wrong = rc == PTF_ERR_USAGE || rc == PTF_ERR_LIMIT;
	}
	return out->rc == 0;
}

/* ------------------------------------------------- the recordings themselves */

struct attribute_list {
	VEC(struct ptf_attribute) of;
	char text[8][2 * MERGE_ID_BYTES + 8];
	size_t text_count;
};

static void add_text(struct attribute_list *list, const char *key, const char *value)
{
	struct ptf_attribute a = {{key, strlen(key)}, {value, strlen(value)}};

	vec_push(&list->of, a);
}

static void add_number(struct attribute_list *list, const char *key, int64_t value)
{
	char *text = list->text[list->text_count++];

	snprintf(text, sizeof(list->text[0]), "%" PRId64, value);
	add_text(list, key, text);
}

static void add_id(struct attribute_list *list, const char *key,
	const uint8_t id[MERGE_ID_BYTES])
{
	char *text = list->text[list->text_count++];

	hex_write(text, id, MERGE_ID_BYTES);
	add_text(list, key, text);
}

uint32_t merge_recording_process(struct merge_output *out, struct merge_recording *r)
{
	struct ptf_process process = {.start_ns = r->start_ns};
	struct attribute_list list = {0};

	if (r->process || out->rc < 0 || out->is_copy)
		return r->process;
	for (size_t i = 0; i < r->attributes.count; i++)
		vec_push(&list.of, r->attributes.item[i]);
	add_id(&list, "recording.id", r->id);
	vec_push(&list.of,
		(struct ptf_attribute){PTF_TEXT("recording.producer"), r->producer});
	add_number(&list, "recording.origin_monotonic_ns", r->origin_monotonic_ns);
	add_number(&list, "recording.origin_realtime_ns", r->origin_realtime_ns);
	add_number(&list, "recording.time_resolution_ns", (int64_t)r->resolution_ns);
	add_number(&list, "recording.sample_period_ns", (int64_t)r->period_ns);
	if (r->has_boot)
		add_id(&list, "recording.boot_id", r->boot_id);
	if (r->monotonic_offset_ns)
		add_number(&list, "recording.monotonic_offset_ns",
			r->monotonic_offset_ns);
	process.attributes = (struct ptf_attributes){list.of.item, list.of.count};
	merge_did(out, ptf_writer_process(out->w, &process, &r->process, &out->err));
	vec_free(&list.of);
	return r->process;
}

uint32_t merge_recording_thread(struct merge_output *out, struct merge_recording *r,
	bool is_main)
{
	uint32_t *id = is_main ? &r->thread : &r->other_thread;
	struct ptf_thread thread = {.process = merge_recording_process(out, r),
		.is_main = is_main,
		.start_ns = r->start_ns};

	if (!*id && out->rc == 0 && !out->is_copy)
		merge_did(out, ptf_writer_thread(out->w, &thread, id, &out->err));
	return *id;
}

/* -------------------------------------------------------------- writing */

/* Independent of their order; that of one recording is not its own. */
static void make_trace_id(const struct merge *m, uint8_t id[MERGE_ID_BYTES])
{
	XXH128_hash_t sum = {0, 0};
	XXH128_canonical_t bytes;

	for (size_t i = 0; i < m->recordings.count; i++) {
		const struct merge_recording *r = m->recordings.item[i];
		XXH128_hash_t h = XXH3_128bits_withSeed(r->id, sizeof(r->id),
			(XXH64_hash_t)r->origin_monotonic_ns);

		if (r->is_double)
			continue;
		sum.low64 += h.low64;
		sum.high64 += h.high64;
	}
	XXH128_canonicalFromHash(&bytes, sum);
	memcpy(id, bytes.digest, MERGE_ID_BYTES);
}

static bool has_attribute(const struct merge_recording *r, const struct ptf_attribute *a)
{
	for (size_t i = 0; i < r->attributes.count; i++) {
		const struct ptf_attribute *b = &r->attributes.item[i];

		if (text_equal(a->key, b->key) && text_equal(a->value, b->value))
			return true;
	}
	return false;
}

/* What is the same of all recordings is so of the section. */
static bool all_have(const struct merge *m, const struct ptf_attribute *a)
{
	for (size_t i = 0; i < m->recordings.count; i++)
		if (!m->recordings.item[i]->is_double &&
			!has_attribute(m->recordings.item[i], a))
			return false;
	return true;
}

bool merge_output_open(struct merge_output *out, int fd)
{
	const struct merge *m = out->m;
	const struct merge_recording *first = m->earliest;
	struct ptf_section_start start = {.producer = PTF_TEXT(PRODUCER),
		.time_resolution_ns = m->resolution_ns};
	struct attribute_list list = {0};
	bool has_one_period = true;
	int rc;

	for (size_t i = 0; i < m->recordings.count; i++)
		has_one_period &= m->recordings.item[i]->is_double ||
			m->recordings.item[i]->period_ns == first->period_ns;
	make_trace_id(m, start.trace_id);
	if (first) {
		start.origin_monotonic_ns = first->origin_monotonic_ns;
		start.origin_realtime_ns = first->origin_realtime_ns;
		start.sample_period_ns = has_one_period ? first->period_ns : 0;
		for (size_t i = 0; i < first->attributes.count; i++)
			if (!text_is(first->attributes.item[i].key, "run.id") &&
				all_have(m, &first->attributes.item[i]))
				vec_push(&list.of, first->attributes.item[i]);
	}
	add_text(&list, "merge.align", merge_align_names[m->options.align]);
	if (m->plan.uncertainty_ns)
		add_number(&list, "merge.clock_uncertainty_ns",
			(int64_t)m->plan.uncertainty_ns);
	start.attributes = (struct ptf_attributes){list.of.item, list.of.count};
	rc = ptf_writer_open(&out->w, fd, NULL, &start, &out->err);
	vec_free(&list.of);
	return merge_did(out, rc);
}

void merge_put_clocks(struct merge_output *out)
{
	for (uint32_t i = 1; i <= out->m->clocks.items.count && out->rc == 0; i++) {
		struct merge_clock c;
		struct ptf_clock clock;

		memcpy(&c, intern_get(&out->m->clocks, i).data, sizeof(c));
		clock = (struct ptf_clock){c.monotonic_ns, c.boottime_ns, c.realtime_ns,
			c.uncertainty_ns,
			{(const char *)c.boot_id, c.has_boot ? MERGE_ID_BYTES : 0},
			c.monotonic_offset_ns, c.boottime_offset_ns};
		merge_did(out, ptf_writer_clock(out->w, &clock, &out->err));
	}
}

void merge_put_recording_ends(struct merge_output *out)
{
	for (size_t i = 0; i < out->m->recordings.count && out->rc == 0; i++) {
		const struct merge_recording *r = out->m->recordings.item[i];
		struct ptf_process_end end = r->end;

		if (r->is_double || !r->has_end || !r->process)
			continue;
		end.process = r->process;
		end.time_ns = add_wrapping(r->end.time_ns, r->start_ns);
		if (end.time_ns > out->end_ns)
			out->end_ns = end.time_ns;
		merge_did(out,
			ptf_writer_facts(out->w,
				&(struct ptf_facts){.process_ends = &end,
					.process_end_count = 1},
				&out->err));
	}
}

void merge_output_free(struct merge_output *out)
{
	for (size_t i = 0; i < out->series.count; i++) {
		vec_free(&out->series.item[i].times);
		vec_free(&out->series.item[i].values);
	}
	vec_free(&out->last_ns);
	vec_free(&out->string_hash);
	intern_free(&out->source_keys);
	vec_free(&out->sources);
	vec_free(&out->symbols);
	vec_free(&out->told);
	intern_free(&out->loss_keys);
	vec_free(&out->losses);
	intern_free(&out->series_keys);
	vec_free(&out->series);
	vec_free(&out->marks);
	intern_free(&out->sum_keys);
	vec_free(&out->sums);
	arena_free(&out->arena);
	vec_free(&out->times);
	vec_free(&out->nodes);
	vec_free(&out->classes);
	vec_free(&out->labels);
	vec_free(&out->tasks);
	vec_free(&out->columns);
}
