/*
 * Any bytes as a file: open, read all, seek, read again. Ids are used as tools
 * use them, as indexes of arrays, so that a sanitizer sees an unchecked one.
 */
#include "tests/fuzz/use_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Small limits: mutants are small, and time goes into memory. */
	const struct ptf_reader_options options = {.max_frame_bytes = 1 << 20,
		.max_block_bytes = 1 << 20,
		.max_ids = 1 << 16,
		.measure_sizes = size % 7 == 0};
	struct ptf_error err;
	struct ptf_reader *r;
	struct used u = {0};

	if (ptf_reader_open_memory(&r, data, size, &options, &err) < 0)
		return 0;
	use_all(r, &u);
	if (ptf_reader_seek(r, 0, 1000000, &err) == 0)
		use_all(r, &u);
	if (ptf_reader_seek(r, 1, 0, &err) == 0)
		use_all(r, &u);
	used_finish(&u);
	ptf_reader_close(r);
	return 0;
}
