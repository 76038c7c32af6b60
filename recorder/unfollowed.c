/* From the table of the agents to processes; see unfollowed.h. */
#include "recorder/unfollowed.h"

#include "recorder/recording.h"

const char *unfollowed_words(enum prec_unfollowed_reason reason)
{
	switch (reason) {
	case PREC_FOLLOWED:
		return NULL;
	case PREC_IS_STATIC:
		return "is statically linked";
	case PREC_IS_FOREIGN:
		return "is made for another libc or processor";
	case PREC_IS_PRIVILEGED:
		return "is set-uid or has privileges of its own";
	case PREC_HAS_ASAN:
		return "has an AddressSanitizer that must be loaded first";
	case PREC_HAS_TSAN:
		return "has a ThreadSanitizer in it";
	case PREC_IS_CLOSED:
		return "cannot reach the recorder (chroot, another user)";
	case PREC_NO_ROOM:
		return "found no room: too many threads run at a time";
	}
	return "is not followed";
}

void unfollowed_see(struct recording *r)
{
	for (size_t i = 0; i < PREC_UNFOLLOWED_COUNT; i++) {
		struct prec_unfollowed *u = &r->shm->unfollowed[i];
		if (atomic_load_explicit(&u->state, memory_order_acquire) !=
			PREC_SLOT_ENDED)
			continue;
		u->path[PREC_PATH_MAX - 1] = '\0';
		bool is_new = !u->process;
		if (is_new)
			process_take_unfollowed(r, u);
		atomic_store_explicit(&u->state,
			is_new ? PREC_SLOT_FREE : PREC_SLOT_ACTIVE, memory_order_release);
	}
}

void unfollowed_take(struct recording *r)
{
	for (size_t i = 0; i < PREC_UNFOLLOWED_COUNT; i++) {
		struct prec_unfollowed *u = &r->shm->unfollowed[i];
		if (atomic_load_explicit(&u->state, memory_order_acquire) !=
			PREC_SLOT_ACTIVE)
			continue;
		process_take_unfollowed(r, u);
		atomic_store_explicit(&u->state, PREC_SLOT_FREE, memory_order_release);
	}
}
