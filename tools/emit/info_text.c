/* pinfo: for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/cli/text.h"
#include "tools/core/class_names.h"
#include "tools/core/heap_interval.h"
#include "tools/core/recordings.h"
#include "tools/core/report.h"
#include "tools/core/texts.h"
#include "tools/core/units.h"
#include "tools/emit/info.h"
#include "tools/emit/loss_words.h"
#include "tools/emit/memory_words.h"

/* Lists longer than this are cut unless all was asked for. */
#define LIST_MAX 10

/* What label() takes. */
#define LABEL_COLUMNS 14

struct teller {
	FILE *out;
	const struct trace_info *info;
	const struct profile *p;
	const struct info_view *view;
	struct recordings recordings;
};

static void put_text(struct teller *t, struct ptf_text text)
{
	struct text_style style = {.unicode = t->view->terminal.unicode};

	text_put(t->out, text.data, text.size, &style);
}

static void put_id(struct teller *t, uint32_t string)
{
	put_text(t, profile_string(t->p, string));
}

/* "  time        ", then the caller goes on. */
static void label(struct teller *t, const char *name)
{
	fprintf(t->out, "  %s%-12s%s", terminal_paint(&t->view->terminal, PAINT_DIM),
		name, terminal_paint(&t->view->terminal, PAINT_PLAIN));
}

static size_t shown(const struct teller *t, size_t count)
{
	/* One more line costs no more than saying that there is one more. */
	return t->view->all || count <= LIST_MAX + 1 ? count : LIST_MAX;
}

static void put_more(struct teller *t, size_t count)
{
	size_t hidden = count - shown(t, count);

	if (hidden)
		fprintf(t->out, "              ... and %zu more (--all)\n", hidden);
}

/* --------------------------------------------------------------- files */

const char *info_file_name(const struct info_file *file)
{
	return strcmp(file->path, "-") ? file->path : "standard input";
}

/* "x86_64, AMD EPYC, 2 processors, Linux 6.1" */
static void put_host(struct teller *t, const struct profile_section *s)
{
	static const struct {
		const char *key, *before, *after;
	} parts[] = {
		{"host.name", "", ""},
		{"host.arch", "", ""},
		{"host.cpu_model", "", ""},
		{"host.cpu_count", "", " processors"},
		{"host.kernel", "kernel ", ""},
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct ptf_text value = profile_section_attribute(s, parts[i].key);
		bool one = value.size == 1 && value.data[0] == '1' && *parts[i].after;

		if (!value.size)
			continue;
		if (!any)
			label(t, "host");
		fprintf(t->out, "%s%s", any ? ", " : "", parts[i].before);
		put_text(t, value);
		fputs(one ? " processor" : parts[i].after, t->out);
		any = true;
	}
	if (any)
		fputc('\n', t->out);
}

/* Those that no other line shows. */
static void put_attributes(struct teller *t, const struct profile_section *s)
{
	static const char *const shown_elsewhere[] = {"run.command", "run.cwd",
		"host.name", "host.arch", "host.cpu_model", "host.cpu_count",
		"host.kernel", "part.of", "part.selection", "stripped"};
	bool any = false;

	for (size_t i = 0; i < s->attributes.count; i++) {
		struct ptf_attribute a = s->attributes.item[i];
		bool hidden = a.value.size == 0;

		for (size_t k = 0; k < sizeof(shown_elsewhere) / sizeof(char *); k++)
			hidden |= text_is(a.key, shown_elsewhere[k]);
		if (hidden)
			continue;
		label(t, any ? "" : "attributes");
		any = true;
		put_text(t, a.key);
		fputs(" = ", t->out);
		put_text(t, a.value);
		fputc('\n', t->out);
	}
}

/* What pconv --to ptf made of it. */
static void put_rewrite(struct teller *t, const struct profile_section *s)
{
	struct ptf_text of = profile_section_attribute(s, "part.of");
	struct ptf_text part = profile_section_attribute(s, "part.selection");
	struct ptf_text stripped = profile_section_attribute(s, "stripped");

	if (part.size) {
		label(t, "a part");
		put_text(t, part);
		fputs("; of the recording ", t->out);
		put_text(t, of);
		fputc('\n', t->out);
	}
	if (stripped.size) {
		label(t, "stripped");
		fputs("of ", t->out);
		put_text(t, stripped);
		fputc('\n', t->out);
	}
}

static void put_section(struct teller *t, const struct info_section *s)
{
	const struct profile_section *section = &t->p->sections.item[s->profile_section];
	time_t seconds = (time_t)(section->origin_realtime_ns / NS_PER_SECOND);
	char when[40] = "at an unknown time", elapsed[UNITS_SIZE], count[UNITS_SIZE];
	struct tm tm;

	if (section->origin_realtime_ns > 0 && localtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	label(t, "recorded");
	fprintf(t->out, "%s by ", when);
	put_id(t, section->producer);
	fprintf(t->out, "; format %" PRIu32 ".%" PRIu32 "\n", section->format_major,
		section->format_minor);
	if (section->command) {
		label(t, "command");
		put_id(t, section->command);
		fputc('\n', t->out);
	}
	if (section->directory) {
		label(t, "in folder");
		put_id(t, section->directory);
		fputc('\n', t->out);
	}
	put_host(t, section);
	label(t, "elapsed");
	fprintf(t->out, "%s; %s sample%s", units_time(elapsed, section->end_ns),
		units_count(count, section->sample_count),
		section->sample_count == 1 ? "" : "s");
	if (section->period_ns)
		fprintf(t->out, ", asked for one every %s",
			units_time(elapsed, (int64_t)section->period_ns));
	fputc('\n', t->out);
	label(t, "whole");
	if (s->bytes.has_end && s->bytes.has_index)
		fputs("yes: end and index are there\n", t->out);
	else if (s->bytes.has_end)
		fputs("the index is missing (readers rebuild it)\n", t->out);
	else
		fputs("no: cut short, without an end\n", t->out);
	put_rewrite(t, section);
	put_attributes(t, section);
}

static void put_file(struct teller *t, const struct info_file *f)
{
	char size[UNITS_SIZE], payload[UNITS_SIZE];

	fputs(terminal_paint(&t->view->terminal, PAINT_TITLE), t->out);
	put_text(t, (struct ptf_text){info_file_name(f), strlen(info_file_name(f))});
	fprintf(t->out, "%s: %s (%" PRIu64 "), %s unpacked, %zu section%s%s\n",
		terminal_paint(&t->view->terminal, PAINT_PLAIN),
		units_bytes(size, f->file_bytes), f->file_bytes,
		units_bytes(payload, f->payload_bytes), f->sections.count,
		f->sections.count == 1 ? "" : "s", f->is_whole ? "" : ", not whole");
	for (size_t i = 0; i < f->notes.count; i++) {
		label(t, i ? "" : "damage");
		if (f->notes.item[i].has_offset)
			fprintf(t->out, "at offset 0x%" PRIx64 ": ",
				f->notes.item[i].offset);
		put_text(t,
			(struct ptf_text){f->notes.item[i].message,
				strlen(f->notes.item[i].message)});
		fputc('\n', t->out);
	}
	for (size_t i = 0; i < shown(t, f->sections.count); i++) {
		if (f->sections.count > 1)
			fprintf(t->out, " section %zu at offset 0x%" PRIx64 ", %s\n", i,
				f->sections.item[i].bytes.offset,
				units_bytes(size, f->sections.item[i].bytes.size_bytes));
		put_section(t, &f->sections.item[i]);
	}
	put_more(t, f->sections.count);
}

/* -------------------------------------- recordings, processes, threads */

/* "rank 3 on node7, run 2, build=new", as far as there is such. */
static void put_identity(struct teller *t, const struct recording *r, unsigned run)
{
	const char *before = "";
	const struct ptf_attribute *a;

	if (r->rank.size) {
		fputs("rank ", t->out);
		put_text(t, r->rank);
		before = " ";
	}
	if (r->host.size) {
		fprintf(t->out, "%son ", before);
		put_text(t, r->host);
		before = ", ";
	}
	if (run) {
		fprintf(t->out, "%srun %u", before, run);
		before = ", ";
	}
	for (size_t i = 0; (a = recording_attribute(t->p, r, i)) != NULL; i++) {
		const size_t prefix = strlen("label.");

		if (a->key.size <= prefix || memcmp(a->key.data, "label.", prefix) != 0)
			continue;
		fputs(before, t->out);
		put_text(t,
			(struct ptf_text){a->key.data + prefix, a->key.size - prefix});
		fputc('=', t->out);
		put_text(t, a->value);
		before = ", ";
	}
	fputs(*before ? "; " : "", t->out);
}

static void put_recording(struct teller *t, const struct recording *r, unsigned run)
{
	char begin[UNITS_SIZE], elapsed[UNITS_SIZE], count[UNITS_SIZE];

	put_identity(t, r, run);
	if (r->part_count > 1)
		fprintf(t->out, "%zu parts; ", r->part_count);
	fprintf(t->out, "begins at %s, %s%s; %s sample%s, %zu process%s\n",
		units_time(begin, r->start_ns),
		r->has_end ? "lasts " : "was cut, lasts at least ",
		units_time(elapsed, r->elapsed_ns), units_count(count, r->sample_count),
		r->sample_count == 1 ? "" : "s", r->process_count,
		r->process_count == 1 ? "" : "es");
}

/* Of merged sections; of others all of it is told of the section. */
static void put_recordings(struct teller *t)
{
	const struct recordings *all = &t->recordings;
	struct intern runs = {0};
	VEC(const struct recording *) merged = {0};

	for (size_t i = 0; i < all->of.count; i++)
		if (all->of.item[i].process)
			vec_push(&merged, &all->of.item[i]);
	if (merged.count) {
		label(t, "recordings");
		fprintf(t->out, "%zu of %zu host%s", merged.count, all->host_count,
			all->host_count == 1 ? "" : "s");
		if (all->run_count)
			fprintf(t->out, ", %zu run%s", all->run_count,
				all->run_count == 1 ? "" : "s");
		fputc('\n', t->out);
	}
	for (size_t i = 0; i < shown(t, merged.count); i++) {
		const struct recording *r = merged.item[i];

		label(t, "");
		put_recording(t, r,
			r->run.size ? intern_bytes(&runs, r->run.data, r->run.size) : 0);
	}
	put_more(t, merged.count);
	intern_free(&runs);
	vec_free(&merged);
}

static void put_process(struct teller *t, uint32_t id)
{
	const struct profile_process *process = &t->p->processes.item[id - 1];
	struct ptf_text rank = profile_process_attribute(t->p, id, "run.rank");
	char cpu[UNITS_SIZE], memory[UNITS_SIZE];

	fprintf(t->out, "%-8" PRIu32, process->pid);
	if (process->arguments.count == 0)
		put_id(t, process->executable);
	for (size_t i = 0; i < process->arguments.count; i++) {
		fputs(i ? " " : "", t->out);
		put_id(t, process->arguments.item[i]);
	}
	if (process->python) {
		fputs("; Python ", t->out);
		put_id(t, process->python);
	}
	if (rank.size) {
		fputs("; rank ", t->out);
		put_text(t, rank);
	}
	if (t->recordings.host_count > 1) {
		fputs("; on ", t->out);
		put_text(t, profile_process_attribute(t->p, id, "host.name"));
	}
	if (process->not_followed) {
		fputs("; not followed: it ", t->out);
		put_id(t, process->not_followed);
	}
	if (!process->has_end) {
		fputs("; end not seen\n", t->out);
		return;
	}
	if (process->end.exit_status < 0)
		fputs("; exit not known", t->out);
	else
		fprintf(t->out, "; exit %" PRId32, process->end.exit_status);
	fprintf(t->out, ", CPU %s", units_time(cpu, (int64_t)process->end.cpu_ns));
	if (process->end.maximum_rss_bytes)
		fprintf(t->out, ", at most %s of memory",
			units_bytes(memory, process->end.maximum_rss_bytes));
	fputc('\n', t->out);
}

static void put_thread(struct teller *t, uint32_t id, const struct class_times *times)
{
	const struct profile_thread *thread = &t->p->threads.item[id - 1];
	char cpu[UNITS_SIZE], waits[UNITS_SIZE], count[UNITS_SIZE];

	fprintf(t->out, "%-8" PRIu32, thread->tid);
	if (profile_is_recording(t->p, thread->process))
		fputs(class_times_sum(times) == 0 ? "the whole recording"
				: thread->is_main ? "main threads"
						  : "other threads",
			t->out);
	else if (thread->name)
		put_id(t, thread->name);
	else
		fputs("(no name)", t->out);
	fprintf(t->out, "%s; %s sample%s, CPU %s, waits %s\n",
		thread->is_main && thread->tid ? " (main)" : "",
		units_count(count, thread->sample_count),
		thread->sample_count == 1 ? "" : "s",
		units_time(cpu, class_times_cpu(times)),
		units_time(waits, class_times_waits(times)));
}

static void put_people(struct teller *t)
{
	struct class_times *times = report_thread_times(t->p);
	size_t count = profile_process_count(t->p), told = 0;
	char label_text[40];

	snprintf(label_text, sizeof(label_text), "process%s", count == 1 ? "" : "es");
	for (uint32_t id = 1; told < shown(t, count); id++) {
		if (profile_is_recording(t->p, id))
			continue;
		label(t, told++ ? "" : label_text);
		put_process(t, id);
	}
	put_more(t, count);
	count = t->p->threads.count;
	snprintf(label_text, sizeof(label_text), "thread%s", count == 1 ? "" : "s");
	for (size_t i = 0; i < shown(t, count); i++) {
		label(t, i ? "" : label_text);
		put_thread(t, (uint32_t)i + 1, &times[i + 1]);
	}
	put_more(t, count);
	free(times);
}

/* ------------------------------------------------------------ contents */

/* What a row means, where its label alone does not say it. */
static void put_class_detail(struct teller *t, struct profile_class c)
{
	static const char *const meaning[PTF_CLASS_KIND_COUNT] = {
		[PTF_CLASS_UNKNOWN] = "CPU time that no sample stands for",
		[PTF_CLASS_RUNNABLE] = "to run, but no processor was free",
		[PTF_CLASS_GIL] = "waiting for it",
		[PTF_CLASS_WAIT] = "for what is not known",
	};

	if (c.detail) {
		fputs("  ", t->out);
		put_id(t, c.detail);
	} else if (c.kind < PTF_CLASS_KIND_COUNT && meaning[c.kind]) {
		fprintf(t->out, "  %s", meaning[c.kind]);
	}
}

static void put_classes(struct teller *t)
{
	struct class_times times;
	VEC(uint64_t) counts = {0};
	VEC(int64_t) ns = {0};
	char text[UNITS_SIZE], count[UNITS_SIZE];
	int64_t all;
	bool first = true;

	profile_class_times(t->p, times.ns);
	all = class_times_sum(&times);
	vec_cover(&counts, t->p->classes.items.count);
	vec_cover(&ns, t->p->classes.items.count);
	for (size_t i = 0; i < t->p->cells.count; i++) {
		counts.item[t->p->cells.item[i].class_id] += t->p->cells.item[i].count;
		ns.item[t->p->cells.item[i].class_id] += t->p->cells.item[i].time_ns;
	}
	for (uint32_t id = 0; id < counts.count; id++) {
		struct profile_class c = profile_get_class(t->p, id);

		if (!counts.item[id])
			continue;
		label(t, first ? "time" : "");
		first = false;
		fprintf(t->out, "%-9s", class_label(c.kind));
		fprintf(t->out, "%12s %6.2f %%  %12s sample%s",
			units_time(text, ns.item[id]),
			units_percent((double)ns.item[id], (double)all),
			units_count(count, counts.item[id]),
			counts.item[id] == 1 ? "" : "s");
		put_class_detail(t, c);
		fputc('\n', t->out);
	}
	vec_free(&counts);
	vec_free(&ns);
	if (first)
		return;
	label(t, "");
	fprintf(t->out, "%-9s%12s CPU", "all", units_time(text, class_times_cpu(&times)));
	if (class_times_lack_samples(&times))
		fprintf(t->out, " (%s of it unsampled)",
			units_time(text, times.ns[PTF_CLASS_UNKNOWN]));
	fprintf(t->out, ", %s with the waits of all threads\n", units_time(text, all));
}

/* ", one each 512 KiB": of the first section that says it. */
static void put_interval(struct teller *t, const char *key)
{
	for (size_t i = 0; i < t->p->sections.count; i++) {
		struct ptf_text value =
			profile_section_attribute(&t->p->sections.item[i], key);
		char digits[24], size[UNITS_SIZE];

		if (!value.size)
			continue;
		snprintf(digits, sizeof(digits), "%.*s", (int)value.size, value.data);
		fprintf(t->out, ", one every %s",
			units_bytes(size, strtoull(digits, NULL, 10)));
		return;
	}
}

static void put_memory(struct teller *t)
{
	const struct heap *heap = &t->info->heap;
	const struct text_style style = {.unicode = t->view->terminal.unicode,
		.max_columns = t->view->terminal.columns};
	char words[MEMORY_WORDS_SIZE], time[UNITS_SIZE], count[UNITS_SIZE];

	if (!t->info->has_memory)
		return;
	label(t, "memory");
	text_wrap(t->out, memory_words(words, heap, style.unicode), &style, LABEL_COLUMNS,
		LABEL_COLUMNS);
	fputc('\n', t->out);
	label(t, "");
	if (heap->has_time)
		fprintf(t->out, "peak at %s; ", units_time_brief(time, heap->peak_ns));
	fprintf(t->out, "%s sample%s of allocations",
		units_count(count, heap->all.allocation_count),
		heap->all.allocation_count == 1 ? "" : "s");
	put_interval(t, HEAP_INTERVAL_KEY);
	fprintf(t->out, "; %s of copies", units_count(count, heap->all.copy_count));
	put_interval(t, HEAP_COPY_INTERVAL_KEY);
	fputc('\n', t->out);
}

static void put_metrics(struct teller *t)
{
	bool first = true;

	for (uint32_t id = 1; id < t->p->metric_use.count; id++) {
		const struct profile_metric_use *use = &t->p->metric_use.item[id];
		struct profile_metric m = profile_get_metric(t->p, id);
		struct ptf_text unit = profile_string(t->p, m.unit);
		bool is_time = text_is(unit, "ns");
		char count[UNITS_SIZE], sum[UNITS_SIZE];

		if (!(use->sample_count + use->point_count + use->aggregate_count +
			    use->edge_count))
			continue;
		label(t, first ? "metrics" : "");
		first = false;
		put_id(t, m.name);
		fputs(" (", t->out);
		put_id(t, m.unit);
		fputs(")", t->out);
		if (use->sample_count)
			fprintf(t->out, ": %s sample%s",
				units_count(count, use->sample_count),
				use->sample_count == 1 ? "" : "s");
		if (use->point_count)
			fprintf(t->out, ": %s points",
				units_count(count, use->point_count));
		if (use->aggregate_count)
			fprintf(t->out, ": %s sums%s%s",
				units_count(count, use->aggregate_count),
				is_time ? ", " : "",
				is_time ? units_time_brief(sum, use->sum) : "");
		if (use->edge_count)
			fprintf(t->out, ": %s calls",
				units_count(count, use->edge_count));
		fputc('\n', t->out);
	}
}

static void put_losses_and_marks(struct teller *t)
{
	static const char *const kinds[] = {"", "begin of ", "end of ", "recording on",
		"recording off"};
	const struct text_style style = {.unicode = t->view->terminal.unicode,
		.max_columns = t->view->terminal.columns};
	char time[UNITS_SIZE];
	struct loss_told told;

	for (size_t i = 0; loss_tell(t->p, i, &told); i++) {
		label(t, i ? "" : "losses");
		text_wrap(t->out, told.text, &style, LABEL_COLUMNS, LABEL_COLUMNS);
		fputc('\n', t->out);
	}
	for (size_t i = 0; i < shown(t, t->p->marks.count); i++) {
		const struct profile_mark *m = &t->p->marks.item[i];

		label(t, i ? "" : "marks");
		fprintf(t->out, "at %s: %s", units_time(time, m->time_ns),
			m->kind < 5 ? kinds[m->kind] : "");
		put_id(t, m->name);
		fputc('\n', t->out);
	}
	put_more(t, t->p->marks.count);
}

static void put_sources(struct teller *t)
{
	const struct info_definitions *d = &t->info->definitions;
	uint64_t bytes = 0;
	size_t excerpts = 0, changed = 0;
	char size[UNITS_SIZE];

	for (size_t i = 0; i < t->p->sources.count; i++) {
		bytes += t->p->sources.item[i].text.size;
		excerpts += t->p->sources.item[i].is_excerpt;
		changed += t->p->sources.item[i].changed_after_start;
	}
	label(t, "sources");
	fprintf(t->out, "%zu file%s, %s", t->p->sources.count,
		t->p->sources.count == 1 ? "" : "s", units_bytes(size, bytes));
	if (excerpts)
		fprintf(t->out, ", %zu only in part", excerpts);
	if (changed)
		fprintf(t->out, ", %zu changed after the program started", changed);
	fputc('\n', t->out);
	label(t, "definitions");
	fprintf(t->out,
		"stacks %zu, frames %zu, functions %zu, modules %zu, strings %zu\n",
		d->stacks, d->frames, d->functions, d->modules, d->strings);
}

/* --------------------------------------------------------------- sizes */

static void put_sizes(struct teller *t)
{
	const struct trace_info *info = t->info;
	double samples = (double)t->p->sample_count;
	char raw[UNITS_SIZE], packed[UNITS_SIZE];
	uint64_t total = trace_info_packed(info, "");

	if (samples > 0) {
		label(t, "per sample");
		fprintf(t->out, "%.3f bytes", (double)info->file_bytes / samples);
		if (info->has_packed_sizes) {
			/* Parts compress better together than one by one: what
			   a part takes of the file is its share of the sum. */
			double all = (double)total / (double)info->file_bytes;
			double sources =
				(double)trace_info_packed(info, "facts.source") / all;
			double definitions =
				(double)trace_info_packed(info, "definitions.") / all;

			fprintf(t->out,
				"; about %.3f without sources, %.3f without definitions "
				"too",
				((double)info->file_bytes - sources) / samples,
				((double)info->file_bytes - sources - definitions) /
					samples);
		}
		fputc('\n', t->out);
	}
	if (!info->has_packed_sizes)
		return;
	label(t, "bytes");
	fprintf(t->out, "%-28s %12s %12s  (each part compressed by itself)\n", "",
		"unpacked", "packed");
	for (size_t i = 0; i < shown(t, info->sizes.count); i++) {
		const struct info_size *s = &info->sizes.item[i];

		label(t, "");
		fprintf(t->out, "%-28s %12s %12s %5.1f %%\n", s->name,
			units_count(raw, s->raw_bytes),
			units_count(packed, s->packed_bytes),
			units_percent((double)s->packed_bytes, (double)total));
	}
	put_more(t, info->sizes.count);
}

void info_write_text(FILE *out, const struct trace_info *info,
	const struct info_view *view)
{
	struct teller t = {.out = out, .info = info, .p = info->profile, .view = view};

	recordings_find(&t.recordings, t.p);
	for (size_t i = 0; i < info->files.count; i++)
		put_file(&t, &info->files.item[i]);
	if (info->files.count > 1)
		fprintf(out, "%sall together%s\n",
			terminal_paint(&view->terminal, PAINT_TITLE),
			terminal_paint(&view->terminal, PAINT_PLAIN));
	put_recordings(&t);
	put_people(&t);
	put_classes(&t);
	put_memory(&t);
	put_metrics(&t);
	put_losses_and_marks(&t);
	put_sources(&t);
	put_sizes(&t);
	recordings_free(&t.recordings);
}
