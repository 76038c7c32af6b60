/*
 * heatmap: CPU time by the part of a second that it fell into, one column for
 * each second: what stalls or works periodically shows as a pattern.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "tools/core/replay.h"
#include "tools/core/units.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

enum {
	ROWS_OF_A_PICTURE = 50,         /* 20 ms each */
	COLUMNS_OF_A_PICTURE = 1 << 10, /* beyond, a column is several seconds */
};

struct heatmap {
	const struct profile *p;
	int64_t seconds_per_column, row_ns;
	size_t column_count, row_count;
	int64_t *cell_ns; /* [column * row_count + row] */
	int64_t outside_ns;
};

static void add(struct heatmap *map, int64_t time_ns, int64_t weight_ns)
{
	int64_t column;

	/* Before the start, in a damaged trace. */
	if (time_ns < 0) {
		map->outside_ns += weight_ns;
		return;
	}
	column = time_ns / NS_PER_SECOND / map->seconds_per_column;
	if ((uint64_t)column >= map->column_count) {
		map->outside_ns += weight_ns;
		return;
	}
	map->cell_ns[(size_t)column * map->row_count +
		(size_t)(time_ns % NS_PER_SECOND / map->row_ns)] += weight_ns;
}

static void take_rows(void *context, const struct replay_rows *rows)
{
	struct heatmap *map = context;

	for (size_t i = 0; i < rows->count; i++) {
		uint32_t kind = profile_get_class(map->p, rows->class_id[i]).kind;

		/* What no sample stands for has no time of its own. */
		if (!profile_is_off_cpu(kind) && kind != PTF_CLASS_UNKNOWN)
			add(map, rows->time_ns[i], rows->weight_ns[i]);
	}
}

static int64_t end_of(const struct profile *p)
{
	int64_t end_ns = 0;

	for (size_t i = 0; i < p->sections.count; i++) {
		int64_t section_ns;

		if (!__builtin_add_overflow(p->sections.item[i].end_ns,
			    p->sections.item[i].shift_ns, &section_ns) &&
			section_ns > end_ns)
			end_ns = section_ns;
	}
	return end_ns;
}

static void put_data(FILE *out, const struct heatmap *map)
{
	fprintf(out, "$heat << EOD\n# second millisecond cpu_ns\n");
	for (size_t column = 0; column < map->column_count; column++)
		for (size_t row = 0; row < map->row_count; row++)
			fprintf(out, "%" PRId64 " %" PRId64 " %" PRId64 "\n",
				(int64_t)column * map->seconds_per_column,
				(int64_t)row * map->row_ns / 1000000,
				map->cell_ns[column * map->row_count + row]);
	fprintf(out, "EOD\n");
}

static void put_plot(FILE *out, const struct plot_request *request,
	const struct heatmap *map)
{
	double cell_ns = (double)(map->row_ns * map->seconds_per_column);
	double x = (double)map->seconds_per_column / 2, y = (double)map->row_ns / 2e6;

	fprintf(out,
		"set tmargin %s\nset bmargin 4\nset lmargin at screen 0.09\n"
		"set rmargin at screen 0.87\nset xlabel 'seconds'\n"
		"set ylabel 'milliseconds within the second'\n"
		"set xrange [0:%" PRId64 "]\nset yrange [0:1000]\nunset key\nunset "
		"grid\n",
		request->characters ? "2" : "4.5",
		(int64_t)map->column_count * map->seconds_per_column);
	if (request->characters) {
		/* A denser sign for every quarter of a CPU, as wide as its column. */
		size_t wide = (size_t)(request->width * 0.78) / map->column_count;

		fprintf(out,
			"set xlabel 'seconds;  . : - = + * # %% @ is a quarter of a CPU "
			"to 9, or more'\n"
			"signs = ' .:-=+*#%%@'\n"
			"sign(cpus) = substr(signs, 1 + floor(cpus * 4 + 0.5), 1 + "
			"floor(cpus * 4 + 0.5))\n"
			"cell(c) = c");
		for (size_t i = 1; i < wide; i++)
			fprintf(out, ".c");
		fprintf(out,
			"\nplot $heat using ($1+%.1f):($2+%.1f):(cell(sign($3/%.1f > 2 ? "
			"2.2 : $3/%.1f))) with labels\n",
			x, y, cell_ns, cell_ns);
		return;
	}
	fprintf(out,
		"set cbrange [0:*]\nset cblabel 'CPUs' tc rgb '%s'\n"
		"set palette defined (%s)\n"
		"plot $heat using ($1+%.1f):($2+%.1f):($3/%.1f) with image\n",
		script_ink(request),
		request->dark ? "0 '#16191d', 1 '#7a3b00', 2 '#e69f00', 3 '#fff3c4'"
			      : "0 '#ffffff', 1 '#fbdd9c', 2 '#e69f00', 3 '#7a1c00'",
		x, y, cell_ns);
}

static int write_heatmap(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	int64_t seconds = end_of(request->all) / NS_PER_SECOND + 1;
	int64_t columns =
		request->characters ? request->width - 18 : COLUMNS_OF_A_PICTURE;
	struct heatmap map = {.p = request->all,
		.seconds_per_column = (seconds + columns - 1) / columns,
		.row_count =
			request->characters ? request->height - 7 : ROWS_OF_A_PICTURE};
	const struct replay_hooks hooks = {.context = &map, .rows = take_rows};
	char shown[160];
	int rc;

	map.row_ns = NS_PER_SECOND / (int64_t)map.row_count;
	map.column_count =
		(size_t)((seconds + map.seconds_per_column - 1) / map.seconds_per_column);
	map.cell_ns =
		memory_zeroed(map.column_count * map.row_count, sizeof(*map.cell_ns));
	rc = profile_replay(request->all, &hooks, err);
	if (rc >= 0) {
		snprintf(shown, sizeof(shown),
			"CPUs in use by the part of a second; a column is %" PRId64 " s",
			map.seconds_per_column);
		put_data(script, &map);
		script_headline(script, request, shown);
		put_plot(script, request, &map);
	}
	free(map.cell_ns);
	return rc < 0 ? rc : 0;
}

const struct plot_kind plot_heatmap = {
	.name = "heatmap",
	.description = "CPU time within each second: what is periodic shows",
	.options = PLOT_OPTIONS_OF_PICTURES,
	.write = write_heatmap,
};
