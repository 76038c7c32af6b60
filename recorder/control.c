#include "recorder/control.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"
#include "recorder/say.h"
#include "recorder/output/trace_output.h"

/* Who connects sends its line at once, or is not waited for. */
#define ASK_TIMEOUT_MS 100

static const char *state(const struct recording *r)
{
	return atomic_load(&r->shm->is_off) ? "off" : "on";
}

static void switch_recording(struct recording *r, bool is_on)
{
	uint64_t now_ns = clock_now_ns();

	if (atomic_exchange(&r->shm->is_off, !is_on) == (uint32_t)!is_on)
		return;
	marks_add(r, NULL, is_on ? PTF_MARK_RECORDING_ON : PTF_MARK_RECORDING_OFF,
		(struct ptf_text){"", 0}, now_ns);
}

static void listen_for_questions(struct control *control, int wake_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct epoll_event readable = {.events = EPOLLIN};
	/* A name that begins with NUL is no file: nothing is left behind. */
	int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
		CONTROL_ADDRESS, (int)getpid());
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);

	control->listen_fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listen_fd < 0)
		return;
	if (bind(control->listen_fd, (struct sockaddr *)&address, size) != 0 ||
		listen(control->listen_fd, 8) != 0 ||
		epoll_ctl(wake_fd, EPOLL_CTL_ADD, control->listen_fd, &readable) != 0) {
		close(control->listen_fd);
		control->listen_fd = -1;
	}
}

void control_begin(struct control *control, struct recording *r,
	const struct control_options *options, struct trace_output *output)
{
	uint64_t now_ns = clock_now_ns();

	*control = (struct control){.options = options, .output = output};
	if (options->delay_ns) {
		atomic_store(&r->shm->is_off, 1);
		control->start_ns = now_ns + options->delay_ns;
	}
	if (options->duration_ns)
		control->end_ns = now_ns + options->delay_ns + options->duration_ns;
	listen_for_questions(control, r->wake_fd);
}

/* ------------------------------------------------------------- questions */

static bool may_ask(int fd)
{
	struct ucred asker;
	socklen_t size = sizeof asker;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &asker, &size) == 0 &&
		(asker.uid == geteuid() || asker.uid == 0);
}

static void tell_status(const struct control *control, const struct recording *r,
	char *answer, size_t size)
{
	char where[4352];

	trace_output_describe(control->output, r, where, sizeof where);
	snprintf(answer, size,
		"prec %d: %s, program %d, %zu process%s, %" PRIu64 " samples, %" PRIu64
		" bytes, %.1f s, %s\n",
		(int)getpid(), state(r), (int)control->pid, r->process_count,
		r->process_count == 1 ? "" : "es", r->sample_count, recording_bytes(r),
		(double)(clock_now_ns() - r->origin_ns) / 1e9, where);
}

/* Of one line; answers begin with "error: " when it was not done. */
static void answer_question(struct control *control, struct recording *r, char *question,
	char *answer, size_t size)
{
	char *argument = strchr(question, ' ');

	if (argument)
		*argument++ = '\0';
	if (!strcmp(question, "status")) {
		tell_status(control, r, answer, size);
	} else if (!strcmp(question, "start") || !strcmp(question, "stop")) {
		/* Who switches by hand wants no switch by the clock after it. */
		control->start_ns = 0;
		switch_recording(r, !strcmp(question, "start"));
		snprintf(answer, size, "prec %d: %s\n", (int)getpid(), state(r));
	} else if (!strcmp(question, "mark") && argument && *argument &&
		strlen(argument) <= PREC_MARK_NAME_MAX) {
		marks_add(r, NULL, PTF_MARK_INSTANT,
			(struct ptf_text){argument, strlen(argument)}, clock_now_ns());
		snprintf(answer, size, "prec %d: marked\n", (int)getpid());
	} else if (!strcmp(question, "mark")) {
		snprintf(answer, size, "error: a mark has a name of 1 to %u bytes\n",
			PREC_MARK_NAME_MAX);
	} else if (!strcmp(question, "dump")) {
		trace_output_dump(control->output, r, argument, answer, size);
	} else if (!strcmp(question, "rotate")) {
		trace_output_rotate(control->output, r, answer, size);
	} else if (!strcmp(question, "finish")) {
		control->is_finished = true;
		snprintf(answer, size, "prec %d: %s is completed\n", (int)getpid(),
			trace_output_path(control->output));
	} else {
		snprintf(answer, size, "error: prec %d does not know '%s'\n",
			(int)getpid(), question);
	}
}

static size_t read_line(int fd, char *line, size_t size)
{
	struct pollfd readable = {fd, POLLIN, 0};
	size_t length = 0;

	while (length < size - 1 && poll(&readable, 1, ASK_TIMEOUT_MS) > 0) {
		ssize_t part = read(fd, line + length, size - 1 - length);
		if (part <= 0)
			break;
		length += (size_t)part;
		if (memchr(line, '\n', length))
			break;
	}
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return length;
}

static void serve(struct control *control, struct recording *r, int fd)
{
	char question[CONTROL_QUESTION_MAX], answer[2 * 4096 + 256];

	if (!may_ask(fd))
		snprintf(answer, sizeof answer, "error: not your recording\n");
	else if (read_line(fd, question, sizeof question) == 0)
		return;
	else
		answer_question(control, r, question, answer, sizeof answer);
	/* It may have gone away meanwhile: no SIGPIPE for that. */
	send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void control_poll(struct control *control, struct recording *r, bool is_woken)
{
	uint64_t now_ns = clock_now_ns();
	int fd;

	if (control->start_ns && now_ns >= control->start_ns) {
		control->start_ns = 0;
		switch_recording(r, true);
	}
	if (control->end_ns && now_ns >= control->end_ns)
		control->is_finished = true;
	if (control->options->max_size_bytes &&
		recording_bytes(r) >= control->options->max_size_bytes &&
		!control->is_finished) {
		note("%s has reached its size: the program goes on unrecorded",
			trace_output_path(control->output));
		control->is_finished = true;
	}
	while (is_woken && control->listen_fd >= 0 &&
		(fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		serve(control, r, fd);
		close(fd);
	}
}

void control_end(struct control *control)
{
	if (control->listen_fd >= 0)
		close(control->listen_fd);
	control->listen_fd = -1;
}
