#include "tools/plot/panels.h"

#include <string.h>

#include "tools/plot/script.h"

/* Between panels and names. */
#define NAMES_GAP 0.015

void panels_next(struct panels *panels, double height)
{
	double top = panels->bottom - PANEL_GAP;

	panels->bottom = top - height;
	panels->left_count--;
	fprintf(panels->out,
		"set tmargin at screen %.4f\nset bmargin at screen %.4f\n"
		"set lmargin at screen 0.085\nset rmargin at screen %.2f\n",
		top, panels->bottom, panels->right);
	/* One axis of time, below the last. */
	fprintf(panels->out,
		panels->left_count ? "set format x ''\nset xlabel ''\n"
				   : "set format x '%%g'\nset xlabel 'seconds'\n");
}

unsigned panels_tics(const struct panels *panels, double height)
{
	const struct plot_request *request = panels->request;
	double room = height * request->height / (request->characters ? 2 : 28);

	return room < 1 ? 1 : (unsigned)room;
}

void panels_axis(const struct panels *panels, const char *first, const char *separator,
	struct ptf_text second, double height)
{
	size_t columns = (size_t)(height * panels->request->height / 7);
	FILE *out = panels->out;

	fprintf(out, "set ylabel ");
	if (panels->request->characters ||
		strlen(first) + strlen(separator) + second.size <= columns) {
		script_format(out, 24, "%s%s%.*s", first, separator, (int)second.size,
			second.data);
	} else {
		script_format(out, 24, "%s", first);
		fprintf(out, ".\"\\n\".");
		script_text(out, second.data, second.size, 24);
	}
	fputc('\n', out);
}

void panels_names(const struct panels *panels, double height)
{
	fprintf(panels->out,
		"set key at screen %.4f, screen %.4f left top Left reverse samplen 1.5 "
		"width 0 noinvert vertical maxcols 1 font ',9'\n",
		panels->right + NAMES_GAP, panels->bottom + height);
}

unsigned panels_name_columns(const struct panels *panels)
{
	const struct plot_request *request = panels->request;
	double room = (1 - panels->right - NAMES_GAP) * request->width;
	/* In characters of the legend's font, behind the curves' samples. */
	double columns = request->characters ? room - 5 : (room - 36) / 7;

	return columns > 4 ? (unsigned)columns : 4;
}
