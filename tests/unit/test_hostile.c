/*
 * Records that are well formed and absurd: the reader lets through whatever has
 * valid ids, so that everything on top of it must bear any value. Run under the
 * sanitizers (make asan) this finds what overflows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/core/digest.h"
#include "tools/core/section_maps.h"
#include "tools/core/trace_info.h"
#include "tools/emit/dump.h"
#include "tools/emit/emit.h"
#include "tools/emit/info.h"

enum { COUNT = 12, ROWS = 40, STRING_BYTES = 24, SECTIONS = 3, ROUNDS = 60 };

static uint64_t seed;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(any() >> 33) % limit;
}

/* Often small, often extreme. */
static uint64_t absurd(void)
{
	switch (below(6)) {
	case 0:
		return below(20);
	case 1:
		return UINT64_MAX - below(3);
	case 2:
		return INT64_MAX - below(2) + (uint64_t)below(3);
	case 3:
		return UINT32_MAX - below(3);
	case 4:
		return below(1000000);
	default:
		return any();
	}
}

static struct {
	char bytes[COUNT][STRING_BYTES];
	struct ptf_text strings[COUNT];
	struct ptf_module modules[COUNT];
	struct ptf_function functions[COUNT];
	struct ptf_frame frames[COUNT];
	struct ptf_node nodes[COUNT];
	struct ptf_metric metrics[COUNT];
	struct ptf_class_descriptor classes[COUNT];
	struct ptf_kind kinds[COUNT];
	struct ptf_label_set label_sets[COUNT];
	struct ptf_process processes[COUNT];
	struct ptf_thread threads[COUNT];
	uint32_t thread_count;
	uint32_t ids[COUNT];
	struct ptf_attribute attributes[COUNT], recording[COUNT][2];

	int64_t times[ROWS], values[2][ROWS];
	uint32_t node[ROWS], class_id[ROWS], labels[ROWS], cpu[ROWS], task[ROWS],
		kind[ROWS];
	struct ptf_value_column columns[2];
	struct ptf_aggregate aggregates[ROWS];
	struct ptf_edge edges[ROWS];
	struct ptf_mark marks[ROWS];
	struct ptf_loss losses[ROWS];
	struct ptf_source sources[COUNT];
	struct ptf_symbol symbols[COUNT];
	struct ptf_thread_name thread_names[COUNT];
	struct ptf_thread_end thread_ends[COUNT];
	struct ptf_process_end process_ends[COUNT];
	struct ptf_process_image images[COUNT];
} t;

static uint32_t id(void)
{
	return below(COUNT + 1);
}

/* Of one there is, as every section has other numbers of them. */
static uint32_t thread(void)
{
	return 1 + below(t.thread_count);
}

static uint32_t any_thread(void)
{
	return below(t.thread_count + 1);
}

static struct ptf_text text(const char *s)
{
	return (struct ptf_text){s, strlen(s)};
}

/*
 * Recordings are told by their ids: of few, so that what stands for one comes across
 * the section that is one, in any order, and as part of itself.
 */
static const char *const recording_ids[] = {"11111111111111111111111111111111",
	"22222222222222222222222222222222"};

static void make_recording(uint32_t i)
{
	t.recording[i][0] = (struct ptf_attribute){text("recording.id"),
		text(recording_ids[below(2)])};
	t.recording[i][1] = (struct ptf_attribute){text("recording.origin_monotonic_ns"),
		text(below(2) ? "5" : "0")};
	t.processes[i].pid = 0;
	t.processes[i].attributes.item = t.recording[i];
	t.processes[i].attributes.count = 2;
}

/* As a thread of a recording is called, for whom takes one for the other. */
static void make_first(uint32_t i)
{
	t.processes[i].pid = below(2);
	t.processes[i].start_ns = 0;
}

/* Rows of the second metric are about memory, where they have no time. */
static void make_memory(void)
{
	static const char *const names[] = {"alloc_bytes", "free_bytes", "copy_bytes",
		"peak_bytes"};

	t.strings[0] = text("bytes");
	t.strings[1] = text(names[below(4)]);
	t.metrics[1] = (struct ptf_metric){2, 1, below(3), below(4), id()};
}

static void make_definitions(void)
{
	t.thread_count = 1 + below(below(2) ? 2 : (uint32_t)COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		for (size_t k = 0; k < STRING_BYTES; k++)
			t.bytes[i][k] = (char)(below(3) ? "a/\n;.%<\""[below(8)]
							: (int)below(256));
		t.strings[i] = (struct ptf_text){t.bytes[i], below(STRING_BYTES + 1)};
		t.ids[i] = id();
		t.attributes[i] = (struct ptf_attribute){t.strings[i], t.strings[i]};
		t.modules[i] = (struct ptf_module){id(), t.strings[i]};
		t.functions[i] = (struct ptf_function){id(), id(), id(), below(5),
			(uint32_t)absurd(), (uint32_t)absurd()};
		t.frames[i] =
			(struct ptf_frame){id(), (uint32_t)absurd(), id(), absurd()};
		t.nodes[i] = (struct ptf_node){below(i + 1), 1 + below(COUNT)};
		t.metrics[i] = (struct ptf_metric){id(), id(), below(3), below(4), id()};
		t.kinds[i] = (struct ptf_kind){id(), below(PTF_CLASS_KIND_COUNT + COUNT)};
		t.classes[i] =
			(struct ptf_class_descriptor){below(PTF_CLASS_KIND_COUNT), id()};
		t.label_sets[i] = (struct ptf_label_set){{t.ids, i}, {t.ids, i}};
		t.processes[i] = (struct ptf_process){(uint32_t)absurd(), below(i + 1),
			(int64_t)absurd(), id(), {t.ids, i}, {t.attributes, i}};
		if (below(3) == 0)
			make_recording(i);
		else if (below(3) == 0)
			make_first(i);
		t.threads[i] = (struct ptf_thread){1 + below(COUNT), (uint32_t)absurd(),
			below(2) == 0, (int64_t)absurd()};
	}
	if (below(2))
		make_memory();
}

static void make_rows(void)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		t.times[i] = (int64_t)absurd();
		t.values[0][i] = (int64_t)absurd();
		t.values[1][i] = (int64_t)absurd();
		t.node[i] = id();
		t.class_id[i] = below(PTF_CLASS_KIND_COUNT + COUNT);
		t.kind[i] = below(4) ? below(COUNT + 2) : (uint32_t)absurd();
		t.labels[i] = id();
		t.cpu[i] = (uint32_t)absurd();
		t.task[i] = id();
		t.aggregates[i] = (struct ptf_aggregate){id(), t.class_id[i],
			any_thread(), id(), absurd(), (int64_t)absurd(),
			(int64_t)absurd(), (int64_t)absurd(), (double)absurd()};
		t.edges[i] = (struct ptf_edge){id(), 1 + below(COUNT), absurd(),
			(int64_t)absurd(), any_thread()};
		t.marks[i] = (struct ptf_mark){(int64_t)absurd(), any_thread(), below(5),
			id()};
		t.losses[i] =
			(struct ptf_loss){id(), id(), any_thread(), absurd(), absurd()};
	}
	t.columns[0] = (struct ptf_value_column){1, absurd(), t.values[0]};
	t.columns[1] = (struct ptf_value_column){2, absurd(), t.values[1]};
}

static void make_facts(void)
{
	for (uint32_t i = 0; i < COUNT; i++) {
		t.sources[i] = (struct ptf_source){1 + below(COUNT), t.strings[i],
			(uint32_t)absurd(), (uint32_t)absurd(), absurd(), absurd(),
			below(2) == 0, below(2) == 0};
		t.symbols[i] = (struct ptf_symbol){id(), id(), id(), (uint32_t)absurd(),
			(uint32_t)absurd()};
		t.thread_names[i] =
			(struct ptf_thread_name){thread(), (int64_t)absurd(), id()};
		t.thread_ends[i] =
			(struct ptf_thread_end){thread(), (int64_t)absurd(), absurd()};
		t.process_ends[i] = (struct ptf_process_end){1 + below(COUNT),
			(int64_t)absurd(), (int32_t)absurd(), absurd(), absurd(),
			absurd(), absurd(), absurd(), absurd()};
		t.images[i] = (struct ptf_process_image){1 + below(COUNT),
			(int64_t)absurd(), id(), {t.ids, i}, {t.attributes, i}};
	}
}

static size_t make_blocks(struct ptf_block *b)
{
	size_t n = 0;
	uint32_t first = below(2);

	make_definitions();
	make_rows();
	make_facts();
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_SECTION_START,
		.section_start = {.producer = t.strings[0],
			.origin_monotonic_ns = below(2) ? 0 : (int64_t)absurd(),
			.origin_realtime_ns = (int64_t)absurd(),
			.time_resolution_ns = absurd(),
			.sample_period_ns = absurd(),
			.time_metric = 1,
			.attributes = {t.attributes, COUNT}}};
	memset(b[0].section_start.trace_id, below(2) ? 0x11 : 0x22,
		sizeof(b[0].section_start.trace_id));
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_DEFINITIONS,
		.definitions = {1, 1, 1, 1, 1, 1, PTF_CLASS_KIND_COUNT, 1, 1, 1, 1, COUNT,
			COUNT, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT,
			t.thread_count, t.strings, t.modules, t.functions, t.frames,
			t.nodes, t.metrics, t.classes, t.kinds, t.label_sets, t.processes,
			t.threads}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_SAMPLES,
		.samples = {thread(), ROWS, absurd(), t.times, t.node, t.class_id,
			t.labels, t.cpu, t.task, t.columns + first, 2 - first, t.kind}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_AGGREGATES,
		.aggregates = {1 + below(2), true, true, t.aggregates, ROWS}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_EDGES,
		.edges = {1 + below(2), t.edges, ROWS}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_COUNTERS,
		.counters = {2, id(), any_thread(), id(), ROWS, t.times, t.values[1]}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_MARKS, .marks = {t.marks, ROWS}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_CLOCK,
		.clock = {(int64_t)absurd(), (int64_t)absurd(), (int64_t)absurd(),
			absurd(), t.strings[1], 0, 0}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_FACTS,
		.facts = {t.sources, t.symbols, t.thread_names, t.thread_ends,
			t.process_ends, t.images, COUNT, COUNT, COUNT, COUNT, COUNT,
			COUNT}};
	b[n++] = (struct ptf_block){.kind = PTF_BLOCK_LOSSES, .losses = {t.losses, ROWS}};
	if (below(2))
		b[n++] = (struct ptf_block){.kind = PTF_BLOCK_SECTION_END,
			.section_end = {(int64_t)absurd(), absurd(), absurd()}};
	return n;
}

/* What a section calls by its own numbers is there. */
static void check_ids(const struct profile *p)
{
	for (size_t i = 0; i < p->section_maps.count; i++) {
		const struct section_maps *maps = p->section_maps.item[i];

		for (size_t k = 0; k < maps->process.id.count; k++)
			assert_in_range(maps->process.id.item[k], 1, p->processes.count);
		for (size_t k = 0; k < maps->thread.id.count; k++)
			assert_in_range(maps->thread.id.item[k], 1, p->threads.count);
	}
}

/* Plain text has no control characters but those of ours. */
static void check_text(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)s[i] < 0x20 && s[i] != '\n')
			fail_msg("control character %d", s[i]);
}

static void write_all(struct trace_info *info, FILE *out)
{
	FILE *binary = fopen("/dev/null", "w");
	const struct info_view view = {.all = below(2) == 0,
		.terminal = {.columns = below(90)}};

	info_write_json(out, info);
	info_write_text(out, info, &view);
	assert_int_equal(info_write_summary(out, info, &view, NULL), 0);
	for (unsigned i = 0; emit_format_at(i / 8); i++) {
		struct emit_options o = {.threads = i & 1,
			.wait_all = i & 2,
			.reduced = i & 4,
			.all_lines = below(2),
			.classes = below(2),
			.no_lines = below(2),
			.charge = below(2),
			.sort = below(3),
			.metric = below(3),
			.min_percent = below(3),
			.terminal = {.unicode = below(2), .columns = below(2) * 80}};

		emit_format_at(i / 8)->write(emit_format_at(i / 8)->is_binary ? binary
									      : out,
			info->profile, &o, NULL);
	}
	fclose(binary);
}

static void everything_bears_any_value(void **state)
{
	(void)state;
	for (seed = 1; seed < ROUNDS * UINT64_C(1000003); seed += 1000003) {
		uint64_t round = seed;
		struct ptf_block blocks[16];
		size_t size;
		struct trace_info info;
		struct profile_feed *feed;
		struct digest *digest = digest_new();
		char *written, digits[33];
		FILE *out = open_memstream(&written, &size);
		struct dump *dump = dump_new(out);

		trace_info_init(&info);
		feed = profile_feed_new(info.profile, "hostile.ptf");
		for (int section = 0; section < SECTIONS; section++) {
			size_t count = make_blocks(blocks);

			for (size_t i = 0; i < count; i++) {
				profile_feed_block(feed, &blocks[i]);
				check_ids(info.profile);
				dump_block(dump, &blocks[i]);
				digest_block(digest, &blocks[i]);
			}
		}
		profile_feed_free(feed);
		trace_info_finish(&info);
		write_all(&info, out);
		dump_free(dump);
		digest_finish(digest, digits);
		trace_info_free(&info);
		fclose(out);
		check_text(written, size);
		free(written);
		seed = round;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(everything_bears_any_value)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
