#include "tools/plot/script.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/class_names.h"
#include "tools/core/class_style.h"
#include "tools/core/recordings.h"
#include "tools/core/units.h"

enum { TEXT_COLUMNS_MAX = 200 };

void script_text(FILE *script, const char *text, size_t size, unsigned columns)
{
	const struct text_style style = {.unicode = true,
		.max_columns = columns ? columns : TEXT_COLUMNS_MAX};
	char *shown = NULL;
	size_t shown_size;
	bool is_escaped = false;
	FILE *out = open_memstream(&shown, &shown_size);

	if (!out)
		return;
	text_put(out, text, size, &style);
	fclose(out);
	fputc('"', script);
	for (size_t i = 0; i < shown_size; i++) {
		unsigned char c = (unsigned char)shown[i];
		/* gnuplot takes any number of digits behind a backslash for one. */
		bool is_safe = c >= 0x80 || (isalnum(c) && !(is_escaped && isdigit(c))) ||
			strchr(" .,:/_-+*=%<>()[]", c);

		if (is_safe)
			fputc(c, script);
		else
			fprintf(script, "\\%03o", c);
		is_escaped = !is_safe;
	}
	fputc('"', script);
	free(shown);
}

void script_format(FILE *script, unsigned columns, const char *format, ...)
{
	char *text;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	script_text(script, text, (size_t)size, columns);
	free(text);
}

void script_tic(FILE *script, const char *text, size_t size, unsigned columns,
	size_t position)
{
	char *doubled = memory_resized(NULL, size * 2 + 1, 1);
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '%')
			doubled[length++] = '%';
		doubled[length++] = text[i];
	}
	fprintf(script, "%s", position ? ", " : "");
	script_path(script, doubled, length, columns);
	fprintf(script, " %zu", position);
	free(doubled);
}

void script_path(FILE *script, const char *text, size_t size, unsigned columns)
{
	const struct text_style style = {.unicode = true};
	size_t skip = text_skip(text, size, &style, columns);

	/* The sign that it was cut takes room, too. */
	if (skip)
		skip = text_skip(text, size, &style, columns - 1);
	if (skip)
		script_format(script, columns, "…%.*s", (int)(size - skip), text + skip);
	else
		script_text(script, text, size, columns);
}

const char *script_color(const struct plot_request *request, uint32_t class_kind)
{
	const struct class_style *style = class_style(class_kind);

	return request->dark ? style->dark : style->light;
}

const char *script_ink(const struct plot_request *request)
{
	return request->dark ? "#d8dce2" : "#24292f";
}

const char *script_page(const struct plot_request *request)
{
	return request->dark ? "#16191d" : "#ffffff";
}

const char *script_curve(const struct plot_request *request, size_t i)
{
	/* Okabe and Ito once more, those that no class has first. */
	static const char *const light[] = {"#56b4e9", "#8a6d00", "#0072b2", "#d55e00",
		"#009e73", "#b0569b"};
	static const char *const dark[] = {"#a6dbf7", "#f0e442", "#4ba3e3", "#ef7d3a",
		"#2fbf93", "#d98ac6"};
	size_t count = sizeof(light) / sizeof(light[0]);

	return (request->dark ? dark : light)[i % count];
}

static unsigned channel(const char *color, unsigned i)
{
	char digits[3] = {color[1 + 2 * i], color[2 + 2 * i], '\0'};

	return (unsigned)strtoul(digits, NULL, 16);
}

/* 35 % of a colour on the page. */
static uint8_t coated(const char *color, const char *page, unsigned i)
{
	return (uint8_t)((channel(color, i) * 35 + channel(page, i) * 65) / 100);
}

const char *script_tint(char text[8], const struct plot_request *request,
	const char *color)
{
	const char *page = script_page(request);

	snprintf(text, 8, "#%02x%02x%02x", coated(color, page, 0), coated(color, page, 1),
		coated(color, page, 2));
	return text;
}

void script_begin(FILE *script, const struct plot_request *request)
{
	const char *ink = script_ink(request);

	fprintf(script,
		"set encoding utf8\n"
		"set datafile separator whitespace\n"
		"set border 3 lc rgb '%s'\n"
		"set tics nomirror tc rgb '%s'\n"
		"set title tc rgb '%s' noenhanced\n"
		"set xlabel tc rgb '%s' noenhanced\n"
		"set ylabel tc rgb '%s' noenhanced\n"
		"set xtics noenhanced\n"
		"set ytics noenhanced\n"
		"set key tc rgb '%s' noenhanced\n"
		"set style fill solid 1.0 noborder\n",
		ink, ink, ink, ink, ink, ink);
	if (!request->characters)
		fprintf(script, "set grid xtics ytics front lc rgb '%s' lw 0.5 dt 3\n",
			ink);
}

/* "python3 walk.py on host, 2026-11-26; 250 Hz by perf": what was recorded. */
static char *subject(const struct profile *p)
{
	char *text = NULL, *command = profile_command(p);
	size_t size;
	FILE *out = open_memstream(&text, &size);
	size_t recording_count = recordings_count(p);
	const struct profile_section *first = p->sections.count ? p->sections.item : NULL;
	struct ptf_text host = profile_string(p, first ? first->host : 0);

	if (!out)
		return command;
	fputs(command, out);
	if (host.size)
		fprintf(out, " on %.*s", (int)host.size, host.data);
	if (recording_count > 1)
		fprintf(out, ", and %zu more recording%s", recording_count - 1,
			recording_count == 2 ? "" : "s");
	fclose(out);
	free(command);
	return text;
}

struct script_unit script_unit_of(const struct plot_request *request, double largest)
{
	static const struct script_unit times[] = {{1e6, "milliseconds"},
		{1e9, "seconds"}},
					sizes[] = {{1 << 10, "KiB"}, {1 << 20, "MiB"},
						{1 << 30, "GiB"}};
	const struct script_unit *units = request->is_memory ? sizes : times;
	size_t count = request->is_memory ? sizeof(sizes) / sizeof(sizes[0])
					  : sizeof(times) / sizeof(times[0]);

	while (count > 1 && largest < units[count - 1].size)
		count--;
	return units[count - 1];
}

const char *script_what_counts(const struct plot_request *request)
{
	return request->is_memory            ? heap_measure_title(request->measure)
		: request->cpu_only          ? "CPU time"
		: request->metric.is_classes ? "the time of all threads"
		: request->wait_all          ? "CPU time and waits of all threads"
					     : "CPU time and waits of main threads";
}

void script_headline(FILE *script, const struct plot_request *request, const char *shown)
{
	const struct profile *p = request->all;
	char *what = subject(p),
	     *selected = p->selection ? selection_text(p->selection) : NULL;
	char samples[UNITS_SIZE];
	uint64_t count = request->is_memory ? p->memory_count : p->sample_count;
	/* Wide letters take 10 pixels at the size of the headline, 7.5 below it. */
	unsigned columns = request->characters ? request->width - 4 : request->width / 10;

	fprintf(script, "set label 1001 ");
	script_text(script, what, strlen(what), columns);
	if (request->characters)
		fprintf(script, " at screen 0.5, screen 0.97 center noenhanced\n");
	else
		fprintf(script,
			" at screen 0.5, screen 1.0 center offset 0,-1.3 noenhanced "
			"font ',13' tc rgb '%s'\n",
			script_ink(request));
	if (!request->characters) {
		fprintf(script, "set label 1002 ");
		script_format(script, columns * 4 / 3, "%s%s%s; %s samples%s", shown,
			selected && *selected ? "; selected: " : "",
			selected ? selected : "", units_count(samples, count),
			request->is_memory ? " of memory" : "");
		fprintf(script,
			" at screen 0.5, screen 1.0 center offset 0,-2.6 noenhanced "
			"font ',10' tc rgb '%s'\n",
			script_ink(request));
	}
	free(what);
	free(selected);
}

void script_grid_of_bars(FILE *script, const struct plot_request *request)
{
	fprintf(script, "unset grid\n");
	if (!request->characters)
		fprintf(script, "set grid xtics lc rgb '%s' lw 0.5 dt 3\n",
			script_ink(request));
}

/* Tags of its objects and labels. */
#define LEGEND_TAG 900

void script_legend(FILE *script, const struct plot_request *request,
	const struct class_times *times, double top)
{
	double line = 18.0 / request->height, across = 1.0 / request->width;
	unsigned row = 0;

	for (unsigned k = PTF_CLASS_KIND_COUNT; k-- > 0;) {
		uint32_t kind = class_stack_order[k];
		double y = top - line * (row + 0.5);

		if (times->ns[kind] <= 0)
			continue;
		row++;
		fprintf(script,
			"set object %u rectangle from screen %.4f,%.4f to screen "
			"%.4f,%.4f fc rgb '%s' fs solid noborder\n"
			"set label %u '%s' at screen %.4f,%.4f left noenhanced tc rgb "
			"'%s'\n",
			LEGEND_TAG + k, 0.875, y - 5.0 / request->height,
			0.875 + 18 * across, y + 5.0 / request->height,
			script_color(request, kind), LEGEND_TAG + k, class_label(kind),
			0.875 + 24 * across, y, script_ink(request));
	}
}

void script_end_margins(FILE *script)
{
	fprintf(script, "unset label 1001\nunset label 1002\n");
	for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++)
		fprintf(script, "unset object %u\nunset label %u\n", LEGEND_TAG + k,
			LEGEND_TAG + k);
}

double script_ytics(FILE *script, double largest, unsigned count)
{
	double step = largest > 0 ? pow(10, floor(log10(largest / count))) : 1;

	if (largest / step > 5 * count)
		step *= 10;
	else if (largest / step > 2 * count)
		step *= 5;
	else if (largest / step > count)
		step *= 2;
	fprintf(script, "set ytics %.9g\n", step);
	return step;
}

void script_class_names(FILE *script)
{
	for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++)
		fprintf(script, " %s", class_name(class_stack_order[k]));
	fputc('\n', script);
}

void script_class_row(FILE *script, const int64_t ns[PTF_CLASS_KIND_COUNT])
{
	for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++)
		fprintf(script, " %" PRId64, ns[class_stack_order[k]]);
	fputc('\n', script);
}

void script_class_sum(FILE *script, unsigned from, unsigned count)
{
	fputs("(0", script);
	for (unsigned k = 0; k < count; k++)
		fprintf(script, "+$%u", from + k);
	fputc(')', script);
}

void script_class_bars(FILE *script, const struct plot_request *request,
	const char *block, const struct class_times *times, double unit_ns)
{
	for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++) {
		uint32_t kind = class_stack_order[k];

		if (times->ns[kind] <= 0)
			continue;
		/* From the sum of the classes before it to that with it. */
		fprintf(script, " %s using (0):1:(", block);
		script_class_sum(script, 2, k);
		fprintf(script, "/%.9g):(", unit_ns);
		script_class_sum(script, 2, k + 1);
		fprintf(script,
			"/%.9g):($1-0.38):($1+0.38) with boxxyerror fc rgb '%s' title "
			"'%s',",
			unit_ns, script_color(request, kind), class_label(kind));
	}
}
