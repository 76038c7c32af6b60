/*
 * Packets of a Perfetto trace (schemas/perfetto.proto): gathered, compressed,
 * written. All are of one sequence, so that what one has told (names, stacks,
 * defaults) all later ones can refer to.
 *
 *     pf_packet packet = PF_PACKET_INIT;
 *     PF_SET(&packet, TRACK_EVENT, track_event, &event);
 *     pf_put(&packets, &packet);
 */
#ifndef TOOLS_EMIT_PERFETTO_PACKETS_H
#define TOOLS_EMIT_PERFETTO_PACKETS_H

#include <stdint.h>
#include <stdio.h>

#include <zlib.h>

#include "perfetto.pb-c.h"

/* A message, and what belongs to it: its INIT, and values of its enums. */
#define PF(name)   Perfetto__Protos__##name
#define PF_C(NAME) PERFETTO__PROTOS__##NAME

typedef PF(TracePacket) pf_packet;

#define PF_PACKET_INIT PF_C(TRACE_PACKET__INIT)
#define PF_SET(packet, CASE, member, value)                                              \
	((packet)->data_case = PF_C(TRACE_PACKET__DATA_##CASE),                          \
		(packet)->member = (value))
/* An optional field that is a number. */
#define PF_NUMBER(message, member, value)                                                \
	((message)->has_##member = 1, (message)->member = (value))

/* sequence_flags */
#define PF_STATE_CLEARED 1u
#define PF_NEEDS_STATE   2u

struct pf_packets {
	FILE *out;
	uint8_t *group; /* packets that are not written yet */
	size_t size, capacity;
	uint8_t *compressed;
	size_t compressed_capacity;
	z_stream deflater;
};

void pf_packets_open(struct pf_packets *packets, FILE *out);
/* Says what sequence it is of, and that it needs the state before it. */
void pf_put(struct pf_packets *packets, pf_packet *packet);
/* Writes what is left. */
void pf_packets_close(struct pf_packets *packets);

#endif
