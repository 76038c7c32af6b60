#include "tools/emit/table_header.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/cli/text.h"
#include "tools/core/recordings.h"
#include "tools/core/units.h"

void table_prose(FILE *out, const struct terminal *terminal, const char *text)
{
	struct text_style style = {.unicode = terminal->unicode,
		.max_columns = terminal->columns};

	text_wrap(out, text, &style, 0, 0);
	fputc('\n', out);
}

static const char *when(char text[40], int64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_SECOND);
	struct tm tm;

	if (realtime_ns <= 0 || !localtime_r(&seconds, &tm) ||
		!strftime(text, 40, ", %Y-%m-%d %H:%M:%S", &tm))
		text[0] = '\0';
	return text;
}

/* What is shown, when that is not all: how it was sampled stands above. */
static void put_selection(FILE *out, const struct profile *p,
	const struct terminal *terminal)
{
	char *selected = p->selection ? selection_text(p->selection) : NULL, *text;

	if (selected && *selected && asprintf(&text, "Selected: %s.", selected) >= 0) {
		table_prose(out, terminal, text);
		free(text);
	}
	free(selected);
}

/* What the trace itself is a part of: pconv --to ptf makes such. */
static void put_part(FILE *out, const struct profile *p, const struct terminal *terminal)
{
	struct ptf_text part = {"", 0};
	char *text;

	for (size_t i = 0; i < p->sections.count && !part.size; i++)
		part = profile_section_attribute(&p->sections.item[i], "part.selection");
	if (!part.size ||
		asprintf(&text, "Only a part of the recording is in the trace: %.*s.",
			(int)part.size, part.data) < 0)
		return;
	table_prose(out, terminal, text);
	free(text);
}

void table_header(FILE *out, const struct profile *p, const struct terminal *terminal)
{
	char elapsed[UNITS_SIZE], cpu[REPORT_CPU_SIZE], count[UNITS_SIZE], start[40];
	char text[8 * UNITS_SIZE], more[64] = "", *line;
	struct text_style style = {.unicode = terminal->unicode};
	char *command = profile_command(p);
	const struct profile_section *first = p->sections.count ? p->sections.item : NULL;
	struct ptf_text host = profile_string(p, first ? first->host : 0);
	size_t process_count = profile_process_count(p);
	struct class_times all = {{0}};
	size_t recording_count = recordings_count(p);
	unsigned column;

	profile_class_times(p, all.ns);
	fputs(terminal_paint(terminal, PAINT_TITLE), out);
	column = text_put(out, command, strlen(command), &style);
	fputs(terminal_paint(terminal, PAINT_PLAIN), out);
	free(command);
	if (recording_count > 1)
		snprintf(more, sizeof(more), ", and %zu more recording%s",
			recording_count - 1, recording_count == 2 ? "" : "s");
	style.max_columns = terminal->columns;
	if (asprintf(&line, "%s%s%.*s%s",
		    when(start, first ? first->origin_realtime_ns : 0),
		    host.size ? " on " : "", (int)host.size, host.data, more) >= 0) {
		text_wrap(out, line, &style, column, 0);
		free(line);
	}
	fputc('\n', out);
	snprintf(text, sizeof(text),
		"elapsed %s%s, CPU %s, %zu process%s, %zu thread%s, %s sample%s",
		units_time_brief(elapsed, profile_elapsed_ns(p)),
		recording_count > 1 ? " (the longest)" : "", report_cpu_time(cpu, &all),
		process_count, process_count == 1 ? "" : "es", p->threads.count,
		p->threads.count == 1 ? "" : "s", units_count(count, p->sample_count),
		p->sample_count == 1 ? "" : "s");
	table_prose(out, terminal, text);
	put_part(out, p, terminal);
	put_selection(out, p, terminal);
	fputc('\n', out);
}

void table_basis(FILE *out, const struct emit_options *options,
	const struct report *report, struct table_scope scope)
{
	const struct terminal *terminal = &options->terminal;
	char whole[UNITS_SIZE], others[UNITS_SIZE], text[256];

	snprintf(text, sizeof(text), "100 %% is %s: CPU time%s%s.",
		units_time_brief(whole, report->all_ns),
		scope.one_thread && scope.cpu_only ? " of this thread"
			: scope.one_thread         ? " and waits of this thread"
			: scope.cpu_only           ? " of all threads"
			: options->wait_all        ? " and waits of all threads"
					    : " of all threads and waits of main threads",
		scope.cpu_only ? ", without waits" : "");
	table_prose(out, terminal, text);
	if (report->other_waits_ns) {
		snprintf(text, sizeof(text), "Without %s %s.",
			units_time_brief(others, report->other_waits_ns),
			scope.cpu_only
				? "of waits (--metric wall)"
				: "that other threads waited (--wait all, --threads)");
		table_prose(out, terminal, text);
	}
	if (!scope.cpu_only)
		table_prose(out, terminal,
			options->classes
				? "ready: to run, but no processor was free; GIL: "
				  "waiting "
				  "for it; wait: all other waits."
				: "system: kernel + ready to run + waiting for the GIL + "
				  "other waits (--classes splits it).");
	if (scope.has_unknown)
		table_prose(out, terminal,
			"unsampled: CPU time that no sample stands for.");
	if (report->await_ns) {
		snprintf(text, sizeof(text),
			"await: of the %s that tasks of asyncio were suspended, all "
			"together; no part of the 100 %%.",
			units_time_brief(whole, report->await_ns));
		table_prose(out, terminal, text);
	}
	if (options->charge == CHARGE_USER)
		table_prose(out, terminal,
			"Library code counts for the line of the program that called "
			"it (--charge self: for itself).");
}
