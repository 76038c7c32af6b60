/* Processes and threads of a Perfetto trace, and tracks below them. */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/report.h"
#include "tools/core/texts.h"
#include "tools/emit/perfetto_parts.h"

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
	char *title, *clean;

	if (!process)
		return strdup("[no process]");
	title = report_process_title(pf->p, process);
	clean = text_utf8(title, strlen(title));
	free(title);
	return clean;
}

/* What tells processes of merged recordings apart, where they differ in it. */
static const struct {
	const char *key, *label;
} label_keys[PF_LABEL_COUNT] = {{"host.name", ""}, {"run.rank", "rank "}};

static void choose_labels(struct perfetto *pf)
{
	for (size_t i = 0; i < PF_LABEL_COUNT; i++)
		for (uint32_t id = 2; id <= pf->p->processes.count; id++) {
			const char *key = label_keys[i].key;

			if (!text_equal(profile_process_attribute(pf->p, 1, key),
				    profile_process_attribute(pf->p, id, key)))
				pf->shows_label[i] = true;
		}
}

static char *labelled(const char *label, struct ptf_text text)
{
	char *clean = text_utf8(text.data, text.size), *whole;

	if (asprintf(&whole, "%s%s", label, clean) < 0)
		return clean;
	free(clean);
	return whole;
}

/* Threads of no known process are in one that is made up, and named after one. */
uint32_t pf_process_pid(const struct perfetto *pf, uint32_t process)
{
	return process ? pf->tracks.pid_of_process[process]
		       : pf->tracks.items.item[tracks_index(pf->p, 0, 0)].tid;
}

static void tell_process(struct perfetto *pf, uint32_t id, uint64_t uuid)
{
	static const struct profile_process unknown;
	const struct profile_process *r = id ? &pf->p->processes.item[id - 1] : &unknown;
	uint32_t pid = pf_process_pid(pf, id);
	PF(ProcessDescriptor) process = PF_C(PROCESS_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	VEC(char *) words = {0};
	VEC(char *) labels = {0};

	PF_NUMBER(&process, pid, (int32_t)pid);
	process.process_name = numbered(pf_process_title(pf, id), id ? r->pid : pid, pid);
	for (size_t i = 0; i < r->arguments.count; i++)
		vec_push(&words, pf_string(pf, r->arguments.item[i]));
	process.n_cmdline = words.count;
	process.cmdline = words.item;
	if (id)
		PF_NUMBER(&process, start_timestamp_ns,
			(int64_t)pf_time(pf,
				profile_axis_time(pf->p, r->section, r->start_ns)));
	for (size_t i = 0; id && i < PF_LABEL_COUNT; i++) {
		struct ptf_text text =
			profile_process_attribute(pf->p, id, label_keys[i].key);

		if (pf->shows_label[i] && text.size)
			vec_push(&labels, labelled(label_keys[i].label, text));
	}
	process.n_process_labels = labels.count;
	process.process_labels = labels.item;
	PF_NUMBER(&track, uuid, uuid);
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

uint64_t pf_process_uuid(struct perfetto *pf, uint32_t process)
{
	uint64_t uuid = pf_uuid(PF_TRACK_PROCESS, process);

	if (pf_is_new(&pf->process_told, process, 1))
		tell_process(pf, process, uuid);
	return uuid;
}

uint32_t pf_pid(const struct perfetto *pf, size_t track)
{
	return pf_process_pid(pf, pf->tracks.items.item[track].process);
}

uint32_t pf_tid(const struct perfetto *pf, size_t track)
{
	return pf->tracks.items.item[track].tid;
}

static char *thread_title(const struct perfetto *pf, const struct track *t)
{
	const struct profile_thread *thread;

	if (!t->thread)
		return strdup("[no thread]");
	thread = &pf->p->threads.item[t->thread - 1];
	return numbered(pf_string(pf, thread->name), thread->tid, t->tid);
}

uint64_t pf_thread_uuid(struct perfetto *pf, size_t index)
{
	const struct track *t = &pf->tracks.items.item[index];
	uint64_t uuid = pf_uuid(PF_TRACK_THREAD, index);
	PF(ThreadDescriptor) thread = PF_C(THREAD_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);

	if (!pf_is_new(&pf->thread_told, (uint32_t)index, 1))
		return uuid;
	pf_process_uuid(pf, t->process);
	PF_NUMBER(&thread, pid, (int32_t)pf_pid(pf, index));
	PF_NUMBER(&thread, tid, t->tid);
	thread.thread_name = thread_title(pf, t);
	PF_NUMBER(&track, uuid, uuid);
	track.thread = &thread;
	pf_put_track(pf, &track);
	free(thread.thread_name);
	return uuid;
}

void pf_tell_threads(struct perfetto *pf)
{
	tracks_make(&pf->tracks, pf->p);
	choose_labels(pf);
	for (size_t i = 0; i < pf->p->threads.count; i++)
		if (pf->tracks.items.item[i].is_shown)
			pf_thread_uuid(pf, i);
}
