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
	if (bytes > 0)
		gauges_add(r, process, GAUGE_RSS, recording_time(r, now_ns), bytes);
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

static uint32_t metric_of(struct recording *r, enum gauge gauge)
{
	static const char *const name[GAUGE_COUNT] = {
		[GAUGE_RSS] = "rss",
		[GAUGE_FOOTPRINT] = "footprint",
	};
	static const char *const description[GAUGE_COUNT] = {
		[GAUGE_RSS] = "resident memory of the process",
		[GAUGE_FOOTPRINT] = "heap memory that the process holds",
	};
	uint32_t *metric = &r->section.gauge_metric[gauge];

	if (!*metric)
		*metric = recording_metric(r,
			&(struct ptf_metric){
				.name = recording_string(r, name[gauge]),
				.unit = recording_string(r, "bytes"),
				.kind = PTF_METRIC_GAUGE,
				.addition = PTF_ADD_LAST,
				.description = recording_string(r, description[gauge]),
			});
	return *metric;
}

static void write_series(struct recording *r, struct recorded_process *process,
	enum gauge gauge)
{
	struct gauge_series *series = &process->gauges.series[gauge];
	struct ptf_counters points = {
		.process = process->id,
		.count = series->count,
		.time_ns = series->time_ns,
		.values = series->value,
	};
	struct ptf_error err;

	if (!series->count)
		return;
	series->count = 0;
	points.metric = metric_of(r, gauge);
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_counters(r->section.writer, &points, &err),
			&err);
}

void gauges_add(struct recording *r, struct recorded_process *process, enum gauge gauge,
	int64_t time_ns, int64_t value)
{
	struct gauge_series *series = &process->gauges.series[gauge];

	if (value == series->last)
		return;
	if (series->count == GAUGE_POINTS_MAX)
		write_series(r, process, gauge);
	series->time_ns[series->count] = time_ns;
	series->value[series->count++] = value;
	series->last = value;
	if (value > series->maximum)
		series->maximum = value;
}

void gauges_write(struct recording *r, struct recorded_process *process)
{
	for (enum gauge gauge = 0; gauge < GAUGE_COUNT; gauge++)
		write_series(r, process, gauge);
}

void gauges_enter_section(struct gauges *gauges)
{
	for (enum gauge gauge = 0; gauge < GAUGE_COUNT; gauge++)
		gauges->series[gauge].last = -1;
	gauges->read_ns = 0;
}

void gauges_finish(struct gauges *gauges)
{
	if (gauges->statm_fd > 0)
		close(gauges->statm_fd);
	gauges->statm_fd = 0;
}
