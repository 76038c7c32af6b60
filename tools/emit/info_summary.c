/* pinfo --summary: what prec shows when it has recorded. */
#include <inttypes.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/report.h"
#include "tools/core/units.h"
#include "tools/emit/info.h"

/* How many of the busiest lines are named. */
#define LINES 3

struct busy_line {
	uint32_t file, line;
	int64_t ns;
};

static void find_busy_lines(const struct report *r, struct busy_line busy[LINES])
{
	for (size_t i = 0; i < r->files.count; i++)
		for (size_t k = 0; k < r->files.item[i].lines.count; k++) {
			const struct report_line *l = &r->files.item[i].lines.item[k];
			struct busy_line candidate = {r->files.item[i].file, l->line,
				class_times_sum(&l->self)};

			for (size_t n = 0; n < LINES; n++) {
				struct busy_line weaker = busy[n];

				if (candidate.ns <= weaker.ns)
					continue;
				busy[n] = candidate;
				candidate = weaker;
			}
		}
}

static void put_busy_line(FILE *out, const struct profile *p, bool unicode,
	const struct busy_line *busy, double percent)
{
	struct ptf_text path = profile_string(p, busy->file), text = {"", 0};
	const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;
	struct text_style style = {.unicode = unicode, .max_columns = 50};

	if (slash)
		path = (struct ptf_text){
			slash + 1, path.size - (size_t)(slash + 1 - path.data)};
	fprintf(out, "  %3.0f %%  ", percent);
	text_put(out, path.data, path.size, &style);
	fprintf(out, ":%" PRIu32 "  ", busy->line);
	profile_source_line(profile_source_of(p, busy->file), busy->line, &text);
	while (text.size && (*text.data == ' ' || *text.data == '\t')) {
		text.data++;
		text.size--;
	}
	text_put(out, text.data, text.size, &style);
	fputc('\n', out);
}

static void put_shares(FILE *out, const struct report *r)
{
	static const struct {
		enum ptf_class kind;
		const char *name;
	} classes[] = {
		{PTF_CLASS_PYTHON, "Python"},
		{PTF_CLASS_NATIVE, "native"},
		{PTF_CLASS_KERNEL, "kernel"},
		{PTF_CLASS_RUNNABLE, "ready, not running"},
		{PTF_CLASS_GIL, "waiting for the GIL"},
		{PTF_CLASS_WAIT, "waiting"},
		{PTF_CLASS_UNKNOWN, "unknown"},
	};
	const char *comma = "  ";

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		double percent = units_percent(
			(double)r->all.ns[classes[i].kind], (double)r->all_ns);

		if (percent < 1)
			continue;
		fprintf(out, "%s%s %.0f %%", comma, classes[i].name, percent);
		comma = "; ";
	}
	fputc('\n', out);
}

static void put_losses(FILE *out, const struct profile *p, const struct text_style *style)
{
	char count[UNITS_SIZE];

	for (size_t i = 0; i < p->losses.count; i++) {
		struct ptf_text kind = profile_string(p, p->losses.item[i].kind);

		fputs(i ? ", " : "  losses: ", out);
		text_put(out, kind.data, kind.size, style);
		fprintf(out, " %s", units_count(count, p->losses.item[i].count));
	}
	if (p->losses.count)
		fputc('\n', out);
}

void info_write_summary(
	FILE *out, const struct trace_info *info, const struct info_view *view)
{
	const struct profile *p = info->profile;
	const struct report_options options = {0};
	const struct text_style style = {.unicode = view->terminal.unicode};
	struct busy_line busy[LINES] = {{0}};
	char size[UNITS_SIZE], count[UNITS_SIZE], elapsed[UNITS_SIZE], cpu[UNITS_SIZE];
	struct report r;

	report_make(&r, p, &options);
	fputs(terminal_paint(&view->terminal, PAINT_TITLE), out);
	for (size_t i = 0; i < info->files.count; i++) {
		fputs(i ? ", " : "", out);
		text_put(out, info->files.item[i].path, strlen(info->files.item[i].path),
			&style);
	}
	fprintf(out,
		"%s: %s, %s samples; elapsed %s, CPU %s, %zu process%s, %zu thread%s\n",
		terminal_paint(&view->terminal, PAINT_PLAIN),
		units_bytes(size, info->file_bytes), units_count(count, p->sample_count),
		units_time(elapsed, profile_elapsed_ns(p)),
		units_time(cpu, class_times_cpu(&r.all)), p->processes.count,
		p->processes.count == 1 ? "" : "es", p->threads.count,
		p->threads.count == 1 ? "" : "s");
	if (r.all_ns)
		put_shares(out, &r);
	find_busy_lines(&r, busy);
	for (size_t i = 0; i < LINES; i++) {
		double percent = units_percent((double)busy[i].ns, (double)r.all_ns);

		if (percent >= 1)
			put_busy_line(out, p, style.unicode, &busy[i], percent);
	}
	put_losses(out, p, &style);
	report_free(&r);
}
