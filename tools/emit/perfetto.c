/*
 * --to perfetto: what the Perfetto UI and its trace processor read.
 *
 * One row is one StackSample: its stack, thread, processor, and its time as a
 * weight, which also stands in the counter of its class, so that a flame graph
 * can show "only native time". Versions before 58 know no such samples: for them
 * --perfetto-compat writes each row as a PerfSample. Never both, for both end up
 * in the same table. The parts are in perfetto_parts.h.
 */
#include <stdlib.h>

#include "tools/core/class_names.h"
#include "tools/core/units.h"
#include "tools/emit/perfetto_parts.h"
#include "tools/emit/registry.h"

/* Times outside are of damaged traces: no clock shows them. */
uint64_t pf_time(const struct perfetto *pf, int64_t time_ns)
{
	int64_t at_ns;

	if (__builtin_add_overflow(time_ns, pf->boottime_ns, &at_ns))
		return time_ns < 0 ? 0 : INT64_MAX;
	return at_ns < 0 ? 0 : (uint64_t)at_ns;
}

/* -------------------------------------------------------------- clocks */

/* The earliest section, whose start is time 0 of the profile. */
static const struct profile_section *first_section(const struct profile *p)
{
	static const struct profile_section none;

	for (size_t i = 0; i < p->sections.count; i++)
		if (p->sections.item[i].shift_ns == 0)
			return &p->sections.item[i];
	return &none;
}

static void put_clocks(struct perfetto *pf, int64_t after_ns, int64_t monotonic_ns,
	int64_t realtime_ns)
{
	const struct {
		int id;
		int64_t time_ns;
	} readings[] = {
		{PF_C(BUILTIN_CLOCK__BUILTIN_CLOCK_BOOTTIME),
			(int64_t)pf_time(pf, after_ns)},
		{PF_C(BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC), monotonic_ns},
		/* The clock of heap profiles. */
		{PF_C(BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC_COARSE), monotonic_ns},
		{PF_C(BUILTIN_CLOCK__BUILTIN_CLOCK_REALTIME), realtime_ns},
	};
	enum { READING_COUNT = sizeof(readings) / sizeof(*readings) };
	PF(ClockSnapshot__Clock) clocks[READING_COUNT];
	PF(ClockSnapshot__Clock) * list[READING_COUNT];
	PF(ClockSnapshot) snapshot = PF_C(CLOCK_SNAPSHOT__INIT);
	pf_packet packet = PF_PACKET_INIT;

	for (size_t i = 0; i < READING_COUNT; i++) {
		if (readings[i].time_ns <= 0)
			continue;
		clocks[i] = (PF(ClockSnapshot__Clock))PF_C(CLOCK_SNAPSHOT__CLOCK__INIT);
		PF_NUMBER(&clocks[i], clock_id, (uint32_t)readings[i].id);
		PF_NUMBER(&clocks[i], timestamp, (uint64_t)readings[i].time_ns);
		list[snapshot.n_clocks++] = &clocks[i];
	}
	snapshot.clocks = list;
	PF_NUMBER(&snapshot, primary_trace_clock,
		PF_C(BUILTIN_CLOCK__BUILTIN_CLOCK_BOOTTIME));
	PF_NUMBER(&packet, timestamp, pf_time(pf, after_ns));
	PF_NUMBER(&packet, sequence_flags, 0);
	PF_SET(&packet, CLOCK_SNAPSHOT, clock_snapshot, &snapshot);
	pf_put(&pf->packets, &packet);
}

static void set_clocks(struct perfetto *pf, const struct ptf_clock *clock)
{
	const struct profile_section *s = first_section(pf->p);

	pf->monotonic_ns = s->origin_monotonic_ns;
	pf->realtime_ns = s->origin_realtime_ns;
	/*
	 * The clocks are apart by the time that the machine was suspended. All stamps
	 * keep the distance of the first reading: time that the program could not
	 * pass is in no row either.
	 */
	pf->boottime_ns = pf->monotonic_ns;
	if (clock && clock->monotonic_ns >= 0 &&
		clock->boottime_ns > clock->monotonic_ns &&
		__builtin_add_overflow(pf->monotonic_ns,
			clock->boottime_ns - clock->monotonic_ns, &pf->boottime_ns))
		pf->boottime_ns = pf->monotonic_ns;
}

/* ------------------------------------------------------------- beginning */

static void put_trace_uuid(struct perfetto *pf)
{
	const uint8_t *id = first_section(pf->p)->trace_id;
	uint64_t half[2] = {0};
	PF(TraceUuid) uuid = PF_C(TRACE_UUID__INIT);
	pf_packet packet = PF_PACKET_INIT;

	for (size_t i = 0; i < 16; i++)
		half[i / 8] = half[i / 8] << 8 | id[i];
	PF_NUMBER(&uuid, msb, (int64_t)half[0]);
	PF_NUMBER(&uuid, lsb, (int64_t)half[1]);
	PF_SET(&packet, TRACE_UUID, trace_uuid, &uuid);
	PF_NUMBER(&packet, sequence_flags, 0);
	pf_put(&pf->packets, &packet);
}

static char cpu_name[] = "cpu", wall_name[] = "wall";
static char cpu_description[] = "time on a processor";
static char wall_description[] = "time, waits included";

static void choose_followers(struct perfetto *pf)
{
	int64_t class_ns[PTF_CLASS_KIND_COUNT] = {0};

	profile_class_times(pf->p, class_ns);
	for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++)
		if (class_ns[kind])
			pf->follower_of_class[kind] = (uint32_t)++pf->follower_count;
}

static void set_stack_sample_defaults(const struct perfetto *pf,
	PF(StackSampleDefaults) * defaults, PF(StackSample__CounterDescriptor) * counters,
	PF(StackSample__CounterDescriptor) * *list)
{
	static char source[] = "prec";

	for (size_t i = 0; i <= PTF_CLASS_KIND_COUNT; i++) {
		counters[i] = (PF(StackSample__CounterDescriptor))PF_C(
			STACK_SAMPLE__COUNTER_DESCRIPTOR__INIT);
		PF_NUMBER(&counters[i], unit, PF_C(STACK_SAMPLE__UNIT__UNIT_NANOSECONDS));
	}
	for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++) {
		uint32_t place = pf->follower_of_class[kind];

		if (!place)
			continue;
		counters[place].name = (char *)(uintptr_t)class_name(kind);
		list[place - 1] = &counters[place];
	}
	counters[0].name = pf->wall ? wall_name : cpu_name;
	counters[0].description = pf->wall ? wall_description : cpu_description;
	defaults->source = source;
	defaults->primary_descriptor = &counters[0];
	defaults->n_follower_descriptors = pf->follower_count;
	defaults->follower_descriptors = list;
}

static void set_perf_sample_defaults(const struct perfetto *pf,
	PF(PerfSampleDefaults) * defaults, PF(PerfEvents__Timebase) * timebase)
{
	PF_NUMBER(timebase, period, first_section(pf->p)->period_ns);
	PF_NUMBER(timebase, counter, PF_C(PERF_EVENTS__COUNTER__SW_TASK_CLOCK));
	timebase->name = pf->wall ? wall_name : cpu_name;
	defaults->timebase = timebase;
}

static void put_defaults(struct perfetto *pf)
{
	PF(StackSample__CounterDescriptor) counters[PTF_CLASS_KIND_COUNT + 1];
	PF(StackSample__CounterDescriptor) * counter_list[PTF_CLASS_KIND_COUNT];
	PF(StackSampleDefaults) stack_defaults = PF_C(STACK_SAMPLE_DEFAULTS__INIT);
	PF(PerfEvents__Timebase) timebase = PF_C(PERF_EVENTS__TIMEBASE__INIT);
	PF(PerfSampleDefaults) perf_defaults = PF_C(PERF_SAMPLE_DEFAULTS__INIT);
	PF(TracePacketDefaults) defaults = PF_C(TRACE_PACKET_DEFAULTS__INIT);
	pf_packet packet = PF_PACKET_INIT;

	choose_followers(pf);
	if (pf->compat) {
		set_perf_sample_defaults(pf, &perf_defaults, &timebase);
		defaults.perf_sample_defaults = &perf_defaults;
	} else {
		set_stack_sample_defaults(pf, &stack_defaults, counters, counter_list);
		defaults.stack_sample_defaults = &stack_defaults;
	}
	PF_NUMBER(&defaults, timestamp_clock_id,
		PF_C(BUILTIN_CLOCK__BUILTIN_CLOCK_BOOTTIME));
	packet.trace_packet_defaults = &defaults;
	PF_NUMBER(&packet, first_packet_on_sequence, 1);
	PF_NUMBER(&packet, sequence_flags, PF_STATE_CLEARED | PF_NEEDS_STATE);
	pf_put(&pf->packets, &packet);
}

/* When the first clock reading came, or what must not wait for it. */
static void begin(struct perfetto *pf, const struct ptf_clock *clock)
{
	if (pf->has_begun)
		return;
	pf->has_begun = true;
	set_clocks(pf, clock);
	put_clocks(pf, 0, pf->monotonic_ns, pf->realtime_ns);
	put_trace_uuid(pf);
	put_defaults(pf);
	pf_tell_threads(pf);
	pf_put_facts(pf);
	pf_put_marks(pf);
}

/* ---------------------------------------------------------------- samples */

static void put_stack_sample(struct perfetto *pf, size_t track,
	const struct replay_rows *rows, size_t i, uint32_t kind)
{
	PF(StackSample) sample = PF_C(STACK_SAMPLE__INIT);
	pf_packet packet = PF_PACKET_INIT;
	uint64_t followers[PTF_CLASS_KIND_COUNT] = {0};
	uint64_t weight_ns = rows->weight_ns[i] > 0 ? (uint64_t)rows->weight_ns[i] : 0;
	uint64_t callstack = pf_callstack(pf, rows->node[i]);
	uint64_t context = pf_execution_context(pf, rows->cpu ? rows->cpu[i] : 0, kind);

	PF_NUMBER(&sample, task_context_iid,
		pf_task_context(pf, track, rows->task ? rows->task[i] : 0));
	if (context)
		PF_NUMBER(&sample, execution_context_iid, context);
	if (callstack)
		PF_NUMBER(&sample, callstack_iid, callstack);
	PF_NUMBER(&sample, primary_weight,
		pf->wall || !profile_is_off_cpu(kind) ? weight_ns : 0);
	if (pf->follower_of_class[kind])
		followers[pf->follower_of_class[kind] - 1] = weight_ns;
	sample.n_follower_weights = pf->follower_count;
	sample.follower_weights = followers;
	PF_NUMBER(&packet, timestamp, pf_time(pf, rows->time_ns[i]));
	PF_SET(&packet, STACK_SAMPLE, stack_sample, &sample);
	pf_put(&pf->packets, &packet);
}

/*
 * The count of a perf event grows from sample to sample of a processor. Ours do
 * not come in order of time, so that each is told by itself: the time that the
 * sample stands for. Old versions have no use for more of them: their flame graphs
 * count samples, and the classes are in the slices.
 */
static void put_perf_sample(struct perfetto *pf, size_t track,
	const struct replay_rows *rows, size_t i, uint32_t kind)
{
	PF(PerfSample) sample = PF_C(PERF_SAMPLE__INIT);
	pf_packet packet = PF_PACKET_INIT;
	uint64_t weight_ns = rows->weight_ns[i] > 0 ? (uint64_t)rows->weight_ns[i] : 0;
	uint64_t callstack = pf_callstack(pf, rows->node[i]);

	PF_NUMBER(&sample, cpu, rows->cpu && rows->cpu[i] ? rows->cpu[i] - 1 : 0);
	PF_NUMBER(&sample, pid, pf_pid(pf, track));
	PF_NUMBER(&sample, tid, pf_tid(pf, track));
	if (callstack)
		PF_NUMBER(&sample, callstack_iid, callstack);
	if (kind == PTF_CLASS_KERNEL)
		PF_NUMBER(&sample, cpu_mode, PF_C(PROFILING__CPU_MODE__MODE_KERNEL));
	else if (kind == PTF_CLASS_PYTHON || kind == PTF_CLASS_NATIVE)
		PF_NUMBER(&sample, cpu_mode, PF_C(PROFILING__CPU_MODE__MODE_USER));
	PF_NUMBER(&sample, timebase_count,
		pf->wall || !profile_is_off_cpu(kind) ? weight_ns : 0);
	PF_NUMBER(&packet, timestamp, pf_time(pf, rows->time_ns[i]));
	PF_SET(&packet, PERF_SAMPLE, perf_sample, &sample);
	pf_put(&pf->packets, &packet);
}

static void on_rows(void *context, const struct replay_rows *rows)
{
	struct perfetto *pf = context;
	size_t track = tracks_index(pf->p, rows->section, rows->thread);

	begin(pf, NULL);
	pf_thread_uuid(pf, track);
	for (size_t i = 0; i < rows->count; i++) {
		uint32_t kind = profile_get_class(pf->p, rows->class_id[i]).kind;

		if (pf->compat)
			put_perf_sample(pf, track, rows, i, kind);
		else
			put_stack_sample(pf, track, rows, i, kind);
		pf_states_row(pf, track, rows, i);
	}
}

static void on_points(void *context, const struct replay_points *points)
{
	begin(context, NULL);
	pf_put_points(context, points);
}

/* Later readings show how the clock on the wall was moved. */
static void on_clock(void *context, uint32_t section, const struct ptf_clock *clock)
{
	struct perfetto *pf = context;
	bool is_first = !pf->has_begun;
	int64_t after_ns;

	if (&pf->p->sections.item[section] != first_section(pf->p))
		return;
	begin(pf, clock);
	if (__builtin_sub_overflow(clock->monotonic_ns, pf->monotonic_ns, &after_ns) ||
		is_first || after_ns <= pf->clock_told_ns ||
		after_ns > pf_section_end(pf->p, section))
		return;
	pf->clock_told_ns = after_ns;
	put_clocks(pf, after_ns, clock->monotonic_ns, clock->realtime_ns);
}

static int write_perfetto(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct perfetto pf = {.p = p,
		.options = options,
		.compat = options->perfetto_compat,
		.wall = emit_metric(&emit_perfetto, options) == EMIT_METRIC_WALL};
	const struct replay_hooks hooks = {.context = &pf,
		.rows = on_rows,
		.points = on_points,
		.clock = on_clock};
	int rc;

	pf_packets_open(&pf.packets, out);
	rc = profile_replay(p, &hooks, err);
	if (rc >= 0) {
		begin(&pf, NULL);
		pf_states_end(&pf);
		pf_end_gauges(&pf);
		rc = pf_put_cpu_time(&pf, err);
	}
	if (rc >= 0)
		rc = pf_put_memory(&pf, err);
	pf_packets_close(&pf.packets);
	vec_free(&pf.states);
	intern_free(&pf.counters);
	pf_names_free(&pf.names);
	tracks_free(&pf.tracks);
	vec_free(&pf.process_told);
	vec_free(&pf.thread_told);
	return rc;
}

const struct emit_format emit_perfetto = {
	.name = "perfetto",
	.suffix = ".pftrace .perfetto-trace",
	.description =
		"timeline, flame graphs and counters, for the Perfetto UI (58 and up)",
	.cannot_carry =
		"source text, profiles without times, "
		"values of samples other than time, time awaited, memory over time "
		"by stack (its sums are there)",
	.is_binary = true,
	.options = EMIT_OPTION_METRIC | EMIT_OPTION_PERFETTO_COMPAT,
	.metric = EMIT_METRIC_CPU,
	.write = write_perfetto,
};
