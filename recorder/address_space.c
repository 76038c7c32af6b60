/* Mapped code and the class of a sample; see address_space.h. */
#include "recorder/address_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/clocks.h"

#define SCAN_INTERVAL_NS 20000000u

void address_space_init(struct address_space *space, pid_t pid, bool is_python)
{
	*space = (struct address_space){.pid = pid, .is_python = is_python};
}

void address_space_finish(struct address_space *space)
{
	for (size_t i = 0; i < space->count; i++)
		free(space->item[i].path);
	free(space->item);
	*space = (struct address_space){0};
}

int address_space_copy(struct address_space *to, const struct address_space *from)
{
	struct mapping *item = calloc(from->count ? from->count : 1, sizeof *item);

	if (!item)
		return -1;
	free(to->item);
	to->item = item;
	to->capacity = from->count ? from->count : 1;
	to->runtime_bytes = from->runtime_bytes;
	for (to->count = 0; to->count < from->count; to->count++) {
		item[to->count] = from->item[to->count];
		item[to->count].path = strdup(from->item[to->count].path);
		if (!item[to->count].path)
			return -1;
	}
	return 0;
}

/* What CPython links against on Linux whatever it runs. */
static bool is_runtime_name(const char *base)
{
	static const char *const names[] = {"libc.", "libm.", "ld-linux", "libpthread.",
		"libdl.", "libutil.", "librt.", "libprec-agent", "linux-vdso", "[vdso]"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(base, names[i], strlen(names[i])))
			return true;
	return false;
}

static void set_kind(struct address_space *space, struct mapping *mapping)
{
	const char *slash = strrchr(mapping->path, '/');
	const char *base = slash ? slash + 1 : mapping->path;

	if (is_runtime_name(base)) {
		mapping->kind = MAPPING_RUNTIME;
	} else if (space->is_python && (strstr(base, "python") || space->count == 0) &&
		eval_loop_find(&mapping->loop, mapping->path)) {
		mapping->kind = MAPPING_INTERPRETER;
		space->runtime_bytes = mapping->loop.runtime_bytes;
	}
}

/* The place of the last mapping that starts at or before address, plus one. */
static size_t place_after(const struct address_space *space, uint64_t address)
{
	size_t low = 0, high = space->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (space->item[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int address_space_add(struct address_space *space, uint64_t start, uint64_t end,
	uint64_t file_offset, const char *path, size_t path_bytes)
{
	size_t place = place_after(space, start);
	struct mapping mapping = {.start = start, .end = end, .file_offset = file_offset};

	if (place && space->item[place - 1].end > start) {
		struct mapping *known = &space->item[place - 1];
		if (strlen(known->path) == path_bytes &&
			!memcmp(known->path, path, path_bytes))
			return 0;
		/* Something else is mapped there now. */
		free(known->path);
		memmove(known, known + 1, (space->count - place) * sizeof *known);
		space->count--;
		place--;
	}
	if (space->count == space->capacity) {
		size_t capacity = space->capacity * 2 + 32;
		void *grown = realloc(space->item, capacity * sizeof *space->item);
		if (!grown)
			return -1;
		space->item = grown;
		space->capacity = capacity;
	}
	mapping.path = strndup(path, path_bytes);
	if (!mapping.path)
		return -1;
	set_kind(space, &mapping);
	memmove(space->item + place + 1, space->item + place,
		(space->count - place) * sizeof *space->item);
	space->item[place] = mapping;
	space->count++;
	return 0;
}

static void scan(struct address_space *space)
{
	char file[64], *line = NULL;
	size_t size = 0;

	snprintf(file, sizeof file, "/proc/%d/maps", (int)space->pid);
	FILE *maps = fopen(file, "re");
	if (!maps)
		return;
	while (getline(&line, &size, maps) > 0) {
		unsigned long long start, end, offset;
		char executable;
		int path = 0;
		if (sscanf(line, "%llx-%llx %*c%*c%c%*c %llx %*s %*s %n", &start, &end,
			    &executable, &offset, &path) < 4 ||
			executable != 'x' || !path)
			continue;
		/* Code that a compiler made at run time has no file. */
		line[path + (int)strcspn(line + path, "\n")] = '\0';
		const char *name = line[path] ? line + path : "[anonymous]";
		if (address_space_add(space, start, end, offset, name, strlen(name)) < 0)
			break;
	}
	free(line);
	fclose(maps);
}

const struct mapping *address_space_find(struct address_space *space, uint64_t address)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		size_t place = place_after(space, address);
		if (place && address < space->item[place - 1].end)
			return &space->item[place - 1];
		uint64_t now_ns = clock_now_ns();
		if (attempt || now_ns - space->last_scan_ns < SCAN_INTERVAL_NS)
			break;
		space->last_scan_ns = now_ns;
		scan(space);
	}
	return NULL;
}

enum ptf_class classify_sample(const struct prec_sample *sample,
	const struct mapping *mapping, const struct python_version *version)
{
	if (sample->record.flags & PREC_SAMPLE_AFTER_SYSCALL)
		return PTF_CLASS_KERNEL;
	if (!version || sample->frame_count == 0)
		return PTF_CLASS_NATIVE;
	if (!mapping || mapping->kind == MAPPING_OTHER)
		return PTF_CLASS_NATIVE;
	/* The interpreter or its libraries: for a call that it makes into C, or
	   for Python itself? */
	if ((sample->record.flags & PREC_SAMPLE_HAS_OPCODE) &&
		python_is_call(version, sample->opcode) &&
		!(mapping->kind == MAPPING_INTERPRETER &&
			eval_loop_contains(&mapping->loop,
				sample->pc - mapping->start + mapping->file_offset)))
		return PTF_CLASS_NATIVE;
	return PTF_CLASS_PYTHON;
}
