#include "format/header.h"

#include <inttypes.h>
#include <string.h>

#include <xxhash.h>

#include <ptf/version.h>

#include "format/fail.h"

/* Incompatible features that this library knows. */
#define KNOWN_INCOMPATIBLE UINT64_C(0)

/* Offsets in the frame (FORMAT.md, "Section header"). */
enum {
	AT_SIZE = 4,
	AT_TEXT = 8,
	AT_MAJOR = 24,
	AT_MINOR = 26,
	AT_ZERO = 28,
	AT_COMPATIBLE = 32,
	AT_READ_ONLY = 40,
	AT_INCOMPATIBLE = 48,
	AT_TRACE_ID = 56,
	AT_CHECKSUM = 72,
};

const uint8_t ptf_header_text[PTF_HEADER_TEXT_SIZE] = {0x89, 'P', 'T', 'F', '\r', '\n',
	0x1a, '\n', 0x00, 0xff, 't', 'r', 'a', 'c', 'e', '\n'};

static uint64_t checksum(const uint8_t *frame)
{
	return XXH3_64bits(frame + AT_TEXT, AT_CHECKSUM - AT_TEXT);
}

void ptf_header_encode(const struct ptf_header *header, uint8_t out[PTF_HEADER_BYTES])
{
	ptf_store32(out, PTF_HEADER_MAGIC);
	ptf_store32(out + AT_SIZE, PTF_HEADER_BYTES - 8);
	memcpy(out + AT_TEXT, ptf_header_text, PTF_HEADER_TEXT_SIZE);
	ptf_store16(out + AT_MAJOR, (uint16_t)header->format_major);
	ptf_store16(out + AT_MINOR, (uint16_t)header->format_minor);
	ptf_store32(out + AT_ZERO, 0);
	ptf_store64(out + AT_COMPATIBLE, header->features_compatible);
	ptf_store64(out + AT_READ_ONLY, header->features_read_only);
	ptf_store64(out + AT_INCOMPATIBLE, header->features_incompatible);
	memcpy(out + AT_TRACE_ID, header->trace_id, sizeof(header->trace_id));
	ptf_store64(out + AT_CHECKSUM, checksum(out));
}

bool ptf_header_is_at(struct ptf_view bytes)
{
	return bytes.size >= AT_MAJOR && ptf_load32(bytes.data) == PTF_HEADER_MAGIC &&
		memcmp(bytes.data + AT_TEXT, ptf_header_text, PTF_HEADER_TEXT_SIZE) == 0;
}

bool ptf_header_is_prefix(struct ptf_view bytes)
{
	static const uint8_t start[8] = {0x5a, 0x2a, 0x4d, 0x18, PTF_HEADER_BYTES - 8};
	size_t n = bytes.size < 8 ? bytes.size : 8;
	size_t m = bytes.size < AT_MAJOR ? bytes.size - n : PTF_HEADER_TEXT_SIZE;

	return bytes.size < PTF_HEADER_BYTES && memcmp(bytes.data, start, n) == 0 &&
		memcmp(bytes.data + n, ptf_header_text, m) == 0;
}

bool ptf_header_is_text_damaged(struct ptf_view bytes)
{
	/* NULs of the size may be gone, so the letters may stand earlier. */
	for (size_t i = 3; i + 5 < bytes.size && i <= AT_TEXT; i++) {
		if ((bytes.data[i] & 0x7f) == 0x09 && bytes.data[i + 1] == 'P' &&
			bytes.data[i + 2] == 'T' && bytes.data[i + 3] == 'F')
			return !ptf_header_is_at(bytes);
	}
	return false;
}

int ptf_header_decode(struct ptf_view bytes, struct ptf_header *header,
	struct ptf_error *err)
{
	const uint8_t *p = bytes.data;

	if (bytes.size < PTF_HEADER_BYTES)
		return ptf_fail(err, PTF_ERR_TRUNCATED, "section header is cut short");
	if (!ptf_header_is_at(bytes) || ptf_load32(p + AT_SIZE) < PTF_HEADER_BYTES - 8 ||
		ptf_load64(p + AT_CHECKSUM) != checksum(p))
		return ptf_fail(err, PTF_ERR_CORRUPT, "section header is damaged");
	header->format_major = ptf_load16(p + AT_MAJOR);
	header->format_minor = ptf_load16(p + AT_MINOR);
	header->features_compatible = ptf_load64(p + AT_COMPATIBLE);
	header->features_read_only = ptf_load64(p + AT_READ_ONLY);
	header->features_incompatible = ptf_load64(p + AT_INCOMPATIBLE);
	memcpy(header->trace_id, p + AT_TRACE_ID, sizeof(header->trace_id));
	return 0;
}

int ptf_header_check(const struct ptf_header *header, struct ptf_error *err)
{
	uint64_t unknown = header->features_incompatible & ~KNOWN_INCOMPATIBLE;

	if (header->format_major != PTF_FORMAT_MAJOR)
		return ptf_fail(err, PTF_ERR_VERSION,
			"format version %" PRIu32 ".%" PRIu32
			"; this library reads version %d",
			header->format_major, header->format_minor, PTF_FORMAT_MAJOR);
	if (unknown)
		return ptf_fail(err, PTF_ERR_FEATURE,
			"needs feature bits 0x%" PRIx64
			" that this version does not know",
			unknown);
	return 0;
}
