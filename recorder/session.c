/* The loop around a recorded program; see session.h. */
#include "recorder/session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/descriptors.h"
#include "recorder/drain.h"
#include "recorder/inherited_signals.h"
#include "recorder/install.h"
#include "recorder/process_usage.h"
#include "recorder/recording.h"
#include "recorder/say.h"
#include "recorder/selftest.h"

/* A reader of the growing file is never further behind than a second. */
#define FLUSH_INTERVAL_NS 700000000u

/* Waiting is looked at this often, with jitter, so that no period of the
   program's own is always met at the same place. */
#define POLL_INTERVAL_NS 10000000u

/* Rings are drained at least when so many samples can have come. */
#define SAMPLES_PER_DRAIN 30u

/* Of memory no rate is known before: a ring is to be filled so far at a drain, but no
   drain is nearer to the one before than this. */
#define FILL_WANTED_WORDS     (PREC_RING_WORDS / 8)
#define DRAIN_INTERVAL_MIN_NS 500000u

/* A program copies more than it allocates, and no copy has to be found again. */
#define COPY_INTERVAL_FACTOR 8u

/*
 * Programs like round periods: a loop of 2 ms, sampled each millisecond, is met
 * at the same two places for ever. A little off, the places move on.
 */
#define OFF_ROUND (1 + 1.0 / 337)

/* No program runs more images one after the other between two drains. */
#define DRAIN_ROUNDS_MAX 4096

/* A child of one that has ended may not have come to say that it is there. */
#define LAST_CHILD_NS 250000000u

/* The kernel may be told to stop us only by these. */
static const int watched_signals[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1,
	SIGUSR2};

struct session {
	const struct session_options *options;
	struct recording recording;
	struct control control;
	pid_t pid; /* of the first process, our child */
	struct trace_output output;
	bool is_recorded;    /* there is a whole trace */
	bool is_interrupted; /* told not to wait for the rest */
	uint64_t empty_ns;   /* since when no process is there; 0 = there are some */
	int shm_fd, signal_fd;
	unsigned int jitter_seed;
};

/* ------------------------------------------------------------- before it */

/* Whether a setting of the kernel keeps ordinary users from perf events. */
static bool is_paranoid(void)
{
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int level = 0;

	if (!file)
		return false;
	if (fscanf(file, "%d", &level) != 1)
		level = 0;
	fclose(file);
	return level > 1 && geteuid() != 0;
}

static int choose_source(struct session *s, struct prec_shm *shm)
{
	struct timespec tick = {0};
	char why[128];

	shm->period_ns = (uint64_t)(1e9 / (s->options->rate_hz * OFF_ROUND));
	shm->source = s->options->source;
	if (shm->source != PREC_SOURCE_TIMER && !selftest_perf(why, sizeof why)) {
		if (shm->source == PREC_SOURCE_PERF) {
			complain("perf events cannot be used: %s", why);
			return -1;
		}
		shm->source = PREC_SOURCE_TIMER;
		note("perf events cannot be used (%s): sampling by CPU timers%s", why,
			is_paranoid()
				? " (sysctl kernel.perf_event_paranoid=1 allows more)"
				: "");
	}
	if (!shm->source)
		shm->source = PREC_SOURCE_PERF;
	if (shm->source == PREC_SOURCE_TIMER &&
		clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0) {
		/* These timers fire on the kernel's tick: a multiple of it, the
		   one that gives at least the rate asked where there is one. A
		   tick is a whole number of nanoseconds, its rate a round one. */
		uint32_t tick_hz = (uint32_t)(1e9 / (double)tick.tv_nsec + 0.5);
		uint32_t ticks = (uint32_t)(tick_hz / s->options->rate_hz);
		shm->ticks_per_sample = ticks ? ticks : 1;
		shm->period_ns = shm->ticks_per_sample * (uint64_t)tick.tv_nsec;
		if (s->options->rate_hz > tick_hz)
			note("CPU timers tick at %u Hz, not at %g Hz", tick_hz,
				s->options->rate_hz);
	}
	return 0;
}

static int make_shm(struct session *s)
{
	struct prec_shm *shm = MAP_FAILED;
	struct stat pid_namespace;
	uint32_t slot_count;

	s->shm_fd = memfd_create("prec", MFD_CLOEXEC);
	if (s->shm_fd < 0 || fchmod(s->shm_fd, 0600) != 0) {
		complain("cannot share memory with the program: %s", strerror(errno));
		return -1;
	}
	/* Limits of file size or address space hold for us too: then fewer of
	   the program's threads can be recorded at one time. */
	for (slot_count = PREC_SLOT_COUNT; slot_count >= PREC_CHUNK_SLOTS;
		slot_count /= 2) {
		size_t size = PREC_SHM_BYTES(slot_count);
		if (ftruncate(s->shm_fd, (off_t)size) == 0)
			shm = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				s->shm_fd, 0);
		if (shm != MAP_FAILED)
			break;
	}
	if (shm == MAP_FAILED) {
		complain("cannot share memory with the program: %s", strerror(errno));
		return -1;
	}
	shm->slot_count = slot_count;
	shm->magic = PREC_SHM_MAGIC;
	shm->prec_pid = (uint32_t)getpid();
	if (stat("/proc/self/ns/pid", &pid_namespace) == 0)
		shm->pid_namespace = pid_namespace.st_ino;
	shm->follows_children = s->options->follows_children;
	shm->memory_interval_bytes = s->options->memory_interval_bytes;
	shm->copy_interval_bytes = COPY_INTERVAL_FACTOR * shm->memory_interval_bytes;
	atomic_store(&shm->process_count, PREC_FIRST_PROCESS);
	atomic_store(&shm->heartbeat_ns, clock_now_ns());
	s->recording.shm = shm;
	return choose_source(s, shm);
}

/*
 * The terminal sends its signals to the whole job: the program gets them by
 * itself, and decides; prec waits for what it does.
 */
static int watch_signals(struct session *s)
{
	sigset_t watched;

	sigemptyset(&watched);
	for (size_t i = 0; i < sizeof watched_signals / sizeof *watched_signals; i++)
		sigaddset(&watched, watched_signals[i]);
	inherited_signals_replace(&watched);
	s->signal_fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	s->recording.wake_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event readable = {.events = EPOLLIN};
	if (s->signal_fd < 0 || s->recording.wake_fd < 0 ||
		epoll_ctl(s->recording.wake_fd, EPOLL_CTL_ADD, s->signal_fd, &readable) !=
			0) {
		complain("cannot wait for the program: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* -------------------------------------------------------------- while it runs */

static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return errno == ECHILD;
	return info.si_pid == pid;
}

/* With --wait-all there may be no program any more: then it is we who are meant. */
static void forward_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (has_ended(s->pid))
			s->is_interrupted = true;
		else if (info.ssi_code == SI_USER)
			kill(s->pid, (int)info.ssi_signo);
	}
}

/* Signals to pass on, or the end of a process: then the loop just goes round. */
static void wake_up(struct session *s)
{
	struct epoll_event event;

	epoll_wait(s->recording.wake_fd, &event, 1, 0);
	forward_signals(s);
}

/* With --wait-all the last of all processes is waited for. */
static bool is_over(struct session *s, bool has_failed)
{
	if (!has_ended(s->pid))
		return false;
	if (!s->options->waits_for_all || has_failed || s->is_interrupted)
		return true;
	if (s->recording.process_count > 0)
		s->empty_ns = 0;
	else if (!s->empty_ns)
		s->empty_ns = clock_now_ns();
	return s->empty_ns && clock_now_ns() - s->empty_ns > LAST_CHILD_NS;
}

/* passed_ns: between the last drain and the one before. */
static uint64_t next_interval_ns(struct session *s, uint64_t passed_ns)
{
	uint64_t interval_ns = s->recording.shm->period_ns * SAMPLES_PER_DRAIN;
	uint64_t full_words = s->recording.fullest_words;

	if (interval_ns > POLL_INTERVAL_NS)
		interval_ns = POLL_INTERVAL_NS;
	if (full_words * interval_ns > FILL_WANTED_WORDS * passed_ns)
		interval_ns = FILL_WANTED_WORDS * passed_ns / full_words;
	if (interval_ns < DRAIN_INTERVAL_MIN_NS)
		interval_ns = DRAIN_INTERVAL_MIN_NS;
	return interval_ns / 2 +
		(uint64_t)rand_r(&s->jitter_seed) * interval_ns / RAND_MAX;
}

/*
 * Until the program is over or the recording is to be. Returns whether a failure
 * to write has been told.
 */
static bool loop(struct session *s)
{
	struct recording *r = &s->recording;
	uint64_t flushed_ns = clock_now_ns(), polled_ns = 0;
	uint64_t drained_ns = flushed_ns, passed_ns = POLL_INTERVAL_NS;
	bool has_complained = false;

	while (!is_over(s, has_complained) && !s->control.is_finished) {
		uint64_t wait_ns = next_interval_ns(s, passed_ns);
		struct timespec timeout = {0, (long)wait_ns};
		struct pollfd fd = {r->wake_fd, POLLIN, 0};
		if (!recording_is_sound(r)) {
			if (!has_complained)
				complain("%s: %s: recording stopped, the program goes on",
					trace_output_path(&s->output), r->error.message);
			has_complained = true;
			/* Nobody would answer who asks, nor take the question. */
			control_end(&s->control);
		}
		bool is_woken = ppoll(&fd, 1, has_complained ? NULL : &timeout, NULL) > 0;
		if (is_woken)
			wake_up(s);
		if (has_complained)
			continue;
		uint64_t now_ns = clock_now_ns();
		passed_ns = now_ns - drained_ns;
		drained_ns = now_ns;
		drain(r);
		control_poll(&s->control, r, is_woken);
		if (now_ns - polled_ns >= POLL_INTERVAL_NS / 2) {
			offcpu_poll(r);
			debugger_poll(r);
			gauges_poll(r);
			awaits_poll(r);
			trace_output_poll(&s->output, r);
			polled_ns = now_ns;
		}
		/* What a thread has used is known best behind a poll. */
		if (polled_ns == now_ns && now_ns - flushed_ns >= FLUSH_INTERVAL_NS) {
			recording_flush(r);
			drain_free_abandoned(r);
			flushed_ns = now_ns;
		}
	}
	return has_complained;
}

/* ------------------------------------------------------------- and after it */

/* Programs that run on without us are named, a few of them. */
static void tell_survivors(const struct recording *r)
{
	char names[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < r->process_count && length < sizeof names - 64; i++) {
		char name[16];
		read_process_name(r->process[i]->pid, name);
		length += (size_t)snprintf(names + length, sizeof names - length,
			"%s%d (%s)", i ? ", " : "", (int)r->process[i]->pid, name);
	}
	if (r->process_count)
		note("%zu process%s still run%s, recorded until now: %s%s; --wait-all "
		     "waits",
			r->process_count, r->process_count == 1 ? "" : "es",
			r->process_count == 1 ? "s" : "", names,
			length >= sizeof names - 64 ? ", ..." : "");
}

/* The trace is whole then, also when the program still runs. */
static void complete(struct session *s)
{
	struct recording *r = &s->recording;

	/* One image of each process for each round. */
	for (int round = 0; round < DRAIN_ROUNDS_MAX && drain(r); round++)
		;
	if (recording_is_sound(r) && !s->control.is_finished)
		tell_survivors(r);
	atomic_store(&r->shm->stop, 1);
	recording_end(r, s->empty_ns && !r->process_count ? s->empty_ns : clock_now_ns());
}

/* The exit code for prec. */
static int wait_for_program(struct session *s)
{
	struct pollfd signals = {s->signal_fd, POLLIN, 0};
	int status = 0;

	while (!has_ended(s->pid))
		if (poll(&signals, 1, -1) > 0)
			forward_signals(s);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int record(struct session *s, const struct target *target)
{
	struct recording *r = &s->recording;
	struct recording_start start = {
		.executable = target->executable,
		.command = target->arguments,
		.rate_hz = s->options->rate_hz,
		.time_resolution_ns = s->options->time_resolution_ns,
	};
	char shm_path[64], agent[PATH_MAX];
	int exit_code;

	if (install_find(agent, sizeof agent,
		    s->options->memory_interval_bytes ? "lib/ptf/libprec-agent-memory.so"
						      : "lib/ptf/libprec-agent.so") < 0) {
		complain("the agent library is missing: %s", agent);
		trace_output_drop(&s->output);
		return 1;
	}
	/* ld.so takes these for separators: then by the descriptor of the file. */
	if (strpbrk(agent, ": "))
		snprintf(agent, sizeof agent, "/proc/%d/fd/%d", (int)getpid(),
			open(agent, O_RDONLY | O_CLOEXEC));
	snprintf(shm_path, sizeof shm_path, "/proc/%d/fd/%d", (int)getpid(), s->shm_fd);
	r->origin_ns = clock_now_ns();
	r->keep_sources = s->options->keep_sources;
	r->keep_arguments = s->options->keep_arguments;
	if (!getcwd(r->cwd, sizeof r->cwd))
		r->cwd[0] = '\0';
	control_begin(&s->control, r, &s->options->control, &s->output);
	s->pid = target_start(target, agent, shm_path, r->shm,
		!strcmp(trace_output_path(&s->output), "-"), &exit_code);
	if (s->pid < 0) {
		trace_output_drop(&s->output);
		return exit_code;
	}
	start.fd = trace_output_begin(&s->output);
	descriptors_raise_limit();
	start.pid = s->control.pid = s->pid;
	recording_begin(r, &start);
	bool has_complained = loop(s);
	complete(s);
	s->is_recorded = trace_output_end(&s->output, r) == 0 && recording_is_sound(r);
	if (s->control.is_finished && recording_is_sound(r) && !has_ended(s->pid))
		note("%s is complete; the program goes on",
			trace_output_path(&s->output));
	control_end(&s->control);
	exit_code = wait_for_program(s);
	if (!target->no_agent && atomic_load(&r->shm->generation) == 0)
		note("%s did not load the recorder: only its total time is known",
			target->executable);
	if (!recording_is_sound(r)) {
		if (!has_complained)
			complain("%s: %s", trace_output_path(&s->output),
				r->error.message);
		return exit_code ? exit_code : 1;
	}
	return s->is_recorded || exit_code ? exit_code : 1;
}

int session_run(const struct target *target, const struct session_options *options,
	char ***files)
{
	static struct session s; /* holds pages of the target: too large for a stack */
	int exit_code = 1;

	s = (struct session){
		.options = options,
		.shm_fd = -1,
		.signal_fd = -1,
		.recording.wake_fd = -1,
		.jitter_seed = (unsigned int)clock_now_ns(),
	};
	*files = NULL;
	if (trace_output_open(&s.output, &options->output) < 0) {
		trace_output_finish(&s.output);
		return 1;
	}
	if (watch_signals(&s) < 0 || make_shm(&s) < 0) {
		trace_output_drop(&s.output);
		trace_output_finish(&s.output);
		return 1;
	}
	exit_code = record(&s, target);
	if (s.is_recorded)
		*files = trace_output_files(&s.output);
	recording_finish(&s.recording);
	trace_output_finish(&s.output);
	munmap(s.recording.shm, PREC_SHM_BYTES(s.recording.shm->slot_count));
	close(s.shm_fd);
	close(s.signal_fd);
	close(s.recording.wake_fd);
	return exit_code;
}
