#include "recorder/output/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/output/output_file.h"
#include "recorder/recording.h"
#include "recorder/output/rejoin.h"
#include "recorder/say.h"

/* What is kept is so much of the window longer than it. */
#define PARTS_PER_WINDOW 10u

/* Each costs its definitions. */
#define PART_MIN_NS 1000000000u

/* A part that is full by its size: two of them fill the memory that is allowed. */
#define PARTS_PER_MEMORY 2u

static int make_memory(void)
{
	return memfd_create("prec flight recorder", MFD_CLOEXEC);
}

int flight_open(struct flight *flight, const struct flight_options *options)
{
	*flight = (struct flight){.options = options, .fd = make_memory()};
	if (flight->fd >= 0)
		return 0;
	complain("no memory to record into: %s", strerror(errno));
	return -1;
}

static uint64_t section_bytes(const struct recorded_section *section)
{
	return section->writer ? ptf_writer_bytes(section->writer) : 0;
}

uint64_t flight_bytes(const struct flight *flight, const struct recording *r)
{
	uint64_t bytes = section_bytes(&r->section);

	for (size_t i = 0; i < flight->count; i++)
		bytes += flight->part[i].bytes;
	return bytes;
}

uint64_t flight_held_ns(const struct flight *flight)
{
	const struct flight_part *oldest = flight->count ? flight->part : NULL;

	return flight->clock.now_ns - (oldest ? oldest->begun_ns : flight->begun_ns);
}

/* ------------------------------------------------------------------ parts */

static void drop_oldest(struct flight *flight)
{
	section_finish(&flight->part[0].section);
	close(flight->part[0].fd);
	flight->count--;
	memmove(flight->part, flight->part + 1, flight->count * sizeof *flight->part);
}

static void drop_old(struct flight *flight, const struct recording *r)
{
	const struct flight_options *options = flight->options;

	while (flight->count &&
		(flight->clock.now_ns - flight->part[0].end_ns > options->window_ns ||
			(options->max_bytes &&
				flight_bytes(flight, r) > options->max_bytes)))
		drop_oldest(flight);
}

static struct flight_part *add_part(struct flight *flight)
{
	if (flight->count == flight->capacity) {
		size_t capacity = flight->capacity * 2 + PARTS_PER_WINDOW;
		struct flight_part *grown =
			realloc(flight->part, capacity * sizeof *grown);
		if (!grown)
			return NULL;
		flight->part = grown;
		flight->capacity = capacity;
	}
	return &flight->part[flight->count++];
}

/* What was recorded so far becomes a part. */
static void begin_part(struct flight *flight, struct recording *r)
{
	int fd = make_memory();
	struct flight_part *part = fd >= 0 ? add_part(flight) : NULL;

	if (!part) {
		recording_no_memory(r);
		if (fd >= 0)
			close(fd);
		return;
	}
	*part = (struct flight_part){
		.section = section_go_on(r, fd),
		.fd = flight->fd,
		.begun_ns = flight->begun_ns,
		.end_ns = flight->clock.now_ns,
	};
	part->bytes = section_bytes(&part->section);
	flight->fd = fd;
	flight->begun_ns = flight->clock.now_ns;
}

void flight_poll(struct flight *flight, struct recording *r)
{
	const struct flight_options *options = flight->options;

	running_clock_poll(&flight->clock, clock_now_ns(), !atomic_load(&r->shm->is_off));
	uint64_t time_ns = flight->clock.now_ns - flight->begun_ns;
	uint64_t part_ns = options->window_ns / PARTS_PER_WINDOW;
	if (time_ns >= (part_ns > PART_MIN_NS ? part_ns : PART_MIN_NS) ||
		(options->max_bytes &&
			section_bytes(&r->section) >=
				options->max_bytes / PARTS_PER_MEMORY))
		begin_part(flight, r);
	drop_old(flight, r);
}

/* ------------------------------------------------------------------ dumps */

static int fail(struct ptf_error *err)
{
	*err = (struct ptf_error){.code = PTF_ERR_IO, .os_errno = errno};
	snprintf(err->message, sizeof err->message, "%s", strerror(errno));
	return err->code;
}

/* CLOCK_MONOTONIC where the window begins, or somewhat earlier: time while recording
   was off lies in no window. */
static uint64_t window_begin_ns(const struct flight *flight)
{
	const struct flight_part *oldest = &flight->part[0];
	uint64_t now_ns = flight->clock.now_ns, window_ns = flight->options->window_ns;
	uint64_t begin_ns = now_ns > window_ns ? now_ns - window_ns : 0;

	return oldest->section.origin_ns +
		(begin_ns > oldest->begun_ns ? begin_ns - oldest->begun_ns : 0);
}

static int join_all(const struct flight *flight, int to_fd, struct ptf_error *err)
{
	struct rejoin *join = rejoin_new(to_fd, window_begin_ns(flight));
	int rc = 0;

	if (!join) {
		errno = ENOMEM;
		return fail(err);
	}
	for (size_t i = 0; i < flight->count && rc == 0; i++) {
		const struct flight_part *part = &flight->part[i];
		bool is_last = i == flight->count - 1;
		char path[32];

		snprintf(path, sizeof path, "/proc/self/fd/%d", part->fd);
		rc = rejoin_add(join, path, is_last ? 0 : part->section.end_ns, err);
	}
	if (rc == 0)
		return rejoin_end(join, err);
	rejoin_free(join);
	return rc;
}

static int write_beside(const struct flight *flight, const char *path, char *beside,
	struct ptf_error *err)
{
	mode_t mask = umask(0);
	int fd = mkostemp(beside, O_CLOEXEC), rc;

	umask(mask);
	if (fd < 0)
		return fail(err);
	rc = fchmod(fd, 0666 & ~mask) != 0 ? fail(err) : join_all(flight, fd, err);
	if (close(fd) != 0 && rc == 0)
		rc = fail(err);
	if (rc == 0 && rename(beside, path) != 0)
		rc = fail(err);
	if (rc != 0)
		unlink(beside);
	return rc;
}

/* A new file beside path takes its name when it is whole. */
static int write_file(const struct flight *flight, const char *path,
	struct ptf_error *err)
{
	char *beside;
	int rc;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
		errno = ENOMEM;
		return fail(err);
	}
	rc = write_beside(flight, path, beside, err);
	free(beside);
	return rc;
}

static int write_dump(struct flight *flight, struct recording *r, const char *path,
	char *why, size_t why_size)
{
	struct ptf_error err;

	drop_old(flight, r);
	/* After a failure of the recording they are cut, and can be read. */
	for (size_t i = 0; i < flight->count; i++)
		section_complete(r, &flight->part[i].section);
	if (output_file_is_foreign(path))
		snprintf(why, why_size, OUTPUT_FILE_FOREIGN, path);
	else if (write_file(flight, path, &err) != 0)
		snprintf(why, why_size, "%s: %s", path, err.message);
	else
		return 0;
	return -1;
}

int flight_dump(struct flight *flight, struct recording *r, const char *path, char *why,
	size_t why_size)
{
	begin_part(flight, r);
	return write_dump(flight, r, path, why, why_size);
}

int flight_dump_ended(struct flight *flight, struct recording *r, const char *path,
	char *why, size_t why_size)
{
	struct flight_part *part = add_part(flight);

	if (!part) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	*part = (struct flight_part){
		.section = r->section,
		.fd = flight->fd,
		.begun_ns = flight->begun_ns,
		.end_ns = flight->clock.now_ns,
	};
	r->section = (struct recorded_section){0};
	flight->fd = -1;
	return write_dump(flight, r, path, why, why_size);
}

void flight_finish(struct flight *flight)
{
	while (flight->count)
		drop_oldest(flight);
	free(flight->part);
	if (flight->fd >= 0)
		close(flight->fd);
	*flight = (struct flight){.fd = -1};
}
