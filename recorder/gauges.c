/* Levels of the process; see gauges.h. */
#include "recorder/gauges.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"

#define READ_INTERVAL_NS 100000000u

/* Bytes; 0 when it cannot be told, as of a process that has ended. */
static int64_t read_rss(struct recorded_process *process)
{
	struct gauges *gauges = &process->gauges;
	long long total_pages, pages;
	char text[128];

	if (!gauges->statm_fd) {
		snprintf(text, sizeof text, "/proc/%d/statm", (int)process->pid);
		gauges->statm_fd = open(text, O_RDONLY | O_CLOEXEC);
	}
	if (gauges->statm_fd < 0)
		return 0;
	ssize_t length = pread(gauges->statm_fd, text, sizeof text - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	if (sscanf(text, "%lld %lld", &total_pages, &pages) != 2)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

static void poll_process(struct recording *r, struct recorded_process *process,
	uint64_t now_ns)
{
	struct gauges *gauges = &process->gauges;

	if (now_ns - gauges->read_ns < READ_INTERVAL_NS)
		return;
	gauges->read_ns = now_ns;
	int64_t bytes = read_rss(process);
	if (bytes <= 0 || bytes == gauges->last_bytes)
		return;
	if (gauges->count == GAUGE_POINTS_MAX)
		gauges_write(r, process);
	gauges->time_ns[gauges->count] = recording_time(r, now_ns);
	gauges->rss_bytes[gauges->count++] = bytes;
	gauges->last_bytes = bytes;
	if (bytes > gauges->maximum_bytes)
		gauges->maximum_bytes = bytes;
}

void gauges_poll(struct recording *r)
{
	uint64_t now_ns = clock_now_ns();

	if (atomic_load_explicit(&r->shm->is_off, memory_order_relaxed))
		return;
	for (size_t i = 0; i < r->process_count; i++)
		if (!r->process[i]->is_dead)
			poll_process(r, r->process[i], now_ns);
}

static uint32_t define_metric(struct recording *r)
{
	const struct ptf_metric metric = {
		.name = recording_string(r, "rss"),
		.unit = recording_string(r, "bytes"),
		.kind = PTF_METRIC_GAUGE,
		.addition = PTF_ADD_LAST,
		.description = recording_string(r, "resident memory of the process"),
	};

	return recording_metric(r, &metric);
}

void gauges_write(struct recording *r, struct recorded_process *process)
{
	struct gauges *gauges = &process->gauges;
	struct ptf_counters points = {
		.process = process->id,
		.count = gauges->count,
		.time_ns = gauges->time_ns,
		.values = gauges->rss_bytes,
	};
	struct ptf_error err;

	if (!gauges->count)
		return;
	gauges->count = 0;
	if (!r->section.rss_metric)
		r->section.rss_metric = define_metric(r);
	points.metric = r->section.rss_metric;
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_counters(r->section.writer, &points, &err),
			&err);
}

void gauges_enter_section(struct gauges *gauges)
{
	gauges->last_bytes = 0;
	gauges->read_ns = 0;
}

void gauges_finish(struct gauges *gauges)
{
	if (gauges->statm_fd > 0)
		close(gauges->statm_fd);
	gauges->statm_fd = 0;
}
