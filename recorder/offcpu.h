/*
 * Time off the processor: what a thread waits for, and where.
 *
 * prec polls /proc/PID/task/TID/schedstat. Of an interval, wait time is what
 * is neither CPU time nor delay on the run queue. It is given to the stacks
 * that the thread is seen blocked in at the ends of the interval, half to each;
 * when it is seen running at both ends, it is kept for the next time it is seen
 * blocked, at most until the section ends. Delay on the run queue is given, by quanta, to
 * the stack that was on CPU last when a quantum is full. A thread is blocked when its run
 * time is the same before and after its stack was read; when it has not run since the
 * last poll, its stack is the last one.
 */
#ifndef PREC_OFFCPU_H
#define PREC_OFFCPU_H

#include <stdbool.h>
#include <stdint.h>

struct recording;
struct recorded_thread;

struct offcpu {
	int schedstat_fd, syscall_fd;         /* 0 = not open yet, -1 = not kept open */
	uint64_t polled_ns, run_ns, queue_ns; /* at the last poll */
	uint64_t credited_ns;                 /* to its samples, at the last poll */
	int64_t wait_ns;         /* not given to a row yet; may be short of 0 while
				    the kernel's run time lags behind */
	int64_t runnable_ns;     /* delay on the run queue, not given to a row yet */
	bool is_blocked;         /* at the last poll, in node */
	uint32_t node, class_id; /* last seen blocked here; class 0 = never */
	uintptr_t thread_state;  /* PyThreadState, 0 = not found yet */
};

/* Polls all threads of the recording that are in a slot. */
void offcpu_poll(struct recording *r);

/* Gives waits that are due to rows, at time_ns of CLOCK_MONOTONIC. Before a flush. */
void offcpu_settle(struct recording *r, struct recorded_thread *thread, uint64_t time_ns);

/* The thread ended at time_ns with cpu_ns; its last interval is settled. */
void offcpu_end(struct recording *r, struct recorded_thread *thread, uint64_t time_ns,
	uint64_t cpu_ns);

/*
 * At the seam of two sections: what is due is given to rows of the one; in the
 * other the thread is looked at anew.
 */
void offcpu_leave_section(struct recording *r, struct recorded_thread *thread);
void offcpu_enter_section(struct recorded_thread *thread);

/* The process runs another program: what was known of its memory is void. */
void offcpu_forget_image(struct recorded_thread *thread);

#endif
