/*
 * The shared memory between prec and the agents in its targets.
 *
 * One anonymous memory file, made by prec and mapped by every agent, holds a
 * header and a fixed number of slots. A slot is claimed by one thread for its
 * life and is a single-producer, single-consumer ring of records: the thread
 * writes (also from its signal handler), prec reads. A record is visible only
 * after the head is stored, so a thread that dies at any instruction loses at
 * most the record it was writing.
 *
 * Everything is a multiple of 8 bytes and rings are powers of two, so a
 * 64-bit word never straddles the end. The file is sparse: a slot costs memory
 * only once a thread has used it, and address space of the program only by the
 * chunk, since programs run under limits of it.
 *
 * The agent uses only atomics and plain stores here: no locks, no allocation.
 */
#ifndef PREC_RING_H
#define PREC_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PREC_SHM_MAGIC UINT64_C(0x32306d6873637270) /* "prcshm02" */

/*
 * Environment of a program that starts: "PATH PID NUMBER FLAGS", see
 * agent/handover.h. The agent takes it out before main() can see it.
 */
#define PREC_SHM_VARIABLE "PREC_SHM"

#define PREC_SLOT_COUNT  1024u /* at most; under limits of the system fewer */
#define PREC_CHUNK_SLOTS 16u   /* an agent maps the rings of so many slots at once */
#define PREC_RING_BYTES  (UINT64_C(1) << 18)
#define PREC_RING_WORDS  (PREC_RING_BYTES / 8)

/* Frames kept of one sample: what is deeper is elided in the middle. */
#define PREC_LEAF_FRAMES 384u
#define PREC_ROOT_FRAMES 128u

/* Bytes kept of a code object's line table and of each of its names. */
#define PREC_LINETABLE_MAX   32768u
#define PREC_NAME_MAX        2048u
#define PREC_THREAD_NAME_MAX 64u
#define PREC_MARK_NAME_MAX   255u

enum prec_source {
	PREC_SOURCE_PERF = 1,  /* perf task-clock with sigtrap */
	PREC_SOURCE_TIMER = 2, /* POSIX timer on the thread's CPU clock */
};

enum prec_slot_state {
	PREC_SLOT_FREE = 0,
	PREC_SLOT_CLAIMED = 1, /* being set up: prec looks away */
	PREC_SLOT_ACTIVE = 2,
	PREC_SLOT_ENDED = 3, /* nothing more will be written; prec frees it */
};

enum prec_record_type {
	PREC_RECORD_IMAGE = 1,
	PREC_RECORD_MODULE = 2,
	PREC_RECORD_CODE = 3,
	PREC_RECORD_SAMPLE = 4,
	PREC_RECORD_THREAD_END = 5,
	PREC_RECORD_MARK = 6,
	PREC_RECORD_PROCESS_END = 7,
	PREC_RECORD_THREAD_NAME = 8,
	PREC_RECORD_CHILD_END = 9,
	PREC_RECORD_BLOCK = 10,
	PREC_RECORD_BLOCK_FREED = 11,
};

/* First word of every record. */
struct prec_record {
	uint32_t size_words; /* with this word */
	uint16_t type;       /* enum prec_record_type */
	uint16_t flags;      /* of a sample: enum prec_sample_flags */
};

/*
 * A program image (after start, exec or fork) is ready to be sampled. The path
 * of its program and its arguments follow, each with a NUL behind it; nothing
 * after fork, where both are the parent's.
 */
struct prec_image {
	struct prec_record record;
	uint64_t time_ns; /* CLOCK_MONOTONIC, here and below */
	uint64_t thread_cpu_ns;
	uint64_t python_runtime;    /* address of _PyRuntime, 0 = not Python */
	uint64_t python_code_type;  /* address of PyCode_Type */
	uint32_t python_version;    /* PY_VERSION_HEX, 0 = not Python or not known */
	uint32_t generation;        /* of the image in this session */
	uint32_t is_readable;       /* its frames can be read */
	uint32_t parent_generation; /* forked from this image; 0 = exec'ed */
	uint32_t parent;            /* number of the process that made this one */
	uint32_t text_bytes;        /* of the words that follow */
};

/* Bytes kept of a program's path and arguments. */
#define PREC_COMMAND_MAX 16384u

/* An executable mapping of the target. The path follows, padded with NULs. */
struct prec_module {
	struct prec_record record;
	uint64_t start, end; /* addresses */
	uint64_t file_offset;
	uint32_t path_bytes;
	uint32_t reserved;
};

/*
 * What names and lines of a code object need, copied when it was first seen.
 * Three texts follow, each padded to 8 bytes: file name, qualified name (or
 * name, before 3.11) and line table.
 */
struct prec_code {
	struct prec_record record;
	uint64_t key;
	uint32_t first_line;
	uint32_t python_version;
	uint32_t file_bytes, name_bytes, linetable_bytes;
	uint32_t full_linetable_bytes; /* of a larger one only a part is here */
	uint64_t linetable_address;    /* in the target */
	uint8_t file_kind, name_kind;  /* bytes per character; 0 = ASCII */
	uint8_t reserved[6];
};

enum prec_sample_flags {
	PREC_SAMPLE_TORN = 1,          /* the walk met something it could not trust */
	PREC_SAMPLE_AFTER_SYSCALL = 2, /* stopped right behind a syscall */
	PREC_SAMPLE_HAS_OPCODE = 4,
	PREC_SAMPLE_NO_PYTHON = 8,   /* the thread has no Python state */
	PREC_SAMPLE_OFF = 16,        /* recording is off: only the CPU time counts */
	PREC_SAMPLE_AFTER_LOSS = 32, /* those before it found no room */
};

/*
 * frame_count frames follow, innermost first. When frames were elided there
 * are PREC_LEAF_FRAMES of them and then PREC_ROOT_FRAMES, the outermost ones,
 * as a ring that begins at root_rotation.
 */
struct prec_sample {
	struct prec_record record;
	uint64_t time_ns;
	uint64_t thread_cpu_ns;
	uint64_t pc;
	uint32_t frame_count; /* entries that follow */
	uint8_t opcode;       /* current one of the innermost frame */
	uint8_t reserved[3];
	uint32_t elided_frame_count; /* left out behind the leaf frames */
	uint32_t root_rotation;      /* which of the root frames is the innermost */
};

/* One or more equal frames on top of each other (direct recursion). */
struct prec_frame {
	uint64_t key;        /* of the code object; 0 = unreadable */
	int32_t instruction; /* byte offset in the bytecode, negative = before it */
	uint32_t repeat_count;
};

/* What bytes a block record is about. */
enum prec_block_use {
	PREC_BLOCK_PYTHON = 1, /* allocated by an allocator of Python's */
	PREC_BLOCK_NATIVE = 2, /* allocated by the malloc family */
	PREC_BLOCK_COPIED = 3, /* not a block at all: memcpy and the like */
};

/*
 * Bytes that were allocated, or copied, and met a point of the sampling (one in
 * memory_interval_bytes or copy_interval_bytes, at random). Frames follow as behind
 * a sample.
 */
struct prec_block {
	struct prec_record record;
	uint64_t time_ns;
	uint64_t size_bytes; /* asked for by the program */
	uint64_t id;         /* of an allocated one, in this image; never 0 */
	uint64_t pc;         /* who called the allocator */
	uint32_t use;        /* enum prec_block_use */
	uint32_t reserved;
	uint32_t frame_count;
	uint32_t elided_frame_count;
	uint32_t root_rotation;
	uint32_t reserved_too;
};

/* A block that has such a record is free; any thread may say so. */
struct prec_block_freed {
	struct prec_record record;
	uint64_t time_ns;
	uint64_t id;
};

struct prec_thread_end {
	struct prec_record record;
	uint64_t time_ns;
	uint64_t thread_cpu_ns;
};

/* The name follows, padded to 8 bytes. */
struct prec_mark {
	struct prec_record record;
	uint64_t time_ns;
	uint32_t kind; /* enum ptf_mark_kind, as the program gave it */
	uint32_t name_bytes;
};

/* A thread names itself. */
struct prec_thread_name {
	struct prec_record record;
	uint64_t time_ns;
	char name[16]; /* with its NUL */
};

/* A process ends by itself; what it has used until here. */
struct prec_process_end {
	struct prec_record record;
	uint64_t time_ns;
	uint64_t cpu_ns, user_ns, system_ns;
	uint64_t minor_fault_count, major_fault_count;
	uint64_t maximum_rss_bytes;
	int32_t exit_status; /* 0 to 255 */
	uint32_t reserved;
};

/* A parent has waited for its child. */
struct prec_child_end {
	struct prec_record record;
	uint32_t pid;
	int32_t exit_status;                   /* 0 to 255, or 128 + signal */
	uint64_t tree_user_ns, tree_system_ns; /* with those that it waited for */
};

struct prec_slot {
	_Alignas(64) _Atomic uint32_t state; /* enum prec_slot_state */
	_Atomic int32_t event_fd;        /* of the perf event in the target, -1 = none */
	_Atomic uint32_t event_is_taken; /* prec has a copy: the target's can go */
	_Atomic uint32_t is_paused;      /* no new source in this process: a debugger */
	_Atomic uint32_t unload_count;   /* libraries closed in this process */
	_Atomic uint32_t pid;            /* 0 = not known yet */
	uint32_t tid;
	uint32_t process;         /* its number */
	uint32_t generation;      /* of the image it belongs to */
	uint32_t begins_image;    /* its first record is the image */
	uint32_t has_python_name; /* else name is the kernel's */
	char name[PREC_THREAD_NAME_MAX];
	uint64_t event_id; /* of the perf event */
	uint64_t pthread;  /* pthread_self() of the thread */
	uint64_t start_time_ns, start_cpu_ns;
	_Alignas(64) _Atomic uint64_t head; /* words ever written */
	_Atomic uint64_t lost_full_count;   /* samples that found no room */
	_Atomic uint64_t lost_torn_count;   /* samples with a torn walk */
	_Atomic uint64_t throttled_count;   /* ticks left out, see agent/signals.c */
	_Atomic uint64_t lost_mark_count;   /* marks that found no room */
	_Atomic uint64_t lost_block_count;  /* blocks or copies that found no room */
	_Alignas(64) _Atomic uint64_t tail; /* words ever read */
};

/* Why a process is not recorded: words in recorder/unfollowed.c. */
enum prec_unfollowed_reason {
	PREC_FOLLOWED = 0,
	PREC_IS_STATIC,
	PREC_IS_FOREIGN, /* for another libc or architecture */
	PREC_IS_PRIVILEGED,
	PREC_HAS_ASAN,
	PREC_HAS_TSAN,
	PREC_IS_CLOSED, /* the recorder cannot be reached: chroot, another user */
	PREC_NO_ROOM,   /* no slot */
};

#define PREC_UNFOLLOWED_COUNT 256u
#define PREC_PATH_MAX         224u

/* A process that was started, or replaced its program, and cannot be recorded. */
struct prec_unfollowed {
	_Atomic uint32_t state; /* enum prec_slot_state; active = prec has seen it */
	uint32_t reason;        /* enum prec_unfollowed_reason */
	uint32_t pid;
	uint32_t process; /* its number when it had been recorded, 0 = it had not */
	uint32_t parent;  /* number */
	uint32_t reserved;
	uint64_t time_ns;
	char path[PREC_PATH_MAX]; /* of the program, cut off */
};

/* The program that prec starts. */
#define PREC_FIRST_PROCESS 1u

struct prec_shm {
	uint64_t magic;
	uint64_t pid_namespace; /* of prec: inode; 0 = not known */
	uint32_t prec_pid;
	_Atomic uint32_t target_pid; /* of the first process */
	uint32_t source;             /* enum prec_source */
	uint32_t follows_children;
	uint64_t period_ns;
	uint64_t memory_interval_bytes;    /* mean distance of samples; 0 = off */
	uint64_t copy_interval_bytes;      /* the same */
	uint32_t ticks_per_sample;         /* of the timer source */
	uint32_t slot_count;               /* a multiple of PREC_CHUNK_SLOTS */
	_Atomic uint32_t used_slot_count;  /* none of those behind was ever taken */
	_Atomic uint64_t heartbeat_ns;     /* prec's last drain */
	_Atomic uint32_t stop;             /* agents must not sample any more */
	_Atomic uint32_t is_off;           /* recording is switched off for now */
	_Atomic uint32_t process_count;    /* processes so far: the last one's number */
	_Atomic uint32_t generation;       /* images so far */
	_Atomic uint64_t raw_thread_count; /* threads made past pthread_create */
	_Atomic uint64_t no_slot_count;    /* threads that found no slot */
	_Atomic uint64_t unarmed_count;    /* threads whose source failed */
	_Atomic int32_t unarmed_errno;
	_Atomic uint64_t unfollowed_child_count; /* with those in unfollowed */
	_Atomic uint64_t sealed_count;           /* programs that entered seccomp */
	_Atomic uint64_t
		memory_untracked_count;    /* blocks not sampled, too many are held */
	_Atomic uint64_t lost_freed_count; /* ends of blocks that no thread could tell */
	_Atomic uint64_t
		own_allocator_count; /* programs whose malloc comes before ours */
	struct prec_unfollowed unfollowed[PREC_UNFOLLOWED_COUNT];
	struct prec_slot slot[PREC_SLOT_COUNT];
};

_Static_assert(sizeof(struct prec_record) == 8, "records are words");
_Static_assert(sizeof(struct prec_image) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_module) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_code) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_mark) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_thread_name) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_process_end) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_child_end) % 8 == 0, "records are words");
_Static_assert(sizeof(struct prec_sample) == 48, "records are words");
_Static_assert(sizeof(struct prec_frame) == 16, "records are words");
_Static_assert(sizeof(struct prec_block) == 64, "records are words");
_Static_assert(sizeof(struct prec_block_freed) == 24, "records are words");

#define PREC_PAGE 4096u
#define PREC_HEADER_BYTES                                                                \
	((sizeof(struct prec_shm) + PREC_PAGE - 1) / PREC_PAGE * PREC_PAGE)
#define PREC_SHM_BYTES(slot_count) (PREC_HEADER_BYTES + (slot_count)*PREC_RING_BYTES)

static inline uint64_t *prec_ring_words(struct prec_shm *shm, uint32_t slot_index)
{
	return (uint64_t *)(void *)((char *)shm + PREC_HEADER_BYTES +
		slot_index * PREC_RING_BYTES);
}

static inline uint32_t prec_words(size_t bytes)
{
	return (uint32_t)((bytes + 7) / 8);
}

/* --------------------------------------------------- the producer's side */

/* A record being written; nothing of it is visible before prec_ring_commit. */
struct prec_cursor {
	struct prec_slot *slot;
	uint64_t *words;
	uint64_t start; /* head where the record begins */
	uint64_t next;  /* head where the next word goes */
	uint64_t limit; /* head that must not be passed */
};

static inline struct prec_cursor prec_ring_begin(struct prec_slot *slot, uint64_t *words)
{
	uint64_t head = atomic_load_explicit(&slot->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&slot->tail, memory_order_acquire);
	struct prec_cursor cursor = {slot, words, head, head, tail + PREC_RING_WORDS};
	return cursor;
}

static inline bool prec_ring_has_room(const struct prec_cursor *cursor, size_t words)
{
	return cursor->next + words <= cursor->limit;
}

static inline void prec_ring_put(struct prec_cursor *cursor, uint64_t word)
{
	cursor->words[cursor->next++ & (PREC_RING_WORDS - 1)] = word;
}

/* Copies bytes, a multiple of 8, into the record at place (words from start). */
static inline void prec_ring_store(struct prec_cursor *cursor, uint64_t place,
	const void *bytes, size_t size)
{
	for (size_t i = 0; i < size / 8; i++) {
		uint64_t word;
		memcpy(&word, (const char *)bytes + i * 8, 8);
		cursor->words[(cursor->start + place + i) & (PREC_RING_WORDS - 1)] = word;
	}
}

/* A text of any size, padded with NULs. */
static inline void prec_ring_put_bytes(struct prec_cursor *cursor, const char *bytes,
	size_t size)
{
	for (size_t done = 0; done < size; done += 8) {
		uint64_t word = 0;
		memcpy(&word, bytes + done, size - done < 8 ? size - done : 8);
		prec_ring_put(cursor, word);
	}
}

static inline void prec_ring_commit(struct prec_cursor *cursor)
{
	atomic_store_explicit(&cursor->slot->head, cursor->next, memory_order_release);
}

/* --------------------------------------------------- the consumer's side */

/* Copies words of the ring out of it; from is a head. */
static inline void prec_ring_load(const uint64_t *words, uint64_t from, void *bytes,
	size_t word_count)
{
	for (size_t i = 0; i < word_count; i++)
		memcpy((char *)bytes + i * 8, &words[(from + i) & (PREC_RING_WORDS - 1)],
			8);
}

#endif
