/* Processes and threads of a Perfetto trace, and tracks below them. */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/report.h"
#include "tools/emit/perfetto_parts.h"

/*
 * Above any process id of Linux (PID_MAX_LIMIT): for those whose own was given
 * to another before them. Perfetto tells processes and threads apart by number
 * alone, over all sections, and would make one of two.
 */
#define FIRST_MADE_UP_PID ((uint32_t)1 << 22 | 1)

struct numbers {
	struct intern given;
	uint32_t next;
};

static uint32_t unique(struct numbers *n, uint32_t wanted)
{
	uint32_t known = (uint32_t)n->given.items.count;

	if (wanted && wanted < FIRST_MADE_UP_PID &&
		intern_bytes(&n->given, &wanted, sizeof(wanted)) > known)
		return wanted;
	return n->next++;
}

static void give_numbers(struct perfetto *pf)
{
	const struct profile *p = pf->p;
	struct pf_tracks *tracks = &pf->tracks;
	struct numbers n = {.next = FIRST_MADE_UP_PID};

	for (size_t i = 0; i < p->processes.count; i++)
		vec_push(&tracks->pid, unique(&n, p->processes.item[i].pid));
	for (size_t i = 0; i < p->threads.count; i++) {
		const struct profile_thread *t = &p->threads.item[i];
		bool leads =
			t->process && t->tid == p->processes.item[t->process - 1].pid;

		/* The main thread is the one with the number of its process. */
		vec_push(&tracks->tid,
			leads && t->is_main ? tracks->pid.item[t->process - 1]
					    : unique(&n, t->tid));
	}
	tracks->unknown_pid = n.next;
	intern_free(&n.given);
}

/* ------------------------------------------------------------- telling */

void pf_put_track(struct perfetto *pf, PF(TrackDescriptor) * track)
{
	pf_packet packet = PF_PACKET_INIT;

	PF_SET(&packet, TRACK_DESCRIPTOR, track_descriptor, track);
	pf_put(&pf->packets, &packet);
}

void pf_put_event(struct perfetto *pf, int64_t time_ns, PF(TrackEvent) * event)
{
	pf_packet packet = PF_PACKET_INIT;

	PF_NUMBER(&packet, timestamp, pf_time(pf, time_ns));
	PF_SET(&packet, TRACK_EVENT, track_event, event);
	pf_put(&pf->packets, &packet);
}

void pf_put_slice(struct perfetto *pf, int64_t time_ns, int type, uint64_t track,
	char *name)
{
	PF(TrackEvent) event = PF_C(TRACK_EVENT__INIT);

	PF_NUMBER(&event, type, type);
	PF_NUMBER(&event, track_uuid, track);
	if (name) {
		event.name_field_case = PF_C(TRACK_EVENT__NAME_FIELD_NAME);
		event.name = name;
	}
	pf_put_event(pf, time_ns, &event);
}

/* "worker (7)" when 7 is not the number that is shown. */
static char *numbered(char *name, uint32_t own, uint32_t shown)
{
	char *text;

	if (own == shown || asprintf(&text, "%s%s(%u)", name, *name ? " " : "", own) < 0)
		return name;
	free(name);
	return text;
}

char *pf_process_title(const struct perfetto *pf, uint32_t process)
{
	char *title = report_process_title(pf->p, process);
	char *clean = text_utf8(title, strlen(title));

	free(title);
	return clean;
}

/* What tells processes of merged recordings apart. */
static const struct {
	const char *key, *label;
} label_keys[] = {{"host.name", ""}, {"run.rank", "rank "}};
#define LABEL_COUNT (sizeof(label_keys) / sizeof(*label_keys))

static char *labelled(const char *label, struct ptf_text text)
{
	char *clean = text_utf8(text.data, text.size), *whole;

	if (asprintf(&whole, "%s%s", label, clean) < 0)
		return clean;
	free(clean);
	return whole;
}

static void tell_process(struct perfetto *pf, uint32_t id)
{
	const struct profile_process *r = &pf->p->processes.item[id - 1];

	uint32_t pid = pf->tracks.pid.item[id - 1];
	PF(ProcessDescriptor) process = PF_C(PROCESS_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	VEC(char *) words = {0};
	VEC(char *) labels = {0};

	PF_NUMBER(&process, pid, (int32_t)pid);
	process.process_name = numbered(pf_process_title(pf, id), r->pid, pid);
	for (size_t i = 0; i < r->arguments.count; i++)
		vec_push(&words, pf_string(pf, r->arguments.item[i]));
	process.n_cmdline = words.count;
	process.cmdline = words.item;
	PF_NUMBER(&process, start_timestamp_ns,
		(int64_t)pf_time(pf, pf_shifted(pf->p, r->section, r->start_ns)));
	/* Of one recording they would all be the same. */
	for (size_t i = 0; pf->p->sections.count > 1 && i < LABEL_COUNT; i++) {
		struct ptf_text text =
			profile_process_attribute(pf->p, id, label_keys[i].key);

		if (text.size)
			vec_push(&labels, labelled(label_keys[i].label, text));
	}
	process.n_process_labels = labels.count;
	process.process_labels = labels.item;
	PF_NUMBER(&track, uuid, pf_uuid(PF_TRACK_PROCESS, id));
	track.process = &process;
	pf_put_track(pf, &track);
	free(process.process_name);
	for (size_t i = 0; i < words.count; i++)
		free(words.item[i]);
	for (size_t i = 0; i < labels.count; i++)
		free(labels.item[i]);
	vec_free(&words);
	vec_free(&labels);
}

static void tell_thread(struct perfetto *pf, uint32_t id)
{
	const struct profile_thread *t = &pf->p->threads.item[id - 1];
	uint32_t tid = pf->tracks.tid.item[id - 1];
	PF(ThreadDescriptor) thread = PF_C(THREAD_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);

	PF_NUMBER(&thread, pid, (int32_t)pf_pid_of_thread(pf, id));
	PF_NUMBER(&thread, tid, tid);
	thread.thread_name = numbered(pf_string(pf, t->name), t->tid, tid);
	PF_NUMBER(&track, uuid, pf_uuid(PF_TRACK_THREAD, id));
	track.thread = &thread;
	pf_put_track(pf, &track);
	free(thread.thread_name);
}

/* Rows and threads that nothing is known of belong somewhere too. */
static void tell_unknown(struct perfetto *pf)
{
	uint32_t number = pf->tracks.unknown_pid;
	static char process_name[] = "[unknown process]", thread_name[] = "[no thread]";
	PF(ProcessDescriptor) process = PF_C(PROCESS_DESCRIPTOR__INIT);
	PF(ThreadDescriptor) thread = PF_C(THREAD_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);

	PF_NUMBER(&process, pid, (int32_t)number);
	process.process_name = process_name;
	PF_NUMBER(&track, uuid, pf_uuid(PF_TRACK_PROCESS, 0));
	track.process = &process;
	pf_put_track(pf, &track);
	PF_NUMBER(&thread, pid, (int32_t)number);
	PF_NUMBER(&thread, tid, number);
	thread.thread_name = thread_name;
	PF_NUMBER(&track, uuid, pf_uuid(PF_TRACK_THREAD, 0));
	track.process = NULL;
	track.thread = &thread;
	pf_put_track(pf, &track);
	pf->tracks.unknown_is_told = true;
}

static uint32_t unknown_pid(struct perfetto *pf)
{
	if (!pf->tracks.unknown_is_told)
		tell_unknown(pf);
	return pf->tracks.unknown_pid;
}

uint32_t pf_pid_of_thread(struct perfetto *pf, uint32_t thread)
{
	uint32_t process = thread ? pf->p->threads.item[thread - 1].process : 0;

	return process ? pf->tracks.pid.item[process - 1] : unknown_pid(pf);
}

uint32_t pf_tid(struct perfetto *pf, uint32_t thread)
{
	return thread ? pf->tracks.tid.item[thread - 1] : unknown_pid(pf);
}

uint64_t pf_thread_uuid(struct perfetto *pf, uint32_t thread)
{
	if (!thread)
		unknown_pid(pf);
	return pf_uuid(PF_TRACK_THREAD, thread);
}

void pf_tell_processes(struct perfetto *pf)
{
	give_numbers(pf);
	for (uint32_t id = 1; id <= pf->p->processes.count; id++)
		tell_process(pf, id);
	for (uint32_t id = 1; id <= pf->p->threads.count; id++)
		tell_thread(pf, id);
}

void pf_tracks_free(struct pf_tracks *tracks)
{
	vec_free(&tracks->pid);
	vec_free(&tracks->tid);
}
