/* Cut, damaged, joined, recompressed and growing traces. */
#include "tests/unit/trace_model.h"

#include <zstd.h>

#include "format/header.h"

/* Small frames, so that cuts and flips meet many of them. */
static const struct plan small = {.seed = 11,
	.resolution_ns = 6250,
	.period_ns = 100000,
	.steps = 40,
	.rows_max = 60,
	.frame_bytes = 600};

static void free_all(struct model *a, struct model *b, struct bytes bytes)
{
	model_finish(a);
	model_finish(b);
	free(bytes.data);
}

static void test_cut_at_every_byte(void **state)
{
	struct model written = {0};
	struct bytes b = make_trace(&small, &written);
	size_t most = 0;

	(void)state;
	for (size_t size = 0; size <= b.size; size++) {
		struct model read = {0};
		struct ptf_error err = {0};
		/* A copy of just that size, so that a sanitizer sees reads beyond. */
		uint8_t *cut = malloc(size ? size : 1);
		size_t notes;
		int rc;

		memcpy(cut, b.data, size);
		rc = read_bytes(cut, size, &read, &notes, &err);
		if (rc < 0)
			assert_int_equal(rc, PTF_ERR_EMPTY);
		else if (size < b.size - 1000)
			assert_true(notes > 0);
		assert_true(rows_agree(&written, &read, true));
		assert_true(lines_agree(&written.others, &read.others, true));
		/* A longer file never gives less. */
		assert_true(read.blocks >= most);
		most = read.blocks;
		model_finish(&read);
		free(cut);
	}
	model_finish(&written);
	free(b.data);
}

static void test_whole_blocks_of_a_cut_frame(void **state)
{
	/* One frame of several zstd blocks: what is before the cut is given. */
	struct plan plan = {.seed = 2,
		.resolution_ns = 1,
		.period_ns = 100000,
		.steps = 60,
		.rows_max = 6000,
		.frame_bytes = 8 << 20};
	struct model written = {0}, read = {0};
	struct bytes b = make_trace(&plan, &written);
	struct ptf_error err = {0};
	size_t notes;

	(void)state;
	assert_int_equal(read_bytes(b.data, b.size / 2, &read, &notes, &err), 0);
	assert_true(notes > 0);
	assert_true(rows_agree(&written, &read, true));
	assert_true(read.rows[0].count + read.rows[1].count + read.rows[2].count > 100);
	free_all(&written, &read, b);
}

static void test_bit_flips(void **state)
{
	struct model written = {0};
	struct bytes b = make_trace(&small, &written);
	struct random r = {99};
	size_t unnoticed = 0;

	(void)state;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t bit = (uint8_t)(1u << below(&r, 8));
		struct model read = {0};
		struct ptf_error err = {0};
		size_t notes;
		int rc;

		b.data[i] ^= bit;
		rc = read_bytes(b.data, b.size, &read, &notes, &err);
		b.data[i] ^= bit;
		if (rc == 0 && notes == 0) {
			/* Then nothing may be wrong. */
			assert_true(rows_agree(&written, &read, false));
			assert_true(lines_agree(&written.others, &read.others, false));
			unnoticed++;
		}
		model_finish(&read);
	}
	/* Bits that nothing depends on: reserved ones of zstd's headers. */
	assert_true(unnoticed < b.size / 50);
	model_finish(&written);
	free(b.data);
}

static struct bytes join(const struct bytes *parts, size_t count)
{
	struct bytes all = {0};

	for (size_t i = 0; i < count; i++)
		all.size += parts[i].size;
	all.data = malloc(all.size + 1);
	all.size = 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(all.data + all.size, parts[i].data, parts[i].size);
		all.size += parts[i].size;
	}
	return all;
}

static void test_joined(void **state)
{
	struct plan second = small;
	struct model a = {0}, b = {0}, read = {0};
	struct bytes parts[2], all;
	struct ptf_error err = {0};
	struct ptf_reader *r;
	struct ptf_block block;
	size_t notes;
	int rc;

	(void)state;
	second.seed = 12;
	parts[0] = make_trace(&small, &a);
	parts[1] = make_trace(&second, &b);
	all = join(parts, 2);
	assert_int_equal(read_bytes(all.data, all.size, &read, &notes, &err), 0);
	assert_int_equal(notes, 0);
	assert_int_equal(read.sections, 2);
	model_finish(&read);

	MUST(ptf_reader_open_memory(&r, all.data, all.size, NULL, &err));
	memset(&read, 0, sizeof(read));
	while ((rc = ptf_reader_next(r, &block, &err)) > 0)
		if (block.section_index == 1)
			take_block(&read, &block);
	assert_int_equal(rc, 0);
	assert_true(rows_agree(&b, &read, false));
	assert_int_equal(ptf_reader_section(r, 0)->size_bytes, parts[0].size);
	assert_int_equal(ptf_reader_section(r, 1)->offset, parts[0].size);
	assert_int_equal(ptf_reader_section(r, 1)->size_bytes, parts[1].size);
	ptf_reader_close(r);
	model_finish(&read);

	/* The first one cut anywhere: the second is still whole. */
	for (size_t size = 1; size < parts[0].size; size += 1 + size / 40) {
		struct bytes cut[2] = {{parts[0].data, size}, parts[1]};
		struct bytes both = join(cut, 2);
		struct model first = {0};

		memset(&read, 0, sizeof(read));
		MUST(ptf_reader_open_memory(&r, both.data, both.size, NULL, &err));
		while ((rc = ptf_reader_next(r, &block, &err)) > 0)
			take_block(block.file_offset >= size ? &read : &first, &block);
		assert_int_equal(rc, 0);
		if (!rows_agree(&b, &read, false))
			fail_msg("cut at %zu of %zu", size, parts[0].size);
		assert_true(rows_agree(&a, &first, true));
		assert_non_null(ptf_reader_note(r, 0));
		ptf_reader_close(r);
		model_finish(&read);
		model_finish(&first);
		free(both.data);
	}
	free(all.data);
	free(parts[1].data);
	free_all(&a, &b, parts[0]);
}

/* Offsets of the data frames. */
static size_t find_frames(struct bytes b, size_t *offset, size_t max)
{
	size_t at = 0, count = 0;

	while (at < b.size && count < max) {
		size_t size = ZSTD_findFrameCompressedSize(b.data + at, b.size - at);
		uint32_t magic;

		assert_false(ZSTD_isError(size));
		memcpy(&magic, b.data + at, 4);
		if (magic == ZSTD_MAGICNUMBER)
			offset[count++] = at;
		at += size;
	}
	return count;
}

static void check_ids(struct ptf_reader *r)
{
	/* As a tool does: arrays by id, without a check. */
	uint32_t strings = 0, functions = 0, frames = 0, nodes = 0, classes = 6, sets = 0,
		 processes = 0, threads = 0, metrics = 0, modules = 0, kinds = 0;
	struct ptf_error err = {0};
	struct ptf_block b;
	int rc;

	while ((rc = ptf_reader_next(r, &b, &err)) > 0) {
		const struct ptf_definitions *d = &b.definitions;

		switch (b.kind) {
		case PTF_BLOCK_SECTION_START:
			strings = functions = frames = nodes = sets = processes =
				threads = metrics = modules = kinds = 0;
			classes = 6;
			break;
		case PTF_BLOCK_DEFINITIONS:
			if (d->string_count)
				assert_int_equal(d->first_string, strings + 1);
			if (d->node_count)
				assert_int_equal(d->first_node, nodes + 1);
			strings += (uint32_t)d->string_count;
			modules += (uint32_t)d->module_count;
			functions += (uint32_t)d->function_count;
			frames += (uint32_t)d->frame_count;
			metrics += (uint32_t)d->metric_count;
			classes += (uint32_t)d->class_count;
			sets += (uint32_t)d->label_set_count;
			processes += (uint32_t)d->process_count;
			threads += (uint32_t)d->thread_count;
			for (size_t i = 0; i < d->function_count; i++) {
				assert_true(d->functions[i].name <= strings);
				assert_true(d->functions[i].file <= strings);
				assert_true(d->functions[i].module <= modules);
			}
			for (size_t i = 0; i < d->frame_count; i++) {
				assert_true(d->frames[i].function <= functions);
				assert_true(d->frames[i].module <= modules);
			}
			for (size_t i = 0; i < d->node_count; i++) {
				assert_true(d->nodes[i].parent <= nodes);
				assert_true(d->nodes[i].frame <= frames);
				nodes++;
			}
			if (d->kind_count)
				assert_int_equal(d->first_kind, kinds + 1);
			kinds += (uint32_t)d->kind_count;
			for (size_t i = 0; i < d->kind_count; i++) {
				assert_true(d->kinds[i].node <= nodes);
				assert_true(d->kinds[i].class_id <= classes);
			}
			for (size_t i = 0; i < d->thread_count; i++)
				assert_true(d->threads[i].process <= processes);
			break;
		case PTF_BLOCK_SAMPLES:
			assert_in_range(b.samples.thread, 1, threads);
			for (size_t c = 0; c < b.samples.column_count; c++)
				assert_in_range(b.samples.columns[c].metric, 1, metrics);
			for (size_t i = 0; i < b.samples.count; i++) {
				assert_true(b.samples.node[i] <= nodes);
				assert_true(b.samples.class_id[i] <= classes);
				if (b.samples.labels)
					assert_true(b.samples.labels[i] <= sets);
				if (b.samples.task)
					assert_true(b.samples.task[i] <= strings);
			}
			break;
		case PTF_BLOCK_FACTS:
			for (size_t i = 0; i < b.facts.symbol_count; i++)
				assert_in_range(b.facts.symbols[i].frame, 1, frames);
			break;
		default:
			break;
		}
	}
	assert_int_equal(rc, 0);
}

static void test_lost_frames(void **state)
{
	struct model written = {0};
	struct bytes b = make_trace(&small, &written);
	size_t offset[200], count = find_frames(b, offset, 200), lost_seen = 0;

	(void)state;
	assert_true(count > 8);
	for (size_t i = 0; i < count; i++) {
		size_t size = ZSTD_findFrameCompressedSize(b.data + offset[i],
			b.size - offset[i]);
		struct bytes parts[2] = {{b.data, offset[i]},
			{b.data + offset[i] + size, b.size - offset[i] - size}};
		struct bytes without = join(parts, 2);
		struct ptf_error err = {0};
		struct ptf_reader *r;
		const struct ptf_error *note;

		MUST(ptf_reader_open_memory(&r, without.data, without.size, NULL, &err));
		if (i == 0) {
			struct ptf_block block;

			/* Without its start a section means nothing. */
			assert_int_equal(ptf_reader_next(r, &block, &err), PTF_ERR_EMPTY);
		} else {
			check_ids(r);
		}
		assert_non_null(ptf_reader_note(r, 0));
		for (size_t n = 0; (note = ptf_reader_note(r, n)); n++)
			lost_seen += strstr(note->message, "[lost]") != NULL;
		ptf_reader_close(r);
		free(without.data);
	}
	assert_true(lost_seen > 2);
	model_finish(&written);
	free(b.data);
}

static void test_overwritten_frame(void **state)
{
	/* Good frames later in the section are still found. */
	struct model written = {0};
	struct bytes b = make_trace(&small, &written);
	size_t offset[200], count = find_frames(b, offset, 200);

	(void)state;
	for (size_t i = 1; i + 1 < count; i++) {
		size_t size = offset[i + 1] - offset[i];
		uint8_t *saved = malloc(size);
		struct ptf_error err = {0};
		struct ptf_block block;
		struct ptf_reader *r;
		bool later = false;

		memcpy(saved, b.data + offset[i], size);
		memset(b.data + offset[i], 'x', size);
		MUST(ptf_reader_open_memory(&r, b.data, b.size, NULL, &err));
		while (ptf_reader_next(r, &block, &err) > 0)
			later = later || block.file_offset > offset[i];
		assert_true(later);
		assert_int_equal(ptf_reader_note(r, 0)->offset, offset[i]);
		ptf_reader_close(r);
		memcpy(b.data + offset[i], saved, size);
		free(saved);
	}
	model_finish(&written);
	free(b.data);
}

static struct bytes decode(struct bytes b)
{
	struct bytes raw = {.data = malloc(b.size * 100)};
	ZSTD_DCtx *z = ZSTD_createDCtx();
	ZSTD_inBuffer in = {b.data, b.size, 0};
	ZSTD_outBuffer out = {raw.data, b.size * 100, 0};

	while (in.pos < in.size)
		assert_false(ZSTD_isError(ZSTD_decompressStream(z, &out, &in)));
	raw.size = out.pos;
	ZSTD_freeDCtx(z);
	return raw;
}

static void check_same(const struct model *written, struct bytes b)
{
	struct ptf_reader_options piecewise = {.max_frame_bytes = 100};
	struct model read = {0};
	struct ptf_error err = {0};
	struct ptf_reader *r;

	for (int i = 0; i < 2; i++) {
		MUST(ptf_reader_open_memory(&r, b.data, b.size, i ? &piecewise : NULL,
			&err));
		memset(&read, 0, sizeof(read));
		assert_int_equal(read_rest(r, &read, &err), 0);
		if (ptf_reader_note(r, 0))
			fail_msg("%s", ptf_reader_note(r, 0)->message);
		assert_true(rows_agree(written, &read, false));
		assert_true(lines_agree(&written->others, &read.others, false));
		model_finish(&read);
		ptf_reader_close(r);
	}
}

static void test_recompressed(void **state)
{
	struct plan plan = {.seed = 21,
		.resolution_ns = 1,
		.period_ns = 100000,
		.steps = 60,
		.rows_max = 3000};
	struct model written = {0};
	struct bytes b = make_trace(&plan, &written), raw = decode(b), again = {0};
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(raw.size);

	(void)state;
	check_same(&written, b);
	check_same(&written, raw);
	again.data = malloc(room);
	again.size = ZSTD_compress2(z, again.data, room, raw.data, raw.size);
	check_same(&written, again);
	/* As a pipe would: neither size nor checksum. */
	{
		ZSTD_inBuffer in = {raw.data, raw.size, 0};
		ZSTD_outBuffer out = {again.data, room, 0};

		ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 0);
		assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush), 0);
		assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
		again.size = out.pos;
	}
	check_same(&written, again);
	/* Twice the same stream: two sections in one frame or none. */
	{
		struct bytes twice[2] = {raw, raw}, both = join(twice, 2);
		struct model read = {0};
		struct ptf_error err = {0};
		size_t notes;

		assert_int_equal(read_bytes(both.data, both.size, &read, &notes, &err),
			0);
		assert_int_equal(read.sections, 2);
		assert_int_equal(notes, 0);
		model_finish(&read);
		free(both.data);
	}
	for (size_t size = 0; size < raw.size; size += 1 + size / 50) {
		struct model read = {0};
		struct ptf_error err = {0};
		size_t notes;

		if (read_bytes(raw.data, size, &read, &notes, &err) == 0)
			assert_true(notes > 0);
		assert_true(rows_agree(&written, &read, true));
		model_finish(&read);
	}
	ZSTD_freeCCtx(z);
	free(again.data);
	free(raw.data);
	model_finish(&written);
	free(b.data);
}

static void test_growing_file(void **state)
{
	struct model written = {0};
	struct bytes b = make_trace(&small, &written);
	struct random r = {5};

	(void)state;
	for (int round = 0; round < 30; round++) {
		struct model read = {0};
		struct ptf_reader *reader;
		struct ptf_error err = {0};
		char path[64];
		int fd = open_scratch(), rc;
		size_t size = 500 + below(&r, 500);

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		assert_int_equal(pwrite(fd, b.data, size, 0), size);
		MUST(ptf_reader_open(&reader, path, NULL, &err));
		for (;;) {
			size_t more = 1 + below(&r, 900);

			rc = read_rest(reader, &read, &err);
			assert_true(rc == 0 || rc == PTF_ERR_EMPTY);
			if (size == b.size)
				break;
			assert_int_equal(ptf_reader_refresh(reader, &err), 0);
			more = b.size - size < more ? b.size - size : more;
			assert_int_equal(pwrite(fd, b.data + size, more, (off_t)size),
				more);
			size += more;
			assert_int_equal(ptf_reader_refresh(reader, &err), 1);
		}
		if (ptf_reader_note(reader, 0))
			fail_msg("%s", ptf_reader_note(reader, 0)->message);
		assert_true(rows_agree(&written, &read, false));
		assert_true(lines_agree(&written.others, &read.others, false));
		ptf_reader_close(reader);
		model_finish(&read);
		close(fd);
	}
	model_finish(&written);
	free(b.data);
}

static int open_error(const void *data, size_t size)
{
	struct ptf_reader *r;
	struct ptf_error err = {0};
	int rc = ptf_reader_open_memory(&r, data, size, NULL, &err);

	if (rc == 0)
		ptf_reader_close(r);
	else
		assert_int_equal(err.code, rc);
	return rc;
}

static void test_refused(void **state)
{
	struct model written = {0};
	struct bytes b = make_trace(&small, &written), joined;
	struct bytes parts[2];
	struct ptf_header header;
	struct ptf_error err = {0};
	struct model read = {0};
	uint8_t text[200], zstd[200];
	size_t notes, size, to = 0;

	(void)state;
	assert_int_equal(open_error("", 0), PTF_ERR_EMPTY);
	assert_int_equal(open_error("#!/bin/sh\n", 10), PTF_ERR_NOT_PTF);
	assert_int_equal(open_error(b.data, 79), PTF_ERR_EMPTY);
	memset(text, 'a', sizeof(text));
	assert_int_equal(open_error(text, sizeof(text)), PTF_ERR_NOT_PTF);
	size = ZSTD_compress(zstd, sizeof(zstd), text, sizeof(text), 3);
	assert_int_equal(open_error(zstd, size), PTF_ERR_NOT_PTF);

	/* LF became CR LF, CR LF became LF, the 8th bit was lost. */
	for (size_t i = 0; i < 80; i++) {
		if (b.data[i] == '\n')
			text[to++] = '\r';
		text[to++] = b.data[i];
	}
	assert_int_equal(open_error(text, to), PTF_ERR_CORRUPT);
	to = 0;
	for (size_t i = 0; i < 80; i++)
		if (b.data[i] != '\r')
			text[to++] = b.data[i];
	assert_int_equal(open_error(text, to), PTF_ERR_CORRUPT);
	for (size_t i = 0; i < 80; i++)
		text[i] = b.data[i] & 0x7f;
	assert_int_equal(open_error(text, 80), PTF_ERR_CORRUPT);

	/* A later major version, or a feature that is not known. */
	MUST(ptf_header_decode((struct ptf_view){b.data, b.size}, &header, &err));
	header.format_major++;
	ptf_header_encode(&header, b.data);
	assert_int_equal(open_error(b.data, b.size), PTF_ERR_VERSION);
	header.format_major--;
	header.features_incompatible = UINT64_C(1) << 63;
	ptf_header_encode(&header, b.data);
	assert_int_equal(open_error(b.data, b.size), PTF_ERR_FEATURE);

	/* As a later section it is left out, and said. */
	header.features_incompatible = 0;
	header.format_minor = 9;
	header.features_compatible = header.features_read_only = 5;
	ptf_header_encode(&header, b.data);
	parts[0] = (struct bytes){malloc(b.size), b.size};
	memcpy(parts[0].data, b.data, b.size);
	header.format_major++;
	ptf_header_encode(&header, b.data);
	parts[1] = b;
	joined = join(parts, 2);
	assert_int_equal(read_bytes(joined.data, joined.size, &read, &notes, &err), 0);
	assert_int_equal(read.sections, 1);
	assert_int_equal(notes, 1);
	assert_true(rows_agree(&written, &read, false));
	free(joined.data);
	free(parts[0].data);
	free_all(&written, &read, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_whole_blocks_of_a_cut_frame),
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_lost_frames),
		cmocka_unit_test(test_overwritten_frame),
		cmocka_unit_test(test_recompressed),
		cmocka_unit_test(test_growing_file),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
