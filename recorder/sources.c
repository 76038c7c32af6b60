/* Reading and keeping source texts; see sources.h. */
#include "recorder/sources.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "recorder/recording.h"

/* Nobody's source is larger; a file that is, is not read at all. */
#define FILE_BYTES_MAX (64u << 20)

static char *read_file(const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	ssize_t part = 1;
	size_t size = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, status) == 0 && S_ISREG(status->st_mode) && status->st_size >= 0 &&
		status->st_size <= FILE_BYTES_MAX &&
		(text = malloc((size_t)status->st_size + 1))) {
		while (size < (size_t)status->st_size &&
			(part = read(fd, text + size, (size_t)status->st_size - size)) >
				0)
			size += (size_t)part;
		if (part < 0) {
			free(text);
			text = NULL;
		}
		status->st_size = (off_t)size;
	}
	close(fd);
	return text;
}

static uint32_t count_lines(const char *text, size_t size)
{
	uint32_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '\n';
	return count + (size && text[size - 1] != '\n');
}

static void write_source(struct recording *r, uint32_t file, const char *text,
	const struct stat *status)
{
	size_t size = (size_t)status->st_size;
	uint64_t changed_ns = (uint64_t)status->st_mtim.tv_sec * 1000000000u +
		(uint64_t)status->st_mtim.tv_nsec;
	struct ptf_source source = {
		.file = file,
		.text = {text, size},
		.first_line = 1,
		.line_count = count_lines(text, size),
		.size_bytes = size,
		.xxh3 = XXH3_64bits(text, size),
		.changed_after_start = changed_ns > r->start_realtime_ns,
	};
	struct ptf_facts facts = {.sources = &source, .source_count = 1};
	struct ptf_error err;

	if (size > SOURCE_BYTES_MAX) {
		/* Whole lines, if there are any. */
		const char *end = memrchr(text, '\n', SOURCE_BYTES_MAX);
		source.text.size =
			end ? (size_t)(end + 1 - text) : (size_t)SOURCE_BYTES_MAX;
		source.is_excerpt = true;
	}
	recording_check(r, ptf_writer_facts(r->section.writer, &facts, &err), &err);
}

void sources_want(struct recording *r, uint32_t file, const char *path, const char *cwd)
{
	char absolute[8192];
	struct stat status;

	if (!r->keep_sources || !file || *path == '<' || *path == '\0' ||
		idmap_get(&r->section.sources_seen, file) || !recording_is_sound(r))
		return;
	if (idmap_set(&r->section.sources_seen, file, 1) < 0) {
		recording_no_memory(r);
		return;
	}
	if (*path != '/') {
		if (!cwd)
			return;
		int length = snprintf(absolute, sizeof absolute, "%s/%s", cwd, path);
		if (length < 0 || (size_t)length >= sizeof absolute)
			return;
		path = absolute;
	}
	char *text = read_file(path, &status);
	if (text)
		write_source(r, file, text, &status);
	free(text);
}
