/*
 * Records of memory, as agents write them into their rings, and what the trace says
 * then: what was allocated is freed in it, whoever says so, wherever and whenever.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <ptf/ptf.h>

#include "recorder/clocks.h"
#include "recorder/drain.h"
#include "recorder/memory/block_value.h"
#include "recorder/memory/held_blocks.h"
#include "recorder/recording.h"

#define KB            UINT64_C(1024)
#define INTERVAL      (512 * KB)
#define COPY_INTERVAL (8 * INTERVAL)
#define LARGE         (100 * INTERVAL) /* always sampled, and worth just its size */
#define STEP_NS       1000

/* ------------------------------------------------------ a program, by hand */

static struct recording r; /* too large for a stack */
static struct prec_shm *shm;
static char program[] = "program";
static char *command[] = {program, NULL};

enum { MAIN, WORKER }; /* slots of the first image */

static void put(uint32_t slot, const void *record, size_t size, const void *rest,
	size_t rest_size)
{
	struct prec_cursor cursor =
		prec_ring_begin(&shm->slot[slot], prec_ring_words(shm, slot));

	prec_ring_store(&cursor, 0, record, size);
	cursor.next += size / 8;
	prec_ring_put_bytes(&cursor, rest, rest_size);
	prec_ring_commit(&cursor);
}

static void put_code(uint32_t slot, uint64_t key, const char *name)
{
	char texts[64] = "a.py";
	struct prec_code code = {
		.key = key,
		.first_line = (uint32_t)key,
		.python_version = 0x030b00f0,
		.file_bytes = 4,
		.name_bytes = (uint32_t)strlen(name),
	};
	size_t size = 8 + (strlen(name) + 7) / 8 * 8;

	memcpy(texts + 8, name, strlen(name));
	code.record = (struct prec_record){(uint32_t)((sizeof code + size) / 8),
		PREC_RECORD_CODE, 0};
	put(slot, &code, sizeof code, texts, size);
}

static void begin_slot(uint32_t slot, uint32_t generation, bool begins_image)
{
	struct prec_slot *s = &shm->slot[slot];

	*s = (struct prec_slot){.event_fd = -1,
		.pid = (uint32_t)getpid(),
		.tid = (uint32_t)getpid() + (begins_image ? 0 : slot),
		.process = PREC_FIRST_PROCESS,
		.generation = generation,
		.begins_image = begins_image,
		.start_time_ns = clock_now_ns()};
	if (begins_image) {
		struct prec_image image = {
			.record = {sizeof image / 8 + 1, PREC_RECORD_IMAGE, 0},
			.time_ns = r.origin_ns + 1000000500 * (uint64_t)(generation - 1),
			.generation = generation,
			.text_bytes = sizeof "program",
		};
		put(slot, &image, sizeof image, "program", sizeof "program");
	}
	put_code(slot, 1, "outer");
	put_code(slot, 2, "inner");
	put_code(slot, 3, "other");
	atomic_store(&s->state, PREC_SLOT_ACTIVE);
	if (slot >= atomic_load(&shm->used_slot_count))
		atomic_store(&shm->used_slot_count, slot + 1);
}

/* Functions called by each other are given innermost first, by their keys. */
static void put_block(uint32_t slot, int64_t time_ns, enum prec_block_use use,
	uint64_t id, uint64_t size, uint64_t inner, uint64_t outer)
{
	const struct prec_frame frames[2] = {{inner, 0, 1}, {outer, 0, 1}};
	struct prec_block block = {
		.record = {(sizeof block + sizeof frames) / 8, PREC_RECORD_BLOCK, 0},
		.time_ns = r.origin_ns + (uint64_t)time_ns,
		.size_bytes = size,
		.id = id,
		.use = use,
		.frame_count = 2,
	};

	put(slot, &block, sizeof block, frames, sizeof frames);
}

static void put_freed(uint32_t slot, int64_t time_ns, uint64_t id)
{
	struct prec_block_freed freed = {
		.record = {sizeof freed / 8, PREC_RECORD_BLOCK_FREED, 0},
		.time_ns = r.origin_ns + (uint64_t)time_ns,
		.id = id,
	};

	put(slot, &freed, sizeof freed, NULL, 0);
}

static int open_scratch(void)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int begin(void **state)
{
	static int fd;

	shm = calloc(1, PREC_SHM_BYTES(PREC_CHUNK_SLOTS));
	assert_non_null(shm);
	shm->slot_count = PREC_CHUNK_SLOTS;
	shm->source = PREC_SOURCE_TIMER;
	shm->period_ns = 10000000;
	shm->memory_interval_bytes = INTERVAL;
	shm->copy_interval_bytes = COPY_INTERVAL;
	atomic_store(&shm->process_count, PREC_FIRST_PROCESS);
	/* Far enough back that nothing here is in the future. */
	r = (struct recording){.shm = shm,
		.wake_fd = -1,
		.origin_ns = clock_now_ns() - UINT64_C(100000000000)};
	r.origin_ns -= r.origin_ns % STEP_NS;
	*state = &fd;
	fd = open_scratch();
	assert_true(recording_begin(&r,
		&(struct recording_start){.fd = fd,
			.pid = getpid(),
			.executable = "program",
			.command = command,
			.time_resolution_ns = STEP_NS}));
	begin_slot(MAIN, 1, true);
	begin_slot(WORKER, 1, false);
	drain(&r);
	return 0;
}

static int end(void **state)
{
	(void)state;
	recording_finish(&r);
	free(shm);
	return 0;
}

/* ---------------------------------------------------------- what was written */

struct told_row {
	int64_t time_ns, bytes[MEMORY_USE_COUNT];
	uint32_t thread; /* slot */
	uint32_t class_id;
	char stack[32]; /* innermost first */
	size_t column_count;
};

struct told {
	struct told_row row[1000];
	int64_t point_ns[100], point_bytes[100]; /* of the footprint */
	size_t row_count, point_count;
	uint64_t memory_ring_full, freed_ring_full, memory_untracked, own_allocator;
	char interval[32], copy_interval[32];

	char string[200][32];
	uint32_t function_name[50], frame_function[50], node_parent[50], node_frame[50];
	uint32_t metric_name[20], tid[50];
	size_t strings, functions, frames, nodes, metrics, threads;
};

static void take_definitions(struct told *told, const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->string_count; i++)
		snprintf(told->string[++told->strings], sizeof *told->string, "%.*s",
			(int)d->strings[i].size, d->strings[i].data);
	for (size_t i = 0; i < d->function_count; i++)
		told->function_name[++told->functions] = d->functions[i].name;
	for (size_t i = 0; i < d->frame_count; i++)
		told->frame_function[++told->frames] = d->frames[i].function;
	for (size_t i = 0; i < d->node_count; i++) {
		told->node_parent[++told->nodes] = d->nodes[i].parent;
		told->node_frame[told->nodes] = d->nodes[i].frame;
	}
	for (size_t i = 0; i < d->metric_count; i++)
		told->metric_name[++told->metrics] = d->metrics[i].name;
	for (size_t i = 0; i < d->thread_count; i++)
		told->tid[++told->threads] = d->threads[i].tid;
}

static const char *metric(const struct told *told, uint32_t id)
{
	return told->string[told->metric_name[id]];
}

static void name_stack(const struct told *told, uint32_t node, char stack[32])
{
	size_t size = 0;

	for (; node && size < 32; node = told->node_parent[node]) {
		uint32_t function = told->frame_function[told->node_frame[node]];
		size += (size_t)snprintf(stack + size, 32 - size, "%s%s", size ? " " : "",
			told->string[told->function_name[function]]);
	}
}

static void take_samples(struct told *told, const struct ptf_samples *s)
{
	static const char *const name[] = {"alloc_bytes", "free_bytes", "copy_bytes"};

	if (s->columns[0].metric == PTF_TIME_METRIC)
		return;
	for (size_t i = 0; i < s->count; i++) {
		struct told_row *row = &told->row[told->row_count++];
		*row = (struct told_row){.time_ns = s->time_ns[i],
			.thread = told->tid[s->thread] - (uint32_t)getpid(),
			.class_id = s->class_id[i],
			.column_count = s->column_count};
		char stack[sizeof row->stack] = "";
		name_stack(told, s->node[i], stack);
		memcpy(row->stack, stack, sizeof stack);
		for (size_t c = 0; c < s->column_count; c++)
			for (size_t use = 0; use < MEMORY_USE_COUNT; use++)
				if (!strcmp(metric(told, s->columns[c].metric),
					    name[use]))
					row->bytes[use] = s->columns[c].values[i];
	}
}

static void take_counters(struct told *told, const struct ptf_counters *c)
{
	if (strcmp(metric(told, c->metric), "footprint") != 0)
		return;
	for (size_t i = 0; i < c->count; i++) {
		told->point_ns[told->point_count] = c->time_ns[i];
		told->point_bytes[told->point_count++] = c->values[i];
	}
}

static void take_losses(struct told *told, const struct ptf_losses *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *kind = told->string[l->rows[i].kind];
		if (!strcmp(kind, "memory_ring_full"))
			told->memory_ring_full = l->rows[i].count;
		if (!strcmp(kind, "freed_ring_full"))
			told->freed_ring_full = l->rows[i].count;
		if (!strcmp(kind, "memory_untracked"))
			told->memory_untracked = l->rows[i].count;
		if (!strcmp(kind, "own_allocator"))
			told->own_allocator = l->rows[i].count;
	}
}

static void take_attributes(struct told *told, const struct ptf_attributes *attributes)
{
	for (size_t i = 0; i < attributes->count; i++) {
		struct ptf_text key = attributes->item[i].key,
				value = attributes->item[i].value;
		char *to =
			key.size == 21 && !memcmp(key.data, "memory.interval_bytes", 21)
			? told->interval
			: key.size == 26 &&
				!memcmp(key.data, "memory.copy_interval_bytes", 26)
			? told->copy_interval
			: NULL;
		if (to)
			snprintf(to, sizeof told->interval, "%.*s", (int)value.size,
				value.data);
	}
}

static struct told *read_trace(int fd)
{
	static struct told told;
	struct ptf_reader *reader;
	struct ptf_error err = {0};
	struct ptf_block block;
	char path[64];
	int rc;

	told = (struct told){0};
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_int_equal(ptf_reader_open(&reader, path, NULL, &err), 0);
	while ((rc = ptf_reader_next(reader, &block, &err)) > 0) {
		if (block.kind == PTF_BLOCK_SECTION_START)
			take_attributes(&told, &block.section_start.attributes);
		if (block.kind == PTF_BLOCK_DEFINITIONS)
			take_definitions(&told, &block.definitions);
		if (block.kind == PTF_BLOCK_SAMPLES)
			take_samples(&told, &block.samples);
		if (block.kind == PTF_BLOCK_COUNTERS)
			take_counters(&told, &block.counters);
		if (block.kind == PTF_BLOCK_LOSSES)
			take_losses(&told, &block.losses);
	}
	assert_int_equal(rc, 0);
	ptf_reader_close(reader);
	close(fd);
	return &told;
}

/* Of more rows than `told` has room for. */
static size_t memory_row_count(int fd)
{
	struct ptf_reader *reader;
	struct ptf_error err = {0};
	struct ptf_block block;
	size_t count = 0;
	char path[64];
	int rc;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_int_equal(ptf_reader_open(&reader, path, NULL, &err), 0);
	while ((rc = ptf_reader_next(reader, &block, &err)) > 0)
		if (block.kind == PTF_BLOCK_SAMPLES &&
			block.samples.columns[0].metric != PTF_TIME_METRIC)
			count += block.samples.count;
	assert_int_equal(rc, 0);
	ptf_reader_close(reader);
	close(fd);
	return count;
}

static struct told *end_and_read(void **state)
{
	drain(&r);
	recording_end(&r, clock_now_ns());
	assert_true(recording_is_sound(&r));
	return read_trace(*(int *)*state);
}

static void expect(const struct told_row *row, int64_t time_ns, uint32_t thread,
	enum memory_use use, uint64_t bytes, const char *stack)
{
	assert_int_equal(row->time_ns, time_ns);
	assert_int_equal(row->thread, thread);
	assert_string_equal(row->stack, stack);
	for (size_t other = 0; other < MEMORY_USE_COUNT; other++)
		assert_int_equal(row->bytes[other], other == use ? bytes : 0);
}

static void expect_point(const struct told *told, size_t point, int64_t time_ns,
	uint64_t bytes)
{
	assert_in_range(point, 0, told->point_count - 1);
	assert_int_equal(told->point_ns[point], time_ns);
	assert_int_equal(told->point_bytes[point], bytes);
}

/* -------------------------------------------------------------- its parts */

static void sums_of_values_are_right_on_average(void **state)
{
	static const uint64_t sizes[] = {1, 100, 5000, 8191, 8192, 100000, 524288, 700000,
		3000000, 1000000000};
	static const uint64_t intervals[] = {1, 100, 4096, 100001, INTERVAL};
	const int count = 20000;
	struct random_bits random = {1};

	(void)state;
	for (size_t k = 0; k < sizeof intervals / sizeof *intervals; k++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			double s = (double)sizes[i], interval = (double)intervals[k];
			double exact = s / (1 - exp(-s / interval)), sum = 0;
			int64_t step = s < 8 * interval
				? (int64_t)block_value_step(intervals[k])
				: 1;
			for (int n = 0; n < count; n++) {
				int64_t value =
					block_value(sizes[i], intervals[k], &random);
				assert_int_equal(value % step, 0);
				assert_true(fabs((double)value - exact) < (double)step);
				sum += (double)value;
			}
			/* Rounding has a deviation of at most half a step. */
			assert_true(fabs(sum / count - exact) <=
				4 * (double)step / 2 / sqrt(count) + 1e-6 * exact);
		}
}

static void nonsense_has_a_value(void **state)
{
	struct random_bits random = {1};

	(void)state;
	assert_int_equal(block_value(0, 64, &random), 64);
	assert_true(block_value(UINT64_MAX, UINT64_MAX, &random) > 0);
	assert_true(block_value(1, UINT64_MAX, &random) > 0);
}

static void blocks_are_held_until_they_are_taken(void **state)
{
	enum { ROUNDS = 200000, IDS = 5000 };
	static int64_t value_of[IDS + 1]; /* 0 = not held */
	struct held_blocks held = {0};
	struct held_block block;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t id = 1 + (uint64_t)(i * UINT64_C(2654435761) >> 7) % IDS;
		/* Ids near each other and far apart. */
		uint64_t key = id % 2 ? id : id << 40;
		if (value_of[id]) {
			assert_true(held_blocks_take(&held, key, &block));
			assert_int_equal(block.value_bytes, value_of[id]);
			value_of[id] = 0;
			count--;
		} else {
			assert_false(held_blocks_take(&held, key, &block));
			value_of[id] = i + 1;
			block = (struct held_block){key, i + 1, 0, 0};
			assert_int_equal(held_blocks_add(&held, block), 0);
			count++;
		}
		assert_int_equal(held.count, count);
	}
	for (uint64_t id = 1; id <= IDS; id++)
		assert_int_equal(held_blocks_take(&held, id % 2 ? id : id << 40, &block),
			value_of[id] != 0);
	assert_int_equal(held.count, 0);
	assert_in_range(held.capacity, 1, 512); /* what many took is given back */
	held_blocks_finish(&held);
}

/* ------------------------------------------------------------ records to rows */

static void a_block_has_two_rows(void **state)
{
	put_block(MAIN, 5001999, PREC_BLOCK_PYTHON, 1, LARGE, 2, 1);
	put_block(MAIN, 6000000, PREC_BLOCK_NATIVE, 2, 2 * LARGE, 3, 1);
	put_freed(MAIN, 7000000, 1);
	put_block(MAIN, 8000000, PREC_BLOCK_COPIED, 0, 3 * LARGE, 2, 1);
	struct told *told = end_and_read(state);

	assert_int_equal(told->row_count, 4);
	/* Down to a step. */
	expect(&told->row[0], 5001000, MAIN, MEMORY_ALLOCATED, LARGE, "inner outer");
	expect(&told->row[1], 6000000, MAIN, MEMORY_ALLOCATED, 2 * LARGE, "other outer");
	expect(&told->row[2], 7000000, MAIN, MEMORY_FREED, LARGE, "inner outer");
	expect(&told->row[3], 8000000, MAIN, MEMORY_COPIED, 3 * LARGE, "inner outer");
	assert_int_equal(told->row[0].class_id, PTF_CLASS_PYTHON);
	assert_int_equal(told->row[1].class_id, PTF_CLASS_NATIVE);
	assert_int_equal(told->row[2].class_id, PTF_CLASS_PYTHON);
	assert_int_equal(told->row[3].class_id, PTF_CLASS_NATIVE);
	assert_string_equal(told->interval, "524288");
	assert_string_equal(told->copy_interval, "4194304");
}

static void blocks_have_the_same_columns_whatever_is_in_them(void **state)
{
	put_block(MAIN, 1000000, PREC_BLOCK_COPIED, 0, LARGE, 2, 1);
	put_block(WORKER, 1000000, PREC_BLOCK_NATIVE, 1, LARGE, 2, 1);
	struct told *told = end_and_read(state);

	assert_int_equal(told->row_count, 2);
	assert_int_equal(told->row[0].column_count, 3);
	assert_int_equal(told->row[1].column_count, 3);
}

/* The freeing thread's ring is read first, and first of all. */
static void a_block_may_end_before_it_is_known(void **state)
{
	put_freed(MAIN, 3000000, 1);
	put_block(WORKER, 2000000, PREC_BLOCK_PYTHON, 1, LARGE, 2, 1);
	put_freed(MAIN, 5000000, 2);
	drain(&r);
	put_block(WORKER, 4000000, PREC_BLOCK_PYTHON, 2, LARGE, 3, 1);
	struct told *told = end_and_read(state);

	assert_int_equal(told->row_count, 4);
	expect(&told->row[0], 3000000, MAIN, MEMORY_FREED, LARGE, "inner outer");
	expect(&told->row[1], 5000000, MAIN, MEMORY_FREED, LARGE, "other outer");
	expect(&told->row[2], 2000000, WORKER, MEMORY_ALLOCATED, LARGE, "inner outer");
	expect(&told->row[3], 4000000, WORKER, MEMORY_ALLOCATED, LARGE, "other outer");
	assert_int_equal(told->point_bytes[told->point_count - 1], 0);
}

static void the_end_of_a_lost_block_is_forgotten(void **state)
{
	put_freed(MAIN, 3000000, 1);
	for (int i = 0; i < 60; i++)
		drain(&r);
	assert_int_equal(r.process[0]->memory.freed_count, 0);
	assert_int_equal(end_and_read(state)->row_count, 0);
}

static void late_rows_are_not_earlier_than_others(void **state)
{
	put_block(MAIN, 9000000, PREC_BLOCK_PYTHON, 1, LARGE, 2, 1);
	drain(&r);
	recording_flush(&r); /* all but the last milliseconds */
	put_block(MAIN, 8000000, PREC_BLOCK_PYTHON, 2, LARGE, 3, 1);
	put_freed(MAIN, 8500000, 2);
	struct told *told = end_and_read(state);

	assert_int_equal(told->row_count, 3);
	assert_true(told->row[1].time_ns > 9000000);
	assert_int_equal(told->row[2].time_ns, told->row[1].time_ns);
	assert_int_equal(told->row[2].bytes[MEMORY_FREED], LARGE);
}

/* Peaks between the points have a point. */
static void the_footprint_has_its_highest_points(void **state)
{
	const int64_t s = 1000000000;

	put_block(MAIN, 1 * s, PREC_BLOCK_PYTHON, 1, LARGE, 2, 1);
	put_block(MAIN, 2 * s, PREC_BLOCK_PYTHON, 2, 3 * LARGE, 2, 1);
	put_block(WORKER, 2 * s + 1000, PREC_BLOCK_PYTHON, 3, LARGE, 2, 1);
	put_freed(MAIN, 2 * s + 2000, 3);
	put_freed(WORKER, 2 * s + 3000, 2);
	put_block(MAIN, 3 * s, PREC_BLOCK_PYTHON, 4, LARGE, 2, 1);
	struct told *told = end_and_read(state);

	assert_int_equal(told->point_count, 4);
	expect_point(told, 0, 1 * s, LARGE);
	expect_point(told, 1, 2 * s + 1000, 5 * LARGE);
	expect_point(told, 2, 2 * s + 3000, LARGE);
	expect_point(told, 3, 3 * s, 2 * LARGE);
}

static void losses_are_told(void **state)
{
	atomic_store(&shm->slot[WORKER].lost_block_count, 3);
	atomic_store(&shm->lost_freed_count, 4);
	atomic_store(&shm->memory_untracked_count, 5);
	atomic_store(&shm->own_allocator_count, 6);
	struct told *told = end_and_read(state);

	assert_int_equal(told->memory_ring_full, 3);
	assert_int_equal(told->freed_ring_full, 4);
	assert_int_equal(told->memory_untracked, 5);
	assert_int_equal(told->own_allocator, 6);
}

/* -------------------------------------------------------- sections, images */

static struct told *go_on(void **state)
{
	int fd = open_scratch();

	drain(&r);
	struct recorded_section left = section_go_on(&r, fd);
	section_complete(&r, &left);
	section_finish(&left);
	assert_true(recording_is_sound(&r));
	struct told *told = read_trace(*(int *)*state);
	*(int *)*state = fd;
	return told;
}

static void blocks_outlive_their_section(void **state)
{
	put_block(MAIN, 1000000, PREC_BLOCK_PYTHON, 1, LARGE, 2, 1);
	put_block(MAIN, 2000000, PREC_BLOCK_PYTHON, 2, LARGE, 3, 1);
	put_freed(WORKER, 3000000, 2);
	put_freed(WORKER, 3000000, 3); /* its thread says late that it was there */
	struct told *told = go_on(state);
	assert_int_equal(told->row_count, 3);
	assert_int_equal(told->point_bytes[told->point_count - 1], LARGE);
	assert_int_equal(r.process[0]->memory.stacks.count, 2); /* "other" is forgotten */

	int64_t seam_ns = (int64_t)(r.section.origin_ns - r.origin_ns);
	put_freed(MAIN, seam_ns + 1000000, 1);
	put_block(MAIN, seam_ns - 2000000, PREC_BLOCK_NATIVE, 3, 2 * LARGE, 3, 1);
	told = end_and_read(state);
	assert_int_equal(told->row_count, 3);
	expect(&told->row[0], 0, MAIN, MEMORY_ALLOCATED, 2 * LARGE, "other outer");
	expect(&told->row[1], 0, MAIN, MEMORY_FREED, 2 * LARGE, "other outer");
	expect(&told->row[2], 1000000, MAIN, MEMORY_FREED, LARGE, "inner outer");
	expect_point(told, 0, 0, LARGE);
	assert_int_equal(told->point_bytes[told->point_count - 1], 0);
}

static void a_new_image_holds_nothing(void **state)
{
	put_block(MAIN, 1000000, PREC_BLOCK_PYTHON, 1, LARGE, 2, 1);
	put_block(WORKER, 2000000, PREC_BLOCK_NATIVE, 2, LARGE, 3, 1);
	drain(&r);
	for (uint32_t slot = 0; slot < 2; slot++)
		atomic_store(&shm->slot[slot].state, PREC_SLOT_ENDED);
	begin_slot(2, 2, true);
	/* An id of the older image's, too. */
	put_block(2, 1000000700, PREC_BLOCK_PYTHON, 1, 3 * LARGE, 3, 1);
	while (drain(&r))
		;
	struct told *told = end_and_read(state);

	assert_int_equal(told->row_count, 5);
	expect(&told->row[0], 1000000, MAIN, MEMORY_ALLOCATED, LARGE, "inner outer");
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(told->row[i].time_ns, 1000000000);
		assert_int_equal(told->row[i].bytes[MEMORY_FREED], LARGE);
		assert_int_equal(told->row[i].thread, MAIN);
	}
	assert_string_not_equal(told->row[1].stack, told->row[2].stack);
	/* Not cut down to before it began. */
	expect(&told->row[3], 1000001000, MAIN, MEMORY_ALLOCATED, 3 * LARGE,
		"other outer");
	expect(&told->row[4], 2000000, WORKER, MEMORY_ALLOCATED, LARGE, "other outer");
	assert_int_equal(told->point_count, 2);
	expect_point(told, 0, 2000000, 2 * LARGE);
	expect_point(told, 1, 1000001000, 3 * LARGE);
}

/* ------------------------------------------------------------ what is hostile */

/* A program may write into its rings what it likes: others are recorded with it. */
static void absurd_times_end_no_recording(void **state)
{
	put_block(MAIN, INT64_MAX, PREC_BLOCK_NATIVE, 1, LARGE, 2, 1);
	put_block(MAIN, INT64_MIN, PREC_BLOCK_NATIVE, 2, LARGE, 2, 1);
	put_freed(MAIN, INT64_MAX, 2);
	put_block(WORKER, 1000000, PREC_BLOCK_NATIVE, 3, LARGE, 3, 1);
	struct told *told = end_and_read(state);

	assert_int_equal(told->row_count, 4);
	expect(&told->row[0], 0, MAIN, MEMORY_ALLOCATED, LARGE, "inner outer");
	expect(&told->row[3], 1000000, WORKER, MEMORY_ALLOCATED, LARGE, "other outer");
}

static void absurd_sizes_end_no_recording(void **state)
{
	/* Together they are more than a number can hold. */
	const uint64_t count = 2 * (UINT64_C(1) << (63 - 48));

	for (uint64_t id = 1; id <= count; id++) {
		put_block(MAIN, 1000000, PREC_BLOCK_NATIVE, id, UINT64_MAX, 2, 1);
		if (id % 100 == 0)
			drain(&r);
	}
	drain(&r);
	recording_end(&r, clock_now_ns());
	assert_true(recording_is_sound(&r));
	assert_true(memory_row_count(*(int *)*state) == count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_of_values_are_right_on_average),
		cmocka_unit_test(nonsense_has_a_value),
		cmocka_unit_test(blocks_are_held_until_they_are_taken),
		cmocka_unit_test_setup_teardown(a_block_has_two_rows, begin, end),
		cmocka_unit_test_setup_teardown(
			blocks_have_the_same_columns_whatever_is_in_them, begin, end),
		cmocka_unit_test_setup_teardown(a_block_may_end_before_it_is_known, begin,
			end),
		cmocka_unit_test_setup_teardown(the_end_of_a_lost_block_is_forgotten,
			begin, end),
		cmocka_unit_test_setup_teardown(late_rows_are_not_earlier_than_others,
			begin, end),
		cmocka_unit_test_setup_teardown(the_footprint_has_its_highest_points,
			begin, end),
		cmocka_unit_test_setup_teardown(losses_are_told, begin, end),
		cmocka_unit_test_setup_teardown(blocks_outlive_their_section, begin, end),
		cmocka_unit_test_setup_teardown(a_new_image_holds_nothing, begin, end),
		cmocka_unit_test_setup_teardown(absurd_times_end_no_recording, begin,
			end),
		cmocka_unit_test_setup_teardown(absurd_sizes_end_no_recording, begin,
			end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
