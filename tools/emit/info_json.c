/* pinfo --json; tools/README.md describes the keys. */
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/cli/json.h"
#include "tools/core/class_names.h"
#include "tools/core/hex.h"
#include "tools/core/recordings.h"
#include "tools/core/report.h"
#include "tools/emit/info.h"

static void put_id(struct json *j, const struct profile *p, const char *key, uint32_t id)
{
	struct ptf_text text = profile_string(p, id);

	json_string(j, key, text.data, text.size);
}

static void put_hex(struct json *j, const char *key, const uint8_t *data, size_t size)
{
	char text[64];
	size_t most = sizeof(text) / 2 - 1;

	hex_write(text, data, size < most ? size : most);
	json_literal(j, key, text);
}

static void put_section(struct json *j, const struct profile *p,
	const struct info_section *s)
{
	static const char *const block_names[] = {"", "section_start", "definitions",
		"samples", "aggregates", "edges", "counters", "marks", "clock", "facts",
		"losses", "section_end"};
	const struct profile_section *section = &p->sections.item[s->profile_section];

	json_object(j, NULL);
	json_unsigned(j, "offset", s->bytes.offset);
	json_unsigned(j, "bytes", s->bytes.size_bytes);
	json_bool(j, "has_end", s->bytes.has_end);
	json_bool(j, "has_index", s->bytes.has_index);
	json_unsigned(j, "format_major", section->format_major);
	json_unsigned(j, "format_minor", section->format_minor);
	json_unsigned(j, "features_compatible", s->bytes.features_compatible);
	json_unsigned(j, "features_read_only", s->bytes.features_read_only);
	put_hex(j, "trace_id", section->trace_id, sizeof(section->trace_id));
	put_id(j, p, "producer", section->producer);
	put_id(j, p, "host", section->host);
	put_id(j, p, "command", section->command);
	json_integer(j, "origin_realtime_ns", section->origin_realtime_ns);
	json_integer(j, "origin_monotonic_ns", section->origin_monotonic_ns);
	json_integer(j, "elapsed_ns", section->end_ns);
	json_unsigned(j, "sample_period_ns", section->period_ns);
	json_unsigned(j, "time_resolution_ns", section->resolution_ns);
	json_unsigned(j, "samples", section->sample_count);
	json_inline_object(j, "blocks");
	for (size_t k = 1; k < sizeof(block_names) / sizeof(block_names[0]); k++)
		if (section->block_count[k])
			json_unsigned(j, block_names[k], section->block_count[k]);
	json_end(j);
	json_object(j, "attributes");
	for (size_t i = 0; i < section->attributes.count; i++) {
		const struct ptf_attribute *a = &section->attributes.item[i];

		json_key(j, a->key.data, a->key.size);
		json_string(j, NULL, a->value.data, a->value.size);
	}
	json_end(j);
	json_end(j);
}

static void put_files(struct json *j, const struct trace_info *info)
{
	json_array(j, "files");
	for (size_t i = 0; i < info->files.count; i++) {
		const struct info_file *f = &info->files.item[i];

		json_object(j, NULL);
		json_literal(j, "path", f->path);
		json_unsigned(j, "bytes", f->file_bytes);
		json_unsigned(j, "payload_bytes", f->payload_bytes);
		json_bool(j, "is_whole", f->is_whole);
		json_array(j, "notes");
		for (size_t k = 0; k < f->notes.count; k++) {
			json_inline_object(j, NULL);
			if (f->notes.item[k].has_offset)
				json_unsigned(j, "offset", f->notes.item[k].offset);
			else
				json_null(j, "offset");
			json_integer(j, "code", f->notes.item[k].code);
			json_literal(j, "message", f->notes.item[k].message);
			json_end(j);
		}
		json_end(j);
		json_array(j, "sections");
		for (size_t k = 0; k < f->sections.count; k++)
			put_section(j, info->profile, &f->sections.item[k]);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void put_class_ns(struct json *j, const struct class_times *times)
{
	for (uint32_t k = 0; k < PTF_CLASS_KIND_COUNT; k++) {
		char key[24];

		snprintf(key, sizeof(key), "%s_ns", class_name(k));
		json_integer(j, key, times->ns[k]);
	}
}

static void put_classes(struct json *j, const struct profile *p)
{
	VEC(struct profile_cell) sums = {0}; /* [class] */

	vec_cover(&sums, p->classes.items.count);
	for (size_t i = 0; i < p->cells.count; i++) {
		sums.item[p->cells.item[i].class_id].count += p->cells.item[i].count;
		sums.item[p->cells.item[i].class_id].time_ns += p->cells.item[i].time_ns;
	}
	json_array(j, "classes");
	for (uint32_t id = 0; id < sums.count; id++) {
		struct profile_class c = profile_get_class(p, id);

		if (!sums.item[id].count)
			continue;
		json_inline_object(j, NULL);
		json_literal(j, "class", class_name(c.kind));
		put_id(j, p, "detail", c.detail);
		json_unsigned(j, "samples", sums.item[id].count);
		json_integer(j, "time_ns", sums.item[id].time_ns);
		json_end(j);
	}
	json_end(j);
	vec_free(&sums);
}

static void put_text(struct json *j, const char *key, struct ptf_text text)
{
	json_string(j, key, text.data, text.size);
}

static void put_recordings(struct json *j, const struct profile *p,
	const struct recordings *recordings)
{
	json_array(j, "recordings");
	for (size_t i = 0; i < recordings->of.count; i++) {
		const struct recording *r = &recordings->of.item[i];
		const struct ptf_attribute *a;

		json_object(j, NULL);
		json_unsigned(j, "section", r->section);
		json_bool(j, "is_merged", r->process != 0);
		json_unsigned(j, "parts", r->part_count);
		put_text(j, "run", r->run);
		put_text(j, "host", r->host);
		put_text(j, "rank", r->rank);
		put_text(j, "command", r->command);
		json_integer(j, "start_ns", r->start_ns);
		json_bool(j, "has_end", r->has_end);
		json_integer(j, "elapsed_ns", r->elapsed_ns);
		json_unsigned(j, "samples", r->sample_count);
		json_object(j, "attributes");
		for (size_t k = 0; (a = recording_attribute(p, r, k)) != NULL; k++) {
			json_key(j, a->key.data, a->key.size);
			put_text(j, NULL, a->value);
		}
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

/* Where it cannot be known, null. */
static void put_error(struct json *j, const char *key, double bytes)
{
	if (bytes >= 0)
		json_number(j, key, bytes);
	else
		json_null(j, key);
}

static void put_memory_use(struct json *j, const struct heap_use *use)
{
	json_integer(j, "peak_bytes", use->peak_bytes);
	put_error(j, "peak_error_bytes", use->peak_error_bytes);
	json_integer(j, "average_bytes", use->average_bytes);
	json_integer(j, "live_bytes", use->live_bytes);
	put_error(j, "live_error_bytes", use->live_error_bytes);
	json_integer(j, "allocated_python_bytes", use->allocated_bytes[HEAP_PYTHON]);
	json_integer(j, "allocated_native_bytes", use->allocated_bytes[HEAP_NATIVE]);
	put_error(j, "allocated_error_bytes", use->allocated_error_bytes);
	json_integer(j, "copied_bytes", use->copied_bytes);
	json_unsigned(j, "allocation_samples", use->allocation_count);
	json_unsigned(j, "free_samples", use->free_count);
	json_unsigned(j, "copy_samples", use->copy_count);
}

static void put_memory(struct json *j, const struct trace_info *info)
{
	const struct heap *heap = &info->heap;

	if (!info->has_memory) {
		json_null(j, "memory");
		return;
	}
	json_object(j, "memory");
	put_memory_use(j, &heap->all);
	if (heap->has_time)
		json_integer(j, "peak_ns", heap->peak_ns);
	else
		json_null(j, "peak_ns");
	json_end(j);
}

static void put_processes(struct json *j, const struct profile *p,
	const struct heap *heap, const struct recordings *recordings)
{
	json_array(j, "processes");
	for (size_t i = 0; i < p->processes.count; i++) {
		const struct profile_process *process = &p->processes.item[i];

		if (profile_is_recording(p, (uint32_t)i + 1))
			continue;
		json_object(j, NULL);
		json_unsigned(j, "section", process->section);
		json_unsigned(j, "recording", recordings->of_process.item[i + 1]);
		json_unsigned(j, "pid", process->pid);
		json_unsigned(j, "parent_pid",
			process->parent ? p->processes.item[process->parent - 1].pid : 0);
		put_id(j, p, "executable", process->executable);
		json_inline_array(j, "arguments");
		for (size_t k = 0; k < process->arguments.count; k++)
			put_id(j, p, NULL, process->arguments.item[k]);
		json_end(j);
		put_id(j, p, "python_version", process->python);
		if (process->not_followed)
			put_id(j, p, "not_followed", process->not_followed);
		json_integer(j, "start_ns", process->start_ns);
		json_bool(j, "has_end", process->has_end);
		if (process->has_end) {
			json_integer(j, "end_ns", process->end.time_ns);
			json_integer(j, "exit_status", process->end.exit_status);
			json_unsigned(j, "cpu_ns", process->end.cpu_ns);
			json_unsigned(j, "user_ns", process->end.user_ns);
			json_unsigned(j, "system_ns", process->end.system_ns);
			json_unsigned(j, "major_faults", process->end.major_fault_count);
			json_unsigned(j, "minor_faults", process->end.minor_fault_count);
			json_unsigned(j, "maximum_rss_bytes",
				process->end.maximum_rss_bytes);
		}
		if (i + 1 < heap->processes.count) {
			json_object(j, "memory");
			put_memory_use(j, &heap->processes.item[i + 1]);
			json_end(j);
		}
		json_end(j);
	}
	json_end(j);
}

static void put_threads(struct json *j, const struct profile *p)
{
	struct class_times *times = report_thread_times(p);

	json_array(j, "threads");
	for (uint32_t id = 1; id <= p->threads.count; id++) {
		const struct profile_thread *thread = &p->threads.item[id - 1];

		json_inline_object(j, NULL);
		json_unsigned(j, "pid",
			thread->process ? p->processes.item[thread->process - 1].pid : 0);
		json_unsigned(j, "tid", thread->tid);
		put_id(j, p, "name", thread->name);
		json_bool(j, "is_main", thread->is_main);
		json_integer(j, "start_ns", thread->start_ns);
		if (thread->has_end) {
			json_integer(j, "end_ns", thread->end_ns);
			json_unsigned(j, "cpu_ns", thread->cpu_ns);
		}
		json_unsigned(j, "samples", thread->sample_count);
		put_class_ns(j, &times[id]);
		json_end(j);
	}
	json_end(j);
	free(times);
}

static void put_metrics(struct json *j, const struct profile *p)
{
	json_array(j, "metrics");
	for (uint32_t id = 1; id < p->metric_use.count; id++) {
		const struct profile_metric_use *use = &p->metric_use.item[id];
		struct profile_metric m = profile_get_metric(p, id);

		json_inline_object(j, NULL);
		put_id(j, p, "name", m.name);
		put_id(j, p, "unit", m.unit);
		put_id(j, p, "description", m.description);
		json_unsigned(j, "samples", use->sample_count);
		json_unsigned(j, "points", use->point_count);
		json_unsigned(j, "aggregates", use->aggregate_count);
		json_unsigned(j, "edges", use->edge_count);
		json_integer(j, "sum", use->sum);
		json_end(j);
	}
	json_end(j);
}

static void put_losses_and_marks(struct json *j, const struct profile *p)
{
	static const char *const kinds[] = {"instant", "begin", "end", "recording_on",
		"recording_off"};

	json_array(j, "losses");
	for (size_t i = 0; i < p->losses.count; i++) {
		json_inline_object(j, NULL);
		json_unsigned(j, "section", p->losses.item[i].section);
		put_id(j, p, "kind", p->losses.item[i].kind);
		json_unsigned(j, "count", p->losses.item[i].count);
		json_unsigned(j, "weight_ns", p->losses.item[i].weight_ns);
		json_end(j);
	}
	json_end(j);
	json_array(j, "marks");
	for (size_t i = 0; i < p->marks.count; i++) {
		const struct profile_mark *m = &p->marks.item[i];

		json_inline_object(j, NULL);
		json_unsigned(j, "section", m->section);
		json_integer(j, "time_ns", m->time_ns);
		json_unsigned(j, "tid",
			m->thread ? p->threads.item[m->thread - 1].tid : 0);
		json_literal(j, "kind", m->kind < 5 ? kinds[m->kind] : "unknown");
		put_id(j, p, "name", m->name);
		json_end(j);
	}
	json_end(j);
}

static void put_sources(struct json *j, const struct profile *p)
{
	json_array(j, "sources");
	for (uint32_t file = 1; file < p->source_of_file.count; file++) {
		const struct profile_source *s = profile_source_of(p, file);

		if (!s)
			continue;
		json_inline_object(j, NULL);
		put_id(j, p, "file", file);
		json_unsigned(j, "bytes", s->text.size);
		json_unsigned(j, "file_bytes", s->size_bytes);
		json_unsigned(j, "file_lines", s->line_count);
		json_bool(j, "is_excerpt", s->is_excerpt);
		json_bool(j, "changed_after_start", s->changed_after_start);
		json_end(j);
	}
	json_end(j);
}

static void put_definitions(struct json *j, const struct info_definitions *d)
{
	json_inline_object(j, "definitions");
	json_unsigned(j, "strings", d->strings);
	json_unsigned(j, "modules", d->modules);
	json_unsigned(j, "functions", d->functions);
	json_unsigned(j, "frames", d->frames);
	json_unsigned(j, "stacks", d->stacks);
	json_end(j);
}

static void put_sizes(struct json *j, const struct trace_info *info)
{
	json_array(j, "sizes");
	for (size_t i = 0; i < info->sizes.count; i++) {
		const struct info_size *s = &info->sizes.item[i];

		json_inline_object(j, NULL);
		json_literal(j, "part", s->name);
		json_unsigned(j, "raw_bytes", s->raw_bytes);
		if (info->has_packed_sizes)
			json_unsigned(j, "packed_bytes", s->packed_bytes);
		else
			json_null(j, "packed_bytes");
		json_end(j);
	}
	json_end(j);
}

void info_write_json(FILE *out, const struct trace_info *info)
{
	const struct profile *p = info->profile;
	struct recordings recordings;
	struct class_times all;
	struct json j;

	profile_class_times(p, all.ns);
	json_begin(&j, out);
	json_object(&j, NULL);
	json_literal(&j, "ptf_version", PTF_VERSION_STRING);
	json_unsigned(&j, "sections", p->sections.count);
	json_unsigned(&j, "samples", p->sample_count);
	json_unsigned(&j, "bytes", info->file_bytes);
	json_integer(&j, "elapsed_ns", profile_elapsed_ns(p));
	json_integer(&j, "cpu_ns", class_times_cpu(&all));
	put_class_ns(&j, &all);
	put_files(&j, info);
	put_classes(&j, p);
	put_memory(&j, info);
	recordings_find(&recordings, p);
	put_recordings(&j, p, &recordings);
	put_processes(&j, p, &info->heap, &recordings);
	recordings_free(&recordings);
	put_threads(&j, p);
	put_metrics(&j, p);
	put_losses_and_marks(&j, p);
	put_sources(&j, p);
	put_definitions(&j, &info->definitions);
	put_sizes(&j, info);
	json_end(&j);
	json_finish(&j);
}
