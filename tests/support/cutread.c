/*
 * Damages a trace in memory, many times, and proves that what is whole is
 * still read.
 *
 *     cutread FILE SEED TAIL RANDOM FLIPS
 *
 * cuts FILE at every byte of its last TAIL bytes and at RANDOM other offsets,
 * and flips one bit at FLIPS random places. What must be read is found without
 * the library's reader: by walking the zstd frames.
 *
 *   cut   every Block of every frame that ends before the cut is read, equal to
 *         the undamaged one; nothing is invented; unless the section's end was
 *         read, a note or the error tells that something is missing
 *   flip  every Block of the frames before the flipped bit is read, equal; all
 *         Blocks are read, or a note or the error tells
 *
 * Prints one line and exits 0 when all held; otherwise prints the first 10
 * offences and exits 1.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <ptf/ptf.h>

static void die(const char *what)
{
	fprintf(stderr, "cutread: %s\n", what);
	exit(1);
}

struct frame {
	size_t offset, end;
	size_t blocks_before, blocks; /* Blocks of earlier frames, of this one */
	bool ends_section;
};

static struct frame *frames;
static size_t frame_count;

/* What the reader gave: a digest of each Block. */
struct reading {
	uint64_t *digest;
	int *kind;
	size_t count, room;
	int rc;
	size_t notes;
};

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *byte = data;

	while (size--)
		hash = (hash ^ *byte++) * 1099511628211u;
	return hash;
}

static uint64_t mix_number(uint64_t hash, uint64_t number)
{
	return mix(hash, &number, sizeof number);
}

static uint64_t digest(const struct ptf_block *b)
{
	uint64_t h =
		mix_number(mix_number(14695981039346656037u, b->kind), b->section_index);

	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		return mix(h, b->section_start.trace_id, 16);
	case PTF_BLOCK_DEFINITIONS:
		h = mix_number(h, b->definitions.string_count);
		for (size_t i = 0; i < b->definitions.string_count; i++)
			h = mix(h, b->definitions.strings[i].data,
				b->definitions.strings[i].size);
		for (size_t i = 0; i < b->definitions.node_count; i++) {
			h = mix_number(h, b->definitions.nodes[i].parent);
			h = mix_number(h, b->definitions.nodes[i].frame);
		}
		for (size_t i = 0; i < b->definitions.frame_count; i++) {
			h = mix_number(h, b->definitions.frames[i].function);
			h = mix_number(h, b->definitions.frames[i].line);
			h = mix_number(h, b->definitions.frames[i].module_offset);
		}
		return h;
	case PTF_BLOCK_SAMPLES:
		h = mix_number(h, b->samples.thread);
		h = mix(h, b->samples.time_ns,
			b->samples.count * sizeof *b->samples.time_ns);
		h = mix(h, b->samples.node, b->samples.count * sizeof *b->samples.node);
		h = mix(h, b->samples.class_id,
			b->samples.count * sizeof *b->samples.class_id);
		for (size_t i = 0; i < b->samples.column_count; i++)
			h = mix(h, b->samples.columns[i].values,
				b->samples.count * sizeof *b->samples.columns[i].values);
		return h;
	case PTF_BLOCK_CLOCK:
		return mix_number(h, (uint64_t)b->clock.monotonic_ns);
	case PTF_BLOCK_SECTION_END:
		return mix_number(h, b->section_end.sample_count);
	default:
		return h;
	}
}

static struct reading read_all(const void *data, size_t size)
{
	struct reading got = {0};
	struct ptf_reader *r = NULL;
	struct ptf_block block;
	struct ptf_error err = {0};

	/* A copy of the exact size, so that a sanitizer sees one byte too far. */
	void *copy = malloc(size ? size : 1);
	if (!copy)
		die("out of memory");
	memcpy(copy, data, size);
	got.rc = ptf_reader_open_memory(&r, copy, size, NULL, &err);
	while (got.rc >= 0 && (got.rc = ptf_reader_next(r, &block, &err)) > 0) {
		if (got.count == got.room) {
			got.room = got.room * 2 + 64;
			got.digest = realloc(got.digest, got.room * sizeof *got.digest);
			got.kind = realloc(got.kind, got.room * sizeof *got.kind);
			if (!got.digest || !got.kind)
				die("out of memory");
		}
		got.kind[got.count] = (int)block.kind;
		got.digest[got.count++] = digest(&block);
	}
	while (r && ptf_reader_note(r, got.notes))
		got.notes++;
	ptf_reader_close(r);
	free(copy);
	return got;
}

static void forget(struct reading *got)
{
	free(got->digest);
	free(got->kind);
}

/* Counts the Blocks in a decoded frame; field 11 of a Block is SectionEnd. */
static size_t count_blocks(const unsigned char *p, size_t size, bool *ends_section)
{
	const unsigned char *end = p + size;
	size_t count = 0;

	while (p < end) {
		size_t length = 0;
		int shift = 0;

		if (*p++ != 0x0a)
			die("a frame holds something else than Blocks");
		while (p < end && shift < 35) {
			length |= (size_t)(*p & 0x7f) << shift;
			shift += 7;
			if (!(*p++ & 0x80))
				break;
		}
		if (length > (size_t)(end - p))
			die("a Block is longer than its frame");
		if (length && *p == (11 << 3 | 2))
			*ends_section = true;
		p += length;
		count++;
	}
	return count;
}

static void walk_frames(const unsigned char *data, size_t size)
{
	size_t at = 0, blocks = 0;

	while (at < size) {
		size_t length = ZSTD_findFrameCompressedSize(data + at, size - at);
		struct frame *f;

		if (ZSTD_isError(length))
			die("the undamaged file is not a row of zstd frames");
		frames = realloc(frames, (frame_count + 1) * sizeof *frames);
		if (!frames)
			die("out of memory");
		f = &frames[frame_count++];
		*f = (struct frame){.offset = at,
			.end = at + length,
			.blocks_before = blocks};
		if ((data[at] & 0xf0) != 0x50 || data[at + 1] != 0x2a) {
			size_t room = (size_t)64 << 20, plain;
			void *out = malloc(room);

			plain = out ? ZSTD_decompress(out, room, data + at, length) : 0;
			if (!out || ZSTD_isError(plain))
				die("a frame of the undamaged file does not decompress");
			f->blocks = count_blocks(out, plain, &f->ends_section);
			free(out);
		}
		blocks += f->blocks;
		at += length;
	}
}

static unsigned offences;

static void offence(const char *how, size_t at, const char *what, size_t got,
	size_t wanted)
{
	if (offences++ < 10)
		printf("%s at byte %zu: %s (%zu read, %zu there)\n", how, at, what, got,
			wanted);
}

static bool same(const struct reading *got, const struct reading *whole, size_t count)
{
	return got->count >= count &&
		(!count ||
			!memcmp(got->digest, whole->digest, count * sizeof *got->digest));
}

static void try_cut(const unsigned char *data, size_t cut, const struct reading *whole)
{
	struct reading got = read_all(data, cut);
	size_t least = 0, most = 0;
	bool ended = false;

	for (size_t i = 0; i < frame_count && frames[i].offset < cut; i++) {
		most = frames[i].blocks_before + frames[i].blocks;
		if (frames[i].end <= cut) {
			least = most;
			ended |= frames[i].ends_section;
		}
	}
	if (got.count < least && !(got.rc < 0 && least <= 1))
		offence("cut", cut, "whole Blocks are not read", got.count, least);
	else if (got.count > most)
		offence("cut", cut, "Blocks are invented", got.count, most);
	else if (!same(&got, whole, got.count))
		offence("cut", cut, "Blocks differ", got.count, least);
	else if (got.rc < 0 && least > 2)
		offence("cut", cut, "an error although there is data", got.count, least);
	else if (!ended && !got.notes && got.rc >= 0)
		offence("cut", cut, "no note", got.count, least);
	forget(&got);
}

static void try_flip(unsigned char *data, size_t size, size_t at, int bit,
	const struct reading *whole)
{
	struct reading got;
	size_t least = 0;

	for (size_t i = 0; i < frame_count && frames[i].end <= at; i++)
		least = frames[i].blocks_before + frames[i].blocks;
	data[at] ^= (unsigned char)(1 << bit);
	got = read_all(data, size);
	data[at] ^= (unsigned char)(1 << bit);
	if (!same(&got, whole, least))
		offence("flip", at, "Blocks before it are not read", got.count, least);
	else if (got.count > whole->count)
		offence("flip", at, "Blocks are invented", got.count, whole->count);
	else if (!same(&got, whole, whole->count) && !got.notes && got.rc >= 0)
		offence("flip", at, "no note", got.count, whole->count);
	forget(&got);
}

static uint64_t random_state;

static size_t random_below(size_t limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)((random_state >> 33) % limit);
}

int main(int argc, char **argv)
{
	unsigned char *data;
	size_t size, tail, cuts = 0;
	struct reading whole;
	FILE *file;
	long end;

	if (argc != 6)
		die("usage: cutread FILE SEED TAIL RANDOM FLIPS");
	random_state = strtoull(argv[2], NULL, 10);
	tail = strtoul(argv[3], NULL, 10);
	file = fopen(argv[1], "rb");
	if (!file || fseek(file, 0, SEEK_END) || (end = ftell(file)) <= 0)
		die("cannot open the file, or it is empty");
	rewind(file);
	size = (size_t)end;
	data = malloc(size);
	if (!data || fread(data, 1, size, file) != size)
		die("cannot read the file");
	fclose(file);

	walk_frames(data, size);
	whole = read_all(data, size);
	if (whole.rc < 0 || whole.notes)
		die("the undamaged file gives an error or a note");
	if (whole.count !=
		frames[frame_count - 1].blocks_before + frames[frame_count - 1].blocks)
		die("the undamaged file is not read whole");

	for (size_t cut = size > tail ? size - tail : 0; cut < size; cut++, cuts++)
		try_cut(data, cut, &whole);
	for (unsigned long i = strtoul(argv[4], NULL, 10); i; i--, cuts++)
		try_cut(data, random_below(size), &whole);
	for (unsigned long i = strtoul(argv[5], NULL, 10); i; i--) {
		size_t at = random_below(size);

		try_flip(data, size, at, (int)random_below(8), &whole);
	}
	printf("%zu bytes, %zu frames, %zu Blocks; %zu cuts, %s flips, %u offences\n",
		size, frame_count, whole.count, cuts, argv[5], offences);
	forget(&whole);
	free(frames);
	free(data);
	return offences != 0;
}
