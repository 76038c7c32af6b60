#include "tools/emit/perfetto_packets.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/memory.h"

/*
 * Larger groups are hardly smaller in all; a reader holds the whole of one.
 */
#define GROUP_SIZE_BYTES ((size_t)256 << 10)

/* Of zlib: twice the speed of the default for a tenth more bytes. */
#define DEFLATE_LEVEL 3

#define SEQUENCE_ID 1

/* Field 1 of Trace, a message. */
#define TRACE_PACKET_TAG 0x0a
#define VARINT_SIZE_MAX  10

static size_t put_varint(uint8_t *at, uint64_t value)
{
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		at[size++] = (uint8_t)(value | 0x80);
	at[size++] = (uint8_t)value;
	return size;
}

/* Memory that cannot be had ends the program, as everywhere in the tools. */
static voidpf allocate(voidpf context, uInt count, uInt size)
{
	(void)context;
	return memory_zeroed(count, size);
}

static void release(voidpf context, voidpf memory)
{
	(void)context;
	free(memory);
}

void pf_packets_open(struct pf_packets *packets, FILE *out)
{
	*packets = (struct pf_packets){.out = out,
		.deflater = {.zalloc = allocate, .zfree = release}};
	deflateInit(&packets->deflater, DEFLATE_LEVEL);
}

static void write_packet(struct pf_packets *packets, const pf_packet *packet)
{
	size_t size = protobuf_c_message_get_packed_size(&packet->base);
	uint8_t head[1 + VARINT_SIZE_MAX] = {TRACE_PACKET_TAG};
	uint8_t *bytes = memory_zeroed(size, 1);

	protobuf_c_message_pack(&packet->base, bytes);
	fwrite(head, 1, 1 + put_varint(head + 1, size), packets->out);
	fwrite(bytes, 1, size, packets->out);
	free(bytes);
}

static void write_group(struct pf_packets *packets)
{
	z_stream *z = &packets->deflater;
	size_t bound = deflateBound(z, packets->size);
	pf_packet packet = PF_PACKET_INIT;

	if (packets->size == 0)
		return;
	if (packets->compressed_capacity < bound) {
		packets->compressed = memory_resized(packets->compressed, bound, 1);
		packets->compressed_capacity = bound;
	}
	z->next_in = packets->group;
	z->avail_in = (uInt)packets->size;
	z->next_out = packets->compressed;
	z->avail_out = (uInt)bound;
	deflate(z, Z_FINISH); /* cannot fail: there is room for all */
	PF_SET(&packet, COMPRESSED_PACKETS, compressed_packets,
		((ProtobufCBinaryData){bound - z->avail_out, packets->compressed}));
	write_packet(packets, &packet);
	deflateReset(z);
	packets->size = 0;
}

void pf_put(struct pf_packets *packets, pf_packet *packet)
{
	size_t size;

	PF_NUMBER(packet, trusted_packet_sequence_id, SEQUENCE_ID);
	if (!packet->has_sequence_flags)
		PF_NUMBER(packet, sequence_flags, PF_NEEDS_STATE);
	size = protobuf_c_message_get_packed_size(&packet->base);
	if (packets->size + size + 1 + VARINT_SIZE_MAX > packets->capacity) {
		packets->capacity = packets->size + size + GROUP_SIZE_BYTES;
		packets->group = memory_resized(packets->group, packets->capacity, 1);
	}
	packets->group[packets->size++] = TRACE_PACKET_TAG;
	packets->size += put_varint(packets->group + packets->size, size);
	packets->size +=
		protobuf_c_message_pack(&packet->base, packets->group + packets->size);
	if (packets->size >= GROUP_SIZE_BYTES)
		write_group(packets);
}

void pf_packets_close(struct pf_packets *packets)
{
	write_group(packets);
	deflateEnd(&packets->deflater);
	free(packets->group);
	free(packets->compressed);
}
