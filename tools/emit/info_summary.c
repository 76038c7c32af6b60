/* pinfo --summary: what prec shows when it has recorded. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/names.h"
#include "tools/core/class_names.h"
#include "tools/core/report.h"
#include "tools/core/units.h"
#include "tools/emit/info.h"
#include "tools/emit/loss_words.h"
#include "tools/emit/memory_words.h"

/* How many of the busiest places are named. */
#define PLACES 3

/* Of the name of a file, and of a line's text. */
#define PLACE_COLUMNS 50

/* A line of a function; where code has no source file, the function. */
struct busy_place {
	const struct report_file *file;
	uint32_t line, function;
	int64_t amount; /* nanoseconds or bytes */
};

struct summary {
	FILE *out;
	const struct profile *p;
	struct report report;
	struct text_style style; /* with the columns of the terminal */
};

static double percent_of(const struct summary *s, int64_t ns)
{
	return units_percent((double)ns, (double)s->report.all_ns);
}

/* ----------------------------------------------------------- busy places */

static void keep_busy(struct busy_place busy[PLACES], struct busy_place candidate)
{
	for (size_t n = 0; n < PLACES; n++) {
		struct busy_place weaker = busy[n];

		if (candidate.amount <= weaker.amount)
			continue;
		busy[n] = candidate;
		candidate = weaker;
	}
}

static void find_busy_places(const struct summary *s, struct busy_place busy[PLACES])
{
	for (size_t i = 0; i < s->report.files.count; i++) {
		const struct report_file *f = &s->report.files.item[i];

		for (size_t k = 0; k < f->lines.count; k++)
			keep_busy(busy,
				(struct busy_place){.file = f,
					.line = f->lines.item[k].line,
					.function = f->lines.item[k].function,
					.amount =
						class_times_sum(&f->lines.item[k].self)});
		for (size_t k = 0; !f->file && k < f->functions.count; k++) {
			uint32_t id = f->functions.item[k].function;
			struct profile_function g = profile_get_function(s->p, id);

			/* "[unsampled]" and "[no stack]" are no places. */
			if (id && (g.module || g.kind != PTF_FUNCTION_SYNTHETIC))
				keep_busy(busy,
					(struct busy_place){.file = f,
						.function = id,
						.amount = class_times_sum(
							&f->functions.item[k].self)});
		}
	}
}

static void put_busy_line(const struct summary *s, const struct busy_place *place,
	unsigned column)
{
	struct ptf_text name = name_of_path(profile_string(s->p, place->file->file));
	struct ptf_text text = {"", 0};
	struct text_style style = {.unicode = s->style.unicode,
		.max_columns = PLACE_COLUMNS};
	column += text_put(s->out, name.data, name.size, &style);
	column += (unsigned)fprintf(s->out, ":%" PRIu32 "  ", place->line);
	profile_source_line(profile_source_of(s->p, place->file->file), place->line,
		&text);
	while (text.size && (*text.data == ' ' || *text.data == '\t')) {
		text.data++;
		text.size--;
	}
	if (!text.size) {
		text = profile_string(s->p,
			profile_get_function(s->p, place->function).name);
		column += text.size ? (unsigned)fprintf(s->out, "in ") : 0;
	}
	/* A line of the terminal each, but not of nothing but the path. */
	if (s->style.max_columns && column + 10 < s->style.max_columns &&
		s->style.max_columns - column < style.max_columns)
		style.max_columns = s->style.max_columns - column;
	text_put(s->out, text.data, text.size, &style);
}

static void put_busy_place(const struct summary *s, const struct busy_place *place,
	double percent)
{
	if (percent < 1)
		return;
	fprintf(s->out, "  %3.0f %%  ", percent);
	if (!place->file->file) {
		struct text_style style = {.unicode = s->style.unicode,
			.max_columns = PLACE_COLUMNS};
		char *title = report_function_title(s->p, place->function);

		text_put(s->out, title, strlen(title), &style);
		free(title);
	} else {
		put_busy_line(s, place, sizeof("  100 %  ") - 1);
	}
	fputc('\n', s->out);
}

static void put_busy_places(const struct summary *s)
{
	struct busy_place busy[PLACES] = {{0}};

	find_busy_places(s, busy);
	for (size_t i = 0; i < PLACES; i++)
		put_busy_place(s, &busy[i], percent_of(s, busy[i].amount));
}

/* --------------------------------------------------------------- the rest */

static void put_totals(const struct summary *s, uint64_t file_bytes, unsigned column)
{
	const struct profile *p = s->p;
	const struct class_times *all = &s->report.all;
	char size[UNITS_SIZE], count[UNITS_SIZE], elapsed[UNITS_SIZE];
	char cpu[REPORT_CPU_SIZE], text[8 * UNITS_SIZE];
	size_t process_count = profile_process_count(p);

	snprintf(text, sizeof(text),
		": %s, %s sample%s; elapsed %s, CPU %s, %zu process%s, %zu thread%s",
		units_bytes(size, file_bytes), units_count(count, p->sample_count),
		p->sample_count == 1 ? "" : "s",
		units_time_brief(elapsed, profile_elapsed_ns(p)),
		report_cpu_time(cpu, all), process_count, process_count == 1 ? "" : "es",
		p->threads.count, p->threads.count == 1 ? "" : "s");
	text_wrap(s->out, text, &s->style, column, 2);
	fputc('\n', s->out);
}

static void put_shares(const struct summary *s)
{
	/* What no sample stands for comes last. */
	static const enum ptf_class order[] = {PTF_CLASS_PYTHON, PTF_CLASS_NATIVE,
		PTF_CLASS_KERNEL, PTF_CLASS_RUNNABLE, PTF_CLASS_GIL, PTF_CLASS_WAIT,
		PTF_CLASS_UNKNOWN};
	char text[256] = "  ";

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		double percent = percent_of(s, s->report.all.ns[order[i]]);
		size_t used = strlen(text);

		if (percent >= 1)
			snprintf(text + used, sizeof(text) - used, "%s%s %.0f %%",
				used > 2 ? "; " : "", class_label(order[i]), percent);
	}
	text_wrap(s->out, text, &s->style, 0, 2);
	fputc('\n', s->out);
}

/* Where tasks of asyncio awaited longest: no part of the shares above. */
static void put_awaits(const struct summary *s)
{
	struct busy_place most[PLACES] = {{0}};
	char time[UNITS_SIZE];

	for (size_t i = 0; i < s->report.files.count; i++) {
		const struct report_file *f = &s->report.files.item[i];

		for (size_t k = 0; f->file && k < f->lines.count; k++)
			keep_busy(most,
				(struct busy_place){.file = f,
					.line = f->lines.item[k].line,
					.function = f->lines.item[k].function,
					.amount = f->lines.item[k].await.self_ns});
	}
	if (!most[0].amount)
		return;
	fprintf(s->out, "  tasks awaited %s in all\n",
		units_time_brief(time, s->report.await_ns));
	for (size_t i = 0; i < PLACES; i++)
		put_busy_place(s, &most[i],
			units_percent((double)most[i].amount,
				(double)s->report.await_ns));
}

/* And the line that held most when the program did. */
static void put_memory(const struct summary *s)
{
	struct busy_place most = {0};
	char words[MEMORY_WORDS_SIZE];
	unsigned column;
	double percent;

	if (!s->report.has_memory)
		return;
	fputs("  memory ", s->out);
	text_wrap(s->out, memory_words(words, &s->report.heap, s->style.unicode),
		&s->style, sizeof("  memory ") - 1, 2);
	fputc('\n', s->out);
	for (size_t i = 0; i < s->report.files.count; i++) {
		const struct report_file *f = &s->report.files.item[i];

		for (size_t k = 0; k < f->lines.count; k++) {
			const struct report_line *l = &f->lines.item[k];

			if (l->memory && l->memory->peak_bytes > most.amount)
				most = (struct busy_place){.file = f,
					.line = l->line,
					.function = l->function,
					.amount = l->memory->peak_bytes};
		}
	}
	percent = units_percent((double)most.amount,
		(double)heap_sum_of_peaks(&s->report.heap));
	if (percent < 1)
		return;
	column = (unsigned)fprintf(s->out, "  %3.0f %% of the peak  ", percent);
	put_busy_line(s, &most, column);
	fputc('\n', s->out);
}

static void put_losses(const struct summary *s)
{
	struct loss_told told;

	for (size_t i = 0; loss_tell(s->p, i, &told); i++) {
		if (!told.matters)
			continue;
		fputs("  ", s->out);
		text_wrap(s->out, told.text, &s->style, 2, 2);
		fputc('\n', s->out);
	}
}

int info_write_summary(FILE *out, const struct trace_info *info,
	const struct info_view *view, struct ptf_error *err)
{
	/* What one can change: libraries count for who called them. */
	const struct report_options options = {.charge = CHARGE_USER};
	struct summary s = {.out = out,
		.p = info->profile,
		.style = {.unicode = view->terminal.unicode,
			.max_columns = view->terminal.columns}};
	const struct text_style name_style = {.unicode = view->terminal.unicode};
	unsigned column = 0;
	int rc;

	rc = report_make_with_memory(&s.report, s.p, &options, err);
	if (rc < 0)
		return rc;
	fputs(terminal_paint(&view->terminal, PAINT_TITLE), out);
	for (size_t i = 0; i < info->files.count; i++) {
		const char *name = info_file_name(&info->files.item[i]);

		column += i ? (unsigned)fprintf(out, ", ") : 0;
		column += text_put(out, name, strlen(name), &name_style);
	}
	fputs(terminal_paint(&view->terminal, PAINT_PLAIN), out);
	put_totals(&s, info->file_bytes, column);
	if (s.report.all_ns)
		put_shares(&s);
	put_busy_places(&s);
	put_awaits(&s);
	put_memory(&s);
	put_losses(&s);
	report_free(&s.report);
	return 0;
}
