/* Between the passes: what the result is, from the recordings alone. */
#include "tools/core/hex.h"
#include "tools/core/merge_parts.h"
#include "tools/core/texts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const merge_align_names[] = {"clock", "start", "none", NULL};

/* Times of a section end here; the writer refuses what lies beyond. */
#define SPAN_LIMIT_NS (INT64_C(1) << 60)

/* ------------------------------------------------------- more than once */

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static bool is_known(const struct merge_recording *r)
{
	static const uint8_t none[MERGE_ID_BYTES];

	return memcmp(r->id, none, sizeof(none)) != 0;
}

/* A recorder that begins anew within a run keeps its trace id. */
static int compare_identity(const struct merge_recording *a,
	const struct merge_recording *b)
{
	int order = memcmp(a->id, b->id, sizeof(a->id));

	if (!order)
		order = compare_numbers(a->origin_monotonic_ns, b->origin_monotonic_ns);
	return order ? order
		     : compare_numbers(a->origin_realtime_ns, b->origin_realtime_ns);
}

/* Of equal recordings the one with most in it comes first. */
static int compare_recordings(const void *x, const void *y)
{
	const struct merge_recording *a = *(struct merge_recording *const *)x;
	const struct merge_recording *b = *(struct merge_recording *const *)y;
	int order = compare_identity(a, b);

	if (!order)
		order = compare_numbers((int64_t)b->row_count, (int64_t)a->row_count);
	if (!order)
		order = b->has_end - a->has_end;
	if (!order)
		order = compare_numbers((int64_t)b->attributes.count,
			(int64_t)a->attributes.count);
	for (size_t i = 0; !order && i < a->attributes.count; i++) {
		order = text_order(a->attributes.item[i].key, b->attributes.item[i].key);
		if (!order)
			order = text_order(a->attributes.item[i].value,
				b->attributes.item[i].value);
	}
	return order;
}

/* CLOCK_MONOTONIC at its end, or at its begin when that is all that is known. */
static int64_t end_monotonic_ns(const struct merge_recording *r)
{
	return add_wrapping(r->origin_monotonic_ns, r->has_end ? r->end.time_ns : 0);
}

/* Sorted by identity, so that the parts of a recording follow one another. */
static void join_part(struct merge *m, struct merge_recording *before,
	struct merge_recording *r)
{
	r->first_part = r;
	if (!before || !is_known(r) || memcmp(before->id, r->id, sizeof(r->id)) != 0)
		return;
	r->first_part = before->first_part;
	m->plan.overlap_count += r->origin_monotonic_ns < end_monotonic_ns(before);
}

/* Recordings that are the same, and those that are parts of one. */
static void find_doubles(struct merge *m)
{
	struct merge_recording *kept = NULL;

	if (m->recordings.count)
		qsort(m->recordings.item, m->recordings.count,
			sizeof(*m->recordings.item), compare_recordings);
	for (size_t i = 0; i < m->recordings.count; i++) {
		struct merge_recording *r = m->recordings.item[i];

		r->is_double = kept && is_known(r) && compare_identity(kept, r) == 0;
		if (r->is_double) {
			m->plan.double_count++;
			continue;
		}
		join_part(m, kept, r);
		kept = r;
		m->plan.recording_count++;
	}
}

/* ------------------------------------------------------ runs and labels */

static struct ptf_attribute *find_attribute(struct merge_recording *r,
	struct ptf_text key)
{
	for (size_t i = 0; i < r->attributes.count; i++)
		if (text_order(r->attributes.item[i].key, key) == 0)
			return &r->attributes.item[i];
	return NULL;
}

static const struct ptf_text run_id_key = {"run.id", 6};

/* A section without a run is one. */
static void mark_run(struct merge *m, struct merge_section *s)
{
	const struct merge_recording *smallest = NULL;
	char text[2 * MERGE_ID_BYTES + 1];
	struct ptf_text value;

	for (size_t i = 0; i < s->recordings.count; i++) {
		const struct merge_recording *r = &s->recordings.item[i];

		if (!smallest || compare_identity(r, smallest) < 0)
			smallest = r;
	}
	if (!smallest)
		return;
	hex_write(text, smallest->id, MERGE_ID_BYTES);
	value = arena_text(&m->arena, (struct ptf_text){text, strlen(text)});
	for (size_t i = 0; i < s->recordings.count; i++) {
		struct merge_recording *r = &s->recordings.item[i];

		if (!find_attribute(r, run_id_key))
			vec_push(&r->attributes,
				(struct ptf_attribute){run_id_key, value});
	}
}

static void mark_label(struct merge *m, const struct ptf_attribute *label)
{
	char *name;
	int size = asprintf(&name, "label.%.*s", (int)label->key.size, label->key.data);
	struct ptf_attribute full = {.value = label->value};

	if (size < 0)
		return;
	full.key = arena_text(&m->arena, (struct ptf_text){name, (size_t)size});
	free(name);
	for (size_t i = 0; i < m->recordings.count; i++) {
		struct merge_recording *r = m->recordings.item[i];
		struct ptf_attribute *old = find_attribute(r, full.key);

		if (old)
			old->value = full.value;
		else
			vec_push(&r->attributes, full);
	}
}

static void count_runs(struct merge *m)
{
	struct intern runs = {0};

	for (size_t i = 0; i < m->recordings.count; i++) {
		struct ptf_attribute *run =
			find_attribute(m->recordings.item[i], run_id_key);

		if (run && !m->recordings.item[i]->is_double)
			intern_bytes(&runs, run->value.data, run->value.size);
	}
	m->plan.run_count = runs.items.count;
	intern_free(&runs);
}

/* ----------------------------------------------------------------- time */

/* Recordings of one boot of one host: their MONOTONIC is the same. */
struct boot {
	bool has_readings, has_realtime;
	__int128 low, high; /* REALTIME - MONOTONIC, as read */
	uint64_t reading_ns;
	int64_t first_ns; /* MONOTONIC of its first recording */
};

struct boots {
	/* Boot id, or the first part of a recording of an unknown boot. */
	struct intern keys;
	VEC(struct boot) item; /* [id of key] */
};

static int64_t host_monotonic_ns(const struct merge_recording *r)
{
	return add_wrapping(r->origin_monotonic_ns,
		(int64_t)(0 - (uint64_t)r->monotonic_offset_ns));
}

static uint32_t boot_of(struct boots *boots, const struct merge_recording *r)
{
	uint32_t id = r->has_boot
		? intern_bytes(&boots->keys, r->boot_id, sizeof(r->boot_id))
		: intern_bytes(&boots->keys, &r->first_part, sizeof(r->first_part));

	vec_cover(&boots->item, id);
	return id;
}

static void take_reading(struct boot *b, int64_t realtime_ns, int64_t monotonic_ns,
	uint64_t uncertainty_ns)
{
	__int128 offset = (__int128)realtime_ns - monotonic_ns;

	if (realtime_ns <= 0) /* nobody knew it */
		return;
	if (!b->has_realtime || offset < b->low)
		b->low = offset;
	if (!b->has_realtime || offset > b->high)
		b->high = offset;
	if (uncertainty_ns > b->reading_ns)
		b->reading_ns = uncertainty_ns;
	b->has_realtime = true;
}

static void read_clocks(struct merge *m, struct boots *boots)
{
	for (size_t i = 0; i < m->recordings.count; i++)
		if (!m->recordings.item[i]->is_double)
			boot_of(boots, m->recordings.item[i]);
	for (uint32_t i = 1; i <= m->clocks.items.count; i++) {
		struct merge_clock c;
		uint32_t id;

		memcpy(&c, intern_get(&m->clocks, i).data, sizeof(c));
		id = c.has_boot
			? intern_lookup(&boots->keys, c.boot_id, sizeof(c.boot_id))
			: 0;
		if (!id)
			continue;
		boots->item.item[id].has_readings = true;
		take_reading(&boots->item.item[id], c.realtime_ns,
			add_wrapping(c.monotonic_ns,
				(int64_t)(0 - (uint64_t)c.monotonic_offset_ns)),
			c.uncertainty_ns);
	}
	/* Without readings, what the recorder wrote at the start. */
	for (size_t i = 0; i < m->recordings.count; i++) {
		const struct merge_recording *r = m->recordings.item[i];
		struct boot *b;

		if (r->is_double)
			continue;
		b = &boots->item.item[boot_of(boots, r)];
		if (!b->has_readings)
			take_reading(b, r->origin_realtime_ns, host_monotonic_ns(r), 0);
	}
}

/* How far two boots may be apart: the two that are known worst. */
static uint64_t uncertainty(const struct boots *boots)
{
	uint64_t worst[2] = {0, 0};

	for (size_t i = 1; i < boots->item.count; i++) {
		const struct boot *b = &boots->item.item[i];
		__int128 spread = b->high - b->low;
		uint64_t ns = b->has_realtime
			? (uint64_t)((spread + 1) / 2) + b->reading_ns / 2 + 1
			: 0;

		if (ns > worst[0]) {
			worst[1] = worst[0];
			worst[0] = ns;
		} else if (ns > worst[1]) {
			worst[1] = ns;
		}
	}
	return worst[0] + worst[1];
}

static int place_by_clocks(struct merge *m, struct boots *boots, __int128 *at,
	struct ptf_error *err)
{
	bool has_earliest = false, is_one_boot = boots->item.count <= 2;
	__int128 earliest = 0;

	for (size_t i = 0; i < m->recordings.count; i++) {
		const struct merge_recording *r = m->recordings.item[i];
		const struct boot *b;

		if (r->is_double)
			continue;
		b = &boots->item.item[boot_of(boots, r)];
		at[i] = host_monotonic_ns(r);
		if (b->has_realtime)
			at[i] += b->low + (b->high - b->low) / 2;
		else if (!is_one_boot)
			continue;
		if (!has_earliest || at[i] < earliest)
			earliest = at[i];
		has_earliest = true;
	}
	for (size_t i = 0; i < m->recordings.count; i++) {
		struct merge_recording *r = m->recordings.item[i];
		const struct boot *b;
		__int128 start;

		if (r->is_double)
			continue;
		b = &boots->item.item[boot_of(boots, r)];
		if (!b->has_realtime && !is_one_boot) {
			m->plan.clockless_count++;
			continue;
		}
		start = at[i] - earliest;
		if (start > SPAN_LIMIT_NS)
			return merge_fail(err, PTF_ERR_LIMIT,
				"by their clocks, recordings lie over 36 years apart; "
				"--align start ignores the clocks");
		r->start_ns = (int64_t)start - (int64_t)start % (int64_t)m->resolution_ns;
	}
	return 0;
}

/* Only the first of a recording's parts begins at 0. */
static int64_t after_first_part(const struct merge *m, const struct merge_recording *r)
{
	int64_t ns = subtract_wrapping(r->origin_monotonic_ns,
		r->first_part->origin_monotonic_ns);

	/* Of a damaged trace it may be anything. */
	return ns < 0 || ns > SPAN_LIMIT_NS ? 0 : ns - ns % (int64_t)m->resolution_ns;
}

static int place(struct merge *m, struct ptf_error *err)
{
	struct boots boots = {0};
	__int128 *at = memory_zeroed(m->recordings.count + 1, sizeof(*at));
	int rc = 0;

	vec_cover(&boots.item, 0);
	read_clocks(m, &boots);
	m->plan.boot_count = boots.item.count - 1;
	if (m->options.align == MERGE_ALIGN_CLOCK) {
		rc = place_by_clocks(m, &boots, at, err);
		if (m->plan.boot_count > 1)
			m->plan.uncertainty_ns = uncertainty(&boots);
	}
	for (size_t i = 0; i < m->recordings.count; i++) {
		struct merge_recording *r = m->recordings.item[i];

		if (m->options.align == MERGE_ALIGN_NONE)
			r->start_ns = r->was_start_ns;
		else if (m->options.align == MERGE_ALIGN_START && !r->is_double)
			r->start_ns = after_first_part(m, r);
		if (r->is_double)
			continue;
		/* Sorted by identity, so that the first of equals is always the same. */
		if (!m->earliest || r->start_ns < m->earliest->start_ns)
			m->earliest = r;
	}
	free(at);
	intern_free(&boots.keys);
	vec_free(&boots.item);
	return rc;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* ------------------------------------------------------------------ all */

int merge_plan(struct merge *m, struct merge_plan *plan, struct ptf_error *err)
{
	int rc;

	for (size_t i = 0; i < m->inputs.count; i++)
		for (size_t k = 0; k < m->inputs.item[i].sections.count; k++) {
			struct merge_section *s = &m->inputs.item[i].sections.item[k];

			if (m->options.as_runs)
				mark_run(m, s);
			for (size_t n = 0; n < s->recordings.count; n++)
				vec_push(&m->recordings, &s->recordings.item[n]);
		}
	for (size_t i = 0; i < m->options.labels.count; i++)
		mark_label(m, &m->options.labels.item[i]);
	find_doubles(m);
	count_runs(m);
	for (size_t i = 0; i < m->recordings.count; i++)
		if (!m->recordings.item[i]->is_double)
			m->resolution_ns = common_divisor(m->resolution_ns,
				m->recordings.item[i]->resolution_ns);
	if (m->resolution_ns == 0 || m->resolution_ns > UINT64_C(1) << 40)
		m->resolution_ns = 1;
	rc = place(m, err);
	*plan = m->plan;
	return rc;
}
