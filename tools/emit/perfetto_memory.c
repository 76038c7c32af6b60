/*
 * Memory as heap profiles, which Perfetto shows as flame graphs of each process: one
 * for each allocator with what was allocated and what of it is left at the end, one
 * of what was held at the peak, and one of what was copied.
 *
 * All are of the end of the recording: sums, not a course of time, which the counter
 * "footprint" has. Of how many blocks they are made nothing is known: blocks are
 * sampled by their bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/core/class_names.h"
#include "tools/core/heap.h"
#include "tools/core/wrapping.h"
#include "tools/emit/perfetto_parts.h"

/* A packet holds no more. */
#define SAMPLES_OF_A_PACKET 1000

enum heap_kind {
	HEAP_OF_PYTHON,
	HEAP_OF_NATIVE,
	HEAP_AT_PEAK,
	HEAP_COPIED,
	HEAP_KIND_COUNT,
};

struct dump {
	struct perfetto *pf;
	struct heap heap;
	uint64_t index; /* of the next packet */
	size_t count;   /* of its samples */
	PF(ProfilePacket__HeapSample) sample[SAMPLES_OF_A_PACKET];
	PF(ProfilePacket__HeapSample) * samples[SAMPLES_OF_A_PACKET];
};

static char *heap_name(enum heap_kind kind)
{
	static char peak[] = "held at the peak", copied[] = "copied";

	switch (kind) {
	case HEAP_OF_PYTHON:
		return (char *)(uintptr_t)class_label(PTF_CLASS_PYTHON);
	case HEAP_OF_NATIVE:
		return (char *)(uintptr_t)class_label(PTF_CLASS_NATIVE);
	case HEAP_AT_PEAK:
		return peak;
	default:
		return copied;
	}
}

struct bytes {
	int64_t allocated, freed;
};

/* What of a cell is in such a profile. */
static struct bytes bytes_of(const struct dump *d, const struct heap_cell *cell,
	enum heap_kind kind)
{
	const struct heap_use *use = &cell->use;
	bool is_python =
		profile_get_class(d->pf->p, cell->class_id).kind == PTF_CLASS_PYTHON;
	int64_t allocated = heap_allocated(use);

	switch (kind) {
	case HEAP_AT_PEAK:
		return (struct bytes){use->peak_bytes, 0};
	case HEAP_COPIED:
		return (struct bytes){use->copied_bytes, use->copied_bytes};
	default:
		if (is_python != (kind == HEAP_OF_PYTHON))
			return (struct bytes){0};
		return (struct bytes){allocated,
			subtract_wrapping(allocated, use->live_bytes)};
	}
}

/* The packets of a profile are one series, the last of which ends it. */
static void put_packet(struct dump *d, uint32_t process, enum heap_kind kind,
	bool is_last)
{
	struct perfetto *pf = d->pf;
	PF(ProfilePacket__ProcessHeapSamples)
	of = PF_C(PROFILE_PACKET__PROCESS_HEAP_SAMPLES__INIT);
	PF(ProfilePacket__ProcessHeapSamples) *list = &of;
	PF(ProfilePacket) profile = PF_C(PROFILE_PACKET__INIT);
	pf_packet packet = PF_PACKET_INIT;
	int64_t monotonic_ns = add_wrapping(d->heap.end_ns, pf->monotonic_ns);

	PF_NUMBER(&of, pid, pf_process_pid(pf, process));
	PF_NUMBER(&of, timestamp, (uint64_t)monotonic_ns);
	of.heap_name = heap_name(kind);
	of.n_samples = d->count;
	of.samples = d->samples;
	profile.n_process_dumps = 1;
	profile.process_dumps = &list;
	PF_NUMBER(&profile, continued, !is_last);
	PF_NUMBER(&profile, index, d->index++);
	PF_NUMBER(&packet, timestamp, pf_time(pf, d->heap.end_ns));
	PF_SET(&packet, PROFILE_PACKET, profile_packet, &profile);
	pf_put(&pf->packets, &packet);
	d->count = 0;
}

static void add_sample(struct dump *d, uint32_t process, enum heap_kind kind,
	uint32_t node, struct bytes bytes)
{
	uint64_t callstack = bytes.allocated > 0 ? pf_callstack(d->pf, node) : 0;
	PF(ProfilePacket__HeapSample) * sample;

	/* Readers take a sample without a stack for an error. */
	if (!callstack)
		return;
	if (d->count == SAMPLES_OF_A_PACKET)
		put_packet(d, process, kind, false);
	sample = &d->sample[d->count];
	*sample = (PF(ProfilePacket__HeapSample))PF_C(PROFILE_PACKET__HEAP_SAMPLE__INIT);
	PF_NUMBER(sample, callstack_id, callstack);
	PF_NUMBER(sample, self_allocated, (uint64_t)bytes.allocated);
	PF_NUMBER(sample, self_freed, bytes.freed > 0 ? (uint64_t)bytes.freed : 0);
	d->samples[d->count++] = sample;
}

/* Of the cells of a process, those of a stack one after the other: it is told once. */
static void put_heap(struct dump *d, const struct heap_cell *cell, size_t cell_count,
	enum heap_kind kind)
{
	struct bytes bytes = {0};

	for (size_t i = 0; i < cell_count; i++) {
		struct bytes more = bytes_of(d, &cell[i], kind);

		bytes.allocated = add_wrapping(bytes.allocated, more.allocated);
		bytes.freed = add_wrapping(bytes.freed, more.freed);
		if (i + 1 < cell_count && cell[i + 1].node == cell[i].node)
			continue;
		add_sample(d, cell->process, kind, cell[i].node, bytes);
		bytes = (struct bytes){0};
	}
	if (d->count)
		put_packet(d, cell->process, kind, true);
}

static int by_process(const void *left, const void *right)
{
	const struct heap_cell *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return a->class_id < b->class_id ? -1 : a->class_id > b->class_id;
}

static void put_processes(struct dump *d)
{
	const struct heap_cell *cell = d->heap.cells.item;
	size_t count;

	for (size_t at = 0; at < d->heap.cells.count; at += count) {
		for (count = 1; at + count < d->heap.cells.count; count++)
			if (cell[at + count].process != cell[at].process)
				break;
		pf_process_uuid(d->pf, cell[at].process);
		for (int kind = 0; kind < HEAP_KIND_COUNT; kind++)
			put_heap(d, cell + at, count, (enum heap_kind)kind);
	}
}

int pf_put_memory(struct perfetto *pf, struct ptf_error *err)
{
	static const struct heap_options no_more = {0};
	struct dump *d;
	int rc;

	if (!profile_has_memory(pf->p))
		return 0;
	d = memory_zeroed(1, sizeof(*d));
	d->pf = pf;
	rc = heap_make(&d->heap, pf->p, &no_more, err);
	if (rc >= 0) {
		if (d->heap.cells.count)
			qsort(d->heap.cells.item, d->heap.cells.count,
				sizeof(*d->heap.cells.item), by_process);
		put_processes(d);
		heap_free(&d->heap);
	}
	free(d);
	return rc;
}
