/*
 * Any bytes as the decompressed payload behind a sound start: mutants of whole
 * files rarely pass zstd's checksum, these reach every decoder.
 */
#include "tests/fuzz/use_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Trace.block { section_start { format_major: 1, trace_id: 16 bytes,
	   time_resolution_ns: 1000, time_metric: 1 } } */
	static const uint8_t start[] = {0x0a, 0x1b, 0x0a, 0x19, 0x08, 1, 0x32, 16, 'f',
		'u', 'z', 'z', ' ', 't', 'r', 'a', 'c', 'e', ' ', 'i', 'd', ' ', '1', '6',
		0x50, 0xe8, 0x07, 0x60, 1};
	const struct ptf_reader_options options = {.max_ids = 1 << 16};
	struct ptf_error err;
	struct ptf_reader *r;
	struct used u = {0};
	uint8_t *all = malloc(sizeof(start) + size);

	if (!all)
		return 0;
	memcpy(all, start, sizeof(start));
	if (size)
		memcpy(all + sizeof(start), data, size);
	if (ptf_reader_open_memory(&r, all, sizeof(start) + size, &options, &err) == 0) {
		use_all(r, &u);
		used_finish(&u);
		ptf_reader_close(r);
	}
	free(all);
	return 0;
}
