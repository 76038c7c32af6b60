/* Equal content, equal digest, and only then: core/digest.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_blocks.h"
#include "tools/core/digest.h"

enum { SAMPLES_MAIN = 2, SAMPLES_WORKER = 3, FACTS = 4, LOSSES = 5 };

static void digest_of(const struct ptf_block *blocks, size_t count, char text[33])
{
	struct digest *d = digest_new();

	for (size_t i = 0; i < count; i++)
		digest_block(d, &blocks[i]);
	digest_end_file(d);
	digest_finish(d, text);
}

static char walk_digest[33];

static int begin(void **state)
{
	(void)state;
	digest_of(walk_blocks, WALK_BLOCK_COUNT, walk_digest);
	return 0;
}

static void is_the_same_every_time(void **state)
{
	char text[33];

	(void)state;
	digest_of(walk_blocks, WALK_BLOCK_COUNT, text);
	assert_string_equal(text, walk_digest);
	assert_int_equal(strlen(text), 32);
}

static struct ptf_block part_of(const struct ptf_block *block, size_t from, size_t count,
	struct ptf_value_column *column)
{
	struct ptf_block part = *block;

	*column = *block->samples.columns;
	column->values += from;
	part.samples.count = count;
	part.samples.time_ns += from;
	part.samples.node += from;
	part.samples.class_id += from;
	part.samples.columns = column;
	return part;
}

static void does_not_see_how_rows_are_cut_and_mixed(void **state)
{
	struct ptf_block blocks[16];
	struct ptf_value_column columns[16];
	size_t count = 0;
	char text[33];

	(void)state;
	blocks[count++] = walk_blocks[0];
	blocks[count++] = walk_blocks[1];
	blocks[count++] = walk_blocks[SAMPLES_WORKER];
	for (size_t i = 0; i < 7; i++) {
		blocks[count] =
			part_of(&walk_blocks[SAMPLES_MAIN], i, 1, &columns[count]);
		blocks[count].samples.period_ns = i; /* a hint */
		count++;
	}
	for (int i = WALK_BLOCK_COUNT - 1; i > SAMPLES_WORKER; i--)
		blocks[count++] = walk_blocks[i];
	digest_of(blocks, count, text);
	assert_string_equal(text, walk_digest);
}

static void losses_add_up(void **state)
{
	struct ptf_block blocks[WALK_BLOCK_COUNT + 1];
	struct ptf_loss one = walk_losses[0], two = walk_losses[0];
	char text[33];

	(void)state;
	memcpy(blocks, walk_blocks, sizeof(walk_blocks));
	one.count = 1;
	one.weight_ns = 4 * MS;
	two.count = 2;
	two.weight_ns = 1 * MS;
	blocks[LOSSES].losses.rows = &one;
	blocks[WALK_BLOCK_COUNT] = blocks[LOSSES];
	blocks[WALK_BLOCK_COUNT].losses.rows = &two;
	digest_of(blocks, WALK_BLOCK_COUNT + 1, text);
	assert_string_equal(text, walk_digest);
}

enum { STRINGS = sizeof(walk_strings) / sizeof(walk_strings[0]) };

static uint32_t turned(uint32_t id, uint32_t count)
{
	return id ? count + 1 - id : 0;
}

/* The same definitions with all ids the other way round. */
static void does_not_see_ids(void **state)
{
	struct ptf_block blocks[WALK_BLOCK_COUNT];
	struct ptf_definitions *d = &blocks[1].definitions;
	struct ptf_text strings[STRINGS];
	struct ptf_function functions[4];
	struct ptf_frame frames[4];
	struct ptf_node nodes[4];
	struct ptf_metric metrics[1] = {walk_metrics[0]};
	struct ptf_process processes[1] = {walk_processes[0]};
	uint32_t arguments[2];
	struct ptf_source source = walk_sources[0];
	struct ptf_thread_name thread_name = walk_thread_names[0];
	struct ptf_loss loss = walk_losses[0];
	struct ptf_mark mark = walk_marks[0];
	char text[33];

	(void)state;
	memcpy(blocks, walk_blocks, sizeof(walk_blocks));
	for (uint32_t i = 0; i < STRINGS; i++)
		strings[STRINGS - 1 - i] = walk_strings[i];
	for (uint32_t i = 0; i < 4; i++) {
		functions[3 - i] = walk_functions[i];
		functions[3 - i].name = turned(walk_functions[i].name, STRINGS);
		functions[3 - i].file = turned(walk_functions[i].file, STRINGS);
		frames[3 - i] = walk_frames[i];
		frames[3 - i].function = turned(walk_frames[i].function, 4);
		nodes[i] = walk_nodes[i];
		nodes[i].frame = turned(walk_nodes[i].frame, 4);
	}
	metrics[0].name = turned(S_TIME, STRINGS);
	metrics[0].unit = turned(S_NS, STRINGS);
	processes[0].executable = turned(S_PYTHON, STRINGS);
	arguments[0] = turned(S_PYTHON, STRINGS);
	arguments[1] = turned(S_SCRIPT, STRINGS);
	processes[0].arguments.item = arguments;
	source.file = turned(source.file, STRINGS);
	thread_name.name = turned(thread_name.name, STRINGS);
	loss.kind = turned(loss.kind, STRINGS);
	mark.name = turned(mark.name, STRINGS);
	d->strings = strings;
	d->functions = functions;
	d->frames = frames;
	d->nodes = nodes;
	d->metrics = metrics;
	d->processes = processes;
	blocks[FACTS].facts.sources = &source;
	blocks[FACTS].facts.thread_names = &thread_name;
	blocks[LOSSES].losses.rows = &loss;
	blocks[LOSSES + 1].marks.rows = &mark;
	digest_of(blocks, WALK_BLOCK_COUNT, text);
	assert_string_equal(text, walk_digest);
}

static void does_not_see_the_order_of_sections(void **state)
{
	struct ptf_block both[2 * WALK_BLOCK_COUNT];
	char forth[33], back[33];

	(void)state;
	memcpy(both, walk_blocks, sizeof(walk_blocks));
	memcpy(both + WALK_BLOCK_COUNT, walk_blocks, sizeof(walk_blocks));
	both[0].section_start.trace_id[3] = 7;
	digest_of(both, 2 * WALK_BLOCK_COUNT, forth);
	both[0].section_start.trace_id[3] = 0;
	both[WALK_BLOCK_COUNT].section_start.trace_id[3] = 7;
	digest_of(both, 2 * WALK_BLOCK_COUNT, back);
	assert_string_equal(forth, back);
	assert_string_not_equal(forth, walk_digest);
}

static void sees_every_change(void **state)
{
	struct ptf_block blocks[WALK_BLOCK_COUNT];
	int64_t values[7], at[7];
	uint32_t nodes[7], classes[7];
	struct ptf_value_column column = {1, 1, values};
	struct ptf_source source = walk_sources[0];
	char text[33];

	(void)state;
	for (int change = 0; change < 9; change++) {
		memcpy(blocks, walk_blocks, sizeof(walk_blocks));
		memcpy(values, walk_main_time, sizeof(values));
		memcpy(at, walk_main_at, sizeof(at));
		memcpy(nodes, walk_main_node, sizeof(nodes));
		memcpy(classes, walk_main_class, sizeof(classes));
		blocks[SAMPLES_MAIN].samples.time_ns = at;
		blocks[SAMPLES_MAIN].samples.node = nodes;
		blocks[SAMPLES_MAIN].samples.class_id = classes;
		blocks[SAMPLES_MAIN].samples.columns = &column;
		switch (change) {
		case 0:
			values[3]++;
			break;
		case 1:
			at[6]++;
			break;
		case 2:
			nodes[2] = 1;
			break;
		case 3:
			classes[0] = PTF_CLASS_KERNEL;
			break;
		case 4:
			blocks[SAMPLES_MAIN].samples.thread = 2;
			break;
		case 5:
			source.text.size--;
			blocks[FACTS].facts.sources = &source;
			break;
		case 6: /* two rows change places in time */
			values[0] = walk_main_time[1];
			values[1] = walk_main_time[0];
			break;
		case 7:
			blocks[SAMPLES_MAIN].samples.count--;
			break;
		case 8:
			blocks[0].section_start.origin_realtime_ns++;
			break;
		}
		digest_of(blocks, WALK_BLOCK_COUNT, text);
		if (!strcmp(text, walk_digest))
			fail_msg("change %d is not seen", change);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_same_every_time),
		cmocka_unit_test(does_not_see_how_rows_are_cut_and_mixed),
		cmocka_unit_test(losses_add_up),
		cmocka_unit_test(does_not_see_ids),
		cmocka_unit_test(does_not_see_the_order_of_sections),
		cmocka_unit_test(sees_every_change),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
