/* Kinds of samples: how they are defined, lost, and told from what is damaged. */
#include "tests/unit/trace_model.h"

#include "format/payload.h"

#define NODES      500
#define THREADS    3
#define NOTE_BYTES 256

static struct ptf_writer *begin(int fd, uint32_t *thread, uint32_t *node, uint32_t nodes)
{
	struct ptf_section_start start = {.producer = PTF_TEXT("x")};
	struct ptf_error err = {0};
	struct ptf_writer *w;
	uint32_t process;

	MUST(ptf_writer_open(&w, fd, NULL, &start, &err));
	MUST(ptf_writer_process(w, &(struct ptf_process){.pid = 1}, &process, &err));
	for (uint32_t i = 0; i < THREADS; i++)
		MUST(ptf_writer_thread(w, &(struct ptf_thread){process, 1 + i, i == 0, 0},
			&thread[i], &err));
	for (uint32_t i = 0; i < nodes; i++) {
		struct ptf_function f = {.first_line = i + 1};
		uint32_t function, frame;

		MUST(ptf_writer_function(w, &f, &function, &err));
		MUST(ptf_writer_frame(w, &(struct ptf_frame){.function = function},
			&frame, &err));
		MUST(ptf_writer_node(w, 0, frame, &node[i], &err));
	}
	return w;
}

static void put_rows(struct ptf_writer *w, uint32_t thread, int64_t start_ns,
	const uint32_t *node, const uint32_t *class_id, size_t count)
{
	static int64_t time_ns[1000];
	struct ptf_error err = {0};

	assert_true(count <= 1000);
	for (size_t i = 0; i < count; i++)
		time_ns[i] = start_ns + (int64_t)i;
	MUST(ptf_writer_samples(w,
		&(struct ptf_samples){.thread = thread,
			.count = count,
			.time_ns = time_ns,
			.node = node,
			.class_id = class_id},
		&err));
}

/* Several flushes, Blocks and threads, more kinds than a byte can tell. */
static void test_many_kinds(void **state)
{
	enum { FLUSHES = 7, ROWS = 700 };
	static uint32_t node[NODES], rows_node[FLUSHES][THREADS][ROWS],
		rows_class[FLUSHES][THREADS][ROWS];
	static bool seen[NODES + 1][PTF_CLASS_KIND_COUNT];
	static struct ptf_kind defined[(NODES + 1) * PTF_CLASS_KIND_COUNT + 1];
	struct random r = {9};
	struct ptf_error err = {0};
	uint32_t thread[THREADS], kinds = 0, distinct = 0;
	size_t flush[THREADS] = {0};
	int fd = open_scratch(), rc;
	struct ptf_writer *w = begin(fd, thread, node, NODES);
	struct ptf_reader *reader;
	struct ptf_block b;
	struct bytes bytes;

	(void)state;
	for (size_t f = 0; f < FLUSHES; f++) {
		for (size_t t = 0; t < THREADS; t++) {
			for (size_t i = 0; i < ROWS; i++) {
				uint32_t n = below(&r, NODES / FLUSHES * (f + 1));
				uint32_t c = below(&r, PTF_CLASS_KIND_COUNT);

				n = one_in(&r, 20) ? 0 : node[n];
				rows_node[f][t][i] = n;
				rows_class[f][t][i] = c;
				distinct += !seen[n][c] && (n || c);
				seen[n][c] = true;
			}
			put_rows(w, thread[t], (int64_t)f * ROWS, rows_node[f][t],
				rows_class[f][t], ROWS);
		}
		MUST(ptf_writer_flush(w, &err));
	}
	MUST(ptf_writer_close(w, 0, &err));
	bytes = take_scratch(fd);
	MUST(ptf_reader_open_memory(&reader, bytes.data, bytes.size, NULL, &err));
	while ((rc = ptf_reader_next(reader, &b, &err)) > 0) {
		const struct ptf_definitions *d = &b.definitions;
		size_t t = b.samples.thread - 1;

		if (b.kind == PTF_BLOCK_DEFINITIONS) {
			assert_int_equal(d->first_kind, kinds + 1);
			kinds += (uint32_t)d->kind_count;
			for (size_t i = 0; i < d->kind_count; i++) {
				const struct ptf_kind *k = &d->kinds[i];

				/* Each once, and kind 0 needs no definition. */
				assert_true(seen[k->node][k->class_id]);
				assert_true(k->node || k->class_id);
				seen[k->node][k->class_id] = false;
				defined[d->first_kind + i] = *k;
			}
		}
		if (b.kind != PTF_BLOCK_SAMPLES)
			continue;
		assert_int_equal(b.samples.count, ROWS);
		assert_memory_equal(b.samples.node, rows_node[flush[t]][t],
			sizeof(rows_node[0][0]));
		assert_memory_equal(b.samples.class_id, rows_class[flush[t]][t],
			sizeof(rows_class[0][0]));
		for (size_t i = 0; i < ROWS; i++) {
			assert_int_equal(defined[b.samples.kind[i]].node,
				b.samples.node[i]);
			assert_int_equal(defined[b.samples.kind[i]].class_id,
				b.samples.class_id[i]);
		}
		flush[t]++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(kinds, distinct);
	assert_true(kinds > 1000);
	for (size_t t = 0; t < THREADS; t++)
		assert_int_equal(flush[t], FLUSHES);
	assert_null(ptf_reader_note(reader, 0));
	ptf_reader_close(reader);
	free(bytes.data);
}

/*
 * Three frames of rows, of which the middle one defines kinds and is taken
 * out. The last one has rows of kinds of all three, or defines nothing.
 */
static void check_lost(bool last_defines)
{
	static const uint32_t classes[5] = {1, 1, 1, 1, 1};
	uint32_t node[6], thread[THREADS], nodes = 0;
	struct ptf_error err = {0};
	int fd = open_scratch(), rc;
	struct ptf_writer *w = begin(fd, thread, node, 2);
	struct ptf_frame frame = {.module_offset = 0};
	uint64_t from, to = 0;
	struct ptf_reader *r;
	struct ptf_block b;
	struct bytes bytes;
	size_t rows = 0;

	put_rows(w, thread[0], 0, node, classes, 2);
	MUST(ptf_writer_flush(w, &err));
	from = ptf_writer_bytes(w);
	for (uint32_t i = 2; i < 6; i++) {
		uint32_t function, id;
		struct ptf_function f = {.first_line = 100 + i};

		/* The last two nodes are defined in the last frame. */
		if (i == 4) {
			put_rows(w, thread[0], 10, node + 1, classes, 3);
			MUST(ptf_writer_flush(w, &err));
			to = ptf_writer_bytes(w);
			if (!last_defines)
				break;
		}
		MUST(ptf_writer_function(w, &f, &function, &err));
		frame.function = function;
		MUST(ptf_writer_frame(w, &frame, &id, &err));
		MUST(ptf_writer_node(w, 0, id, &node[i], &err));
	}
	put_rows(w, thread[0], 20, node + 1, classes, last_defines ? 5 : 3);
	MUST(ptf_writer_close(w, 30, &err));
	bytes = take_scratch(fd);
	memmove(bytes.data + from, bytes.data + to, bytes.size - to);
	bytes.size -= to - from;
	MUST(ptf_reader_open_memory(&r, bytes.data, bytes.size, NULL, &err));
	while ((rc = ptf_reader_next(r, &b, &err)) > 0) {
		if (b.kind == PTF_BLOCK_DEFINITIONS)
			nodes += (uint32_t)b.definitions.node_count;
		if (b.kind != PTF_BLOCK_SAMPLES)
			continue;
		rows += b.samples.count;
		for (size_t i = 0; i < b.samples.count; i++)
			assert_true(b.samples.node[i] <= nodes);
		if (b.samples.time_ns[0] != 20)
			continue;
		assert_int_equal(b.samples.node[0], node[1]);
		assert_int_equal(b.samples.class_id[0], 1);
		if (!last_defines) {
			assert_int_equal(b.samples.count, 1);
			continue;
		}
		/* Rows of lost kinds stay, with the first of the lost nodes. */
		assert_int_equal(b.samples.count, 5);
		assert_int_equal(b.samples.node[1], node[2]);
		assert_int_equal(b.samples.class_id[1], PTF_CLASS_UNKNOWN);
		assert_int_equal(b.samples.node[2], node[2]);
		assert_int_equal(b.samples.node[4], node[5]);
		assert_int_equal(b.samples.class_id[4], 1);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(rows, last_defines ? 7 : 3);
	assert_non_null(ptf_reader_note(r, 0));
	ptf_reader_close(r);
	free(bytes.data);
}

static void test_lost_kinds(void **state)
{
	(void)state;
	check_lost(true);
	check_lost(false);
}

/* ------------------------------------------------------ Blocks by hand */

struct by_hand {
	struct ptf_buf payload;
	struct ptf_arena arena;
};

static uint32_t no_first_line(const void *context, uint32_t function)
{
	(void)context;
	return function;
}

/* A section that defines a thread, a node, and the given kinds. */
static void start_by_hand(struct by_hand *h, const struct ptf_kind *kinds,
	size_t kind_count)
{
	static const struct ptf_frame frame;
	static const struct ptf_thread thread;
	static const struct ptf_node node = {0, 1};
	struct ptf_section_start start = {.format_major = 1};
	struct ptf_definitions d = {.first_string = 1,
		.first_module = 1,
		.first_function = 1,
		.first_frame = 1,
		.first_node = 1,
		.first_metric = 1,
		.first_class = PTF_CLASS_KIND_COUNT,
		.first_kind = 1,
		.first_label_set = 1,
		.first_process = 1,
		.first_thread = 1,
		.frames = &frame,
		.frame_count = 1,
		.nodes = &node,
		.node_count = 1,
		.kinds = kinds,
		.kind_count = kind_count,
		.threads = &thread,
		.thread_count = 1};
	struct ptf_definition_encoder e = {0};
	struct ptf_definition_columns columns;
	struct ptf_error err;

	*h = (struct by_hand){0};
	ptf_arena_init(&h->arena, 1 << 20);
	MUST(ptf_payload_section_start(&h->payload, &h->arena, &start, &err));
	assert_true(ptf_definitions_encode(&e, &d, no_first_line, NULL, &columns));
	MUST(ptf_payload_definitions(&h->payload, &h->arena, &d, &columns, &err));
	ptf_definition_encoder_finish(&e);
}

/* Appends a Samples Block, and reads all: the rows, or a note about the Block. */
static size_t read_by_hand(struct by_hand *h, uint32_t count, const char *low,
	size_t low_size, const char *high, size_t high_size, uint32_t node[8],
	char note[NOTE_BYTES])
{
	struct ptf_samples_wire wire = {.thread = 1,
		.count = count,
		.kinds = {{(const uint8_t *)low, low_size},
			{(const uint8_t *)high, high_size}}};
	struct ptf_error err;
	struct ptf_reader *r;
	struct ptf_block b;
	size_t rows = 0;
	int rc;

	MUST(ptf_payload_samples(&h->payload, &h->arena, &wire, &err));
	MUST(ptf_reader_open_memory(&r, h->payload.data, h->payload.size, NULL, &err));
	while ((rc = ptf_reader_next(r, &b, &err)) > 0) {
		if (b.kind != PTF_BLOCK_SAMPLES)
			continue;
		rows = b.samples.count;
		for (size_t i = 0; i < rows; i++)
			node[i] = b.samples.node[i] * 10 + b.samples.class_id[i];
	}
	assert_int_equal(rc, 0);
	snprintf(note, NOTE_BYTES, "%s", ptf_reader_note(r, 0)->message);
	ptf_reader_close(r);
	ptf_buf_finish(&h->payload);
	ptf_arena_finish(&h->arena);
	return rows;
}

static void test_columns_by_hand(void **state)
{
	static const struct ptf_kind kinds[300] = {{1, 3}, {0, 6}, [254] = {1, 5}};
	static const char cut[] = "the recording has no end: it was cut, or still runs";
	static const char bad_low[] =
		"samples: bad column kind_low; the Block is left out";
	static const char bad_high[] =
		"samples: bad column kind_high; the Block is left out";
	static const struct {
		uint32_t count;
		const char *low;
		size_t low_size;
		const char *high;
		size_t high_size, rows;
		uint32_t shown[3]; /* node * 10 + class */
		const char *note;
	} cases[] = {
		{3, "\0\1\2", 3, "", 0, 3, {0, 13, 6}, cut},
		{3, "\377\1\376", 3, "\0", 1, 3, {15, 13, 0}, cut},
		/* Too few rows, too many, none. */
		{3, "\0\1", 2, "", 0, 0, {0}, bad_low},
		{3, "\0\1\1\1", 4, "", 0, 0, {0}, bad_low},
		{0, "", 0, "", 0, 0, {0}, bad_low},
		/* The rest of kinds: one missing, one too many, no end, over 32 bits. */
		{2, "\377\377", 2, "\0", 1, 0, {0}, bad_high},
		{2, "\377\1", 2, "\0\0", 2, 0, {0}, bad_high},
		{2, "\377\1", 2, "\200", 1, 0, {0}, bad_high},
		{2, "\377\1", 2, "\200\200\200\200\200\1", 6, 0, {0}, bad_high},
		/* Kind 301 is not defined, nor is any near 2^32. */
		{3, "\2\377\1", 3, "\56", 1, 2, {6, 13},
			"1 rows refer to what is not defined; they are left out"},
		{2, "\1\377", 2, "\377\377\377\377\17", 5, 1, {13},
			"1 rows refer to what is not defined; they are left out"},
	};
	static const char not_defined[] =
		"2 rows refer to what is not defined; they are left out";
	struct by_hand h;
	char note[NOTE_BYTES];
	uint32_t shown[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_by_hand(&h, kinds, 300);
		assert_int_equal(read_by_hand(&h, cases[i].count, cases[i].low,
					 cases[i].low_size, cases[i].high,
					 cases[i].high_size, shown, note),
			cases[i].rows);
		assert_string_equal(note, cases[i].note);
		assert_memory_equal(shown, cases[i].shown,
			cases[i].rows * sizeof(shown[0]));
	}
	/* The same where the kinds defined are few. */
	start_by_hand(&h, kinds, 2);
	assert_int_equal(read_by_hand(&h, 4, "\2\3\376\0", 4, "", 0, shown, note), 2);
	assert_string_equal(note, not_defined);
	assert_int_equal(shown[0], 6);
	assert_int_equal(shown[1], 0);
	start_by_hand(&h, kinds, 2);
	assert_int_equal(read_by_hand(&h, 3, "\377\3\1", 3, "\0", 1, shown, note), 1);
	assert_string_equal(note, not_defined);
}

static void test_bad_definitions(void **state)
{
	static const struct ptf_kind bad[] = {{2, 0}, {1, 7}, {0, UINT32_MAX}};
	struct by_hand h;
	char note[NOTE_BYTES];
	uint32_t shown[8];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start_by_hand(&h, &bad[i], 1);
		assert_int_equal(read_by_hand(&h, 1, "\1", 1, "", 0, shown, note), 0);
		assert_string_equal(note,
			"definitions refer to what is not defined; "
			"the Block is left out");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_kinds),
		cmocka_unit_test(test_lost_kinds),
		cmocka_unit_test(test_columns_by_hand),
		cmocka_unit_test(test_bad_definitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
