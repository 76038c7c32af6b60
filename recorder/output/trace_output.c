#include "recorder/output/trace_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/output/output_name.h"
#include "recorder/recording.h"
#include "recorder/say.h"

/* ------------------------------------------------------------- before it */

static enum trace_output_kind kind_of(const struct trace_output_options *options)
{
	if (options->rotation.size_bytes || options->rotation.time_ns)
		return TRACE_OUTPUT_ROTATION;
	return options->flight.window_ns ? TRACE_OUTPUT_FLIGHT : TRACE_OUTPUT_FILE;
}

int trace_output_name(struct trace_output_options *options, const char *name,
	bool is_pattern)
{
	bool is_many = kind_of(options) == TRACE_OUTPUT_ROTATION;

	if (is_many && is_pattern)
		return output_series_init(&options->series, name);
	if (is_many)
		return output_series_init_plain(&options->series, name);
	options->path = is_pattern ? output_name_expand(name) : strdup(name);
	return options->path ? output_series_init_plain(&options->series, options->path)
			     : -1;
}

void trace_output_forget_name(struct trace_output_options *options)
{
	output_series_finish(&options->series);
	free(options->path);
	options->path = NULL;
}

/* It is written at the end, maybe in weeks: better known now that it cannot be. */
static int check_place(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
	int rc = -1;

	if (output_file_is_foreign(path))
		complain(OUTPUT_FILE_FOREIGN, path);
	else if (!folder || access(folder, W_OK | X_OK) != 0)
		complain("%s: %s", path, strerror(errno));
	else
		rc = 0;
	free(folder);
	return rc;
}

int trace_output_open(struct trace_output *out,
	const struct trace_output_options *options)
{
	*out = (struct trace_output){
		.options = options,
		.kind = kind_of(options),
		.file.fd = -1,
		.flight.fd = -1,
	};
	switch (out->kind) {
	case TRACE_OUTPUT_FILE:
		return output_file_open(&out->file, options->path);
	case TRACE_OUTPUT_ROTATION:
		return rotation_open(&out->rotation, &options->rotation,
			&options->series);
	case TRACE_OUTPUT_FLIGHT:
		if (check_place(options->path) != 0)
			return -1;
		return flight_open(&out->flight, &options->flight);
	}
	return -1;
}

static struct output_file *file_of(struct trace_output *out)
{
	return out->kind == TRACE_OUTPUT_ROTATION ? &out->rotation.file : &out->file;
}

int trace_output_begin(struct trace_output *out)
{
	if (out->kind == TRACE_OUTPUT_FLIGHT)
		return out->flight.fd;
	output_file_empty(file_of(out));
	if (out->kind == TRACE_OUTPUT_ROTATION)
		rotation_remove_old(&out->rotation);
	return file_of(out)->fd;
}

void trace_output_drop(struct trace_output *out)
{
	if (out->kind != TRACE_OUTPUT_FLIGHT)
		output_file_drop(file_of(out));
}

/* -------------------------------------------------------- while it runs */

void trace_output_poll(struct trace_output *out, struct recording *r)
{
	if (!recording_is_sound(r))
		return;
	if (out->kind == TRACE_OUTPUT_ROTATION)
		rotation_poll(&out->rotation, r);
	else if (out->kind == TRACE_OUTPUT_FLIGHT)
		flight_poll(&out->flight, r);
}

const char *trace_output_path(const struct trace_output *out)
{
	return out->kind == TRACE_OUTPUT_ROTATION ? out->rotation.name
						  : out->options->path;
}

void trace_output_describe(const struct trace_output *out, const struct recording *r,
	char *text, size_t size)
{
	if (out->kind == TRACE_OUTPUT_FLIGHT)
		snprintf(text, size, "the last %.1f s in memory (%ju bytes), for %s",
			(double)flight_held_ns(&out->flight) / 1e9,
			(uintmax_t)flight_bytes(&out->flight, r), out->options->path);
	else
		snprintf(text, size, "into %s", trace_output_path(out));
}

void trace_output_dump(struct trace_output *out, struct recording *r, const char *path,
	char *answer, size_t size)
{
	char why[4352], *name = NULL;

	if (out->kind != TRACE_OUTPUT_FLIGHT) {
		snprintf(answer, size,
			"error: nothing to dump: the trace is in %s (--last keeps one "
			"in memory)\n",
			trace_output_path(out));
		return;
	}
	if (!path)
		path = name = output_series_name(&out->options->series,
			output_series_last(&out->options->series) + 1);
	if (!path)
		snprintf(answer, size, "error: out of memory\n");
	else if (flight_dump(&out->flight, r, path, why, sizeof why) != 0)
		snprintf(answer, size, "error: %s\n", why);
	else
		snprintf(answer, size, "prec %d: dumped to %s\n", (int)getpid(), path);
	free(name);
}

void trace_output_rotate(struct trace_output *out, struct recording *r, char *answer,
	size_t size)
{
	if (out->kind != TRACE_OUTPUT_ROTATION)
		snprintf(answer, size,
			"error: the trace is one file, without --rotate\n");
	else if (!rotation_next(&out->rotation, r))
		snprintf(answer, size, "error: no other file: %s goes on\n",
			out->rotation.name);
	else
		snprintf(answer, size, "prec %d: into %s\n", (int)getpid(),
			out->rotation.name);
}

/* ---------------------------------------------------------- and after it */

int trace_output_end(struct trace_output *out, struct recording *r)
{
	char why[4352];

	if (out->kind != TRACE_OUTPUT_FLIGHT)
		return output_file_close(file_of(out));
	if (flight_dump_ended(&out->flight, r, out->options->path, why, sizeof why) == 0)
		return 0;
	complain("%s", why);
	return -1;
}

char **trace_output_files(const struct trace_output *out)
{
	const struct rotation *rotation = &out->rotation;
	bool is_many = out->kind == TRACE_OUTPUT_ROTATION;
	size_t count = is_many ? rotation->number - rotation->first_number + 1 : 1;
	char **files = calloc(count + 1, sizeof *files);
	size_t kept = 0;

	if (!files)
		return NULL;
	if (!is_many) {
		files[0] = strdup(out->options->path);
		return files;
	}
	for (uint32_t i = 0; i < count; i++) {
		char *name =
			output_series_name(rotation->series, rotation->first_number + i);
		if (name && access(name, R_OK) == 0)
			files[kept++] = name;
		else
			free(name);
	}
	return files;
}

void trace_output_finish(struct trace_output *out)
{
	rotation_finish(&out->rotation);
	flight_finish(&out->flight);
}
