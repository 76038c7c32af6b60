/* What was not recorded: counted, and told in each section. */
#ifndef PREC_LOSSES_H
#define PREC_LOSSES_H

#include <stdint.h>

struct recording;
struct prec_slot;

/* Kinds of FORMAT.md, "Losses", in the order in which they are written. */
enum loss_kind {
	LOSS_SWITCHED_OFF,
	LOSS_RING_FULL,
	LOSS_MARK,
	LOSS_TORN,
	LOSS_THROTTLED,
	LOSS_UNREAD_CODE,
	LOSS_STACK_ELIDED,
	LOSS_AWAIT_UNREAD,
	LOSS_UNKNOWN_PC,
	LOSS_NO_SLOT,
	LOSS_RAW_THREAD,
	LOSS_SOURCE_REFUSED,
	LOSS_CHILD_NOT_FOLLOWED,
	LOSS_SECCOMP,
	LOSS_MEMORY_RING_FULL,
	LOSS_FREED_RING_FULL,
	LOSS_MEMORY_UNTRACKED,
	LOSS_OWN_ALLOCATOR,
	LOSS_DEBUGGER,
	LOSS_KIND_COUNT
};

struct loss {
	uint64_t count, weight_ns;
};

struct losses {
	/* Of slots that are free again, and what prec counts itself. */
	uint64_t ring_full, mark, torn, throttled, unread_code, stack_elided, unknown_pc;
	uint64_t memory_ring_full, freed_ring_full;
	uint64_t await_unread, await_unread_ns; /* looks at tasks; time of them */
	uint64_t switched_off, switched_off_ns; /* ticks; CPU time of them */
	struct loss told[LOSS_KIND_COUNT];      /* in sections so far */
};

/* Adds up what the thread of a slot could not record. */
void losses_take_slot(struct losses *losses, const struct prec_slot *slot);

/* Writes what came since the last time. */
void losses_write(struct recording *r);

#endif
