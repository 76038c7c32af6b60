/* The first pass: what recordings are in the inputs. */
#include "tools/core/merge_parts.h"
#include "tools/core/texts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int merge_fail(struct ptf_error *err, int code, const char *format, ...)
{
	va_list args;

	*err = (struct ptf_error){.code = code};
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return code;
}

void merge_note(const struct merge *m, const char *path, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (m->hooks.note)
		m->hooks.note(m->hooks.context, path, text);
}

/* ---------------------------------------------------- who belongs to whom */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_id(struct ptf_text text, uint8_t id[MERGE_ID_BYTES])
{
	if (text.size != 2 * MERGE_ID_BYTES)
		return false;
	for (size_t i = 0; i < MERGE_ID_BYTES; i++) {
		int high = hex_digit(text.data[2 * i]);
		int low = hex_digit(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool merge_is_recording(const struct ptf_process *p, uint8_t id[MERGE_ID_BYTES])
{
	uint8_t unwanted[MERGE_ID_BYTES] = {0};

	for (size_t i = 0; p->pid == 0 && i < p->attributes.count; i++)
		if (text_is(p->attributes.item[i].key, "recording.id"))
			return parse_id(p->attributes.item[i].value, id ? id : unwanted);
	return false;
}

uint32_t merge_recording_of_process(const struct merge_people *people, uint32_t process)
{
	return process && process <= people->process.count
		? people->process.item[process - 1]
		: 0;
}

uint32_t merge_recording_of_thread(const struct merge_people *people, uint32_t thread)
{
	return thread && thread <= people->thread.count ? people->thread.item[thread - 1]
							: 0;
}

bool merge_is_recording_id(const struct merge_people *people, uint32_t process)
{
	return process && process <= people->process.count &&
		people->process_is_recording.item[process - 1];
}

uint32_t merge_people_process(struct merge_people *people, const struct ptf_process *p)
{
	bool is_recording = merge_is_recording(p, NULL);
	uint32_t recording = is_recording ? people->recording_count++
					  : merge_recording_of_process(people, p->parent);

	vec_push(&people->process, recording);
	vec_push(&people->process_is_recording, is_recording);
	return recording;
}

uint32_t merge_people_thread(struct merge_people *people, const struct ptf_thread *t)
{
	uint32_t recording = merge_recording_of_process(people, t->process);

	vec_push(&people->thread, recording);
	vec_push(&people->thread_is_main, t->is_main);
	vec_push(&people->thread_process, t->process);
	return recording;
}

void merge_people_free(struct merge_people *people)
{
	vec_free(&people->process);
	vec_free(&people->process_is_recording);
	vec_free(&people->thread);
	vec_free(&people->thread_is_main);
	vec_free(&people->thread_process);
	people->recording_count = 0;
}

/* ------------------------------------------------------------- reading */

/* What can be read only once is kept: it is read twice. */
static int keep_in_memory(struct merge *m, struct merge_input *input, int fd,
	struct ptf_error *err)
{
	VEC(char) bytes = {0};
	ssize_t n;

	do {
		vec_reserve(&bytes, bytes.count + (1 << 16));
		n = read(fd, bytes.item + bytes.count, bytes.capacity - bytes.count);
		if (n > 0)
			bytes.count += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		int reason = errno;

		free(bytes.item);
		merge_fail(err, PTF_ERR_IO, "read: %s", strerror(reason));
		err->os_errno = reason;
		return PTF_ERR_IO;
	}
	input->memory = arena_text(&m->arena, (struct ptf_text){bytes.item, bytes.count});
	free(bytes.item);
	return 0;
}

static int open_once(struct merge *m, struct merge_input *input, struct ptf_error *err)
{
	bool is_stdin = strcmp(input->path, "-") == 0;
	struct stat st;
	int fd, rc;

	if (!is_stdin &&
		(stat(input->path, &st) < 0 || S_ISREG(st.st_mode) ||
			S_ISDIR(st.st_mode)))
		return 0; /* what is wrong with it, the reader says */
	fd = is_stdin ? STDIN_FILENO : open(input->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	rc = keep_in_memory(m, input, fd, err);
	if (!is_stdin)
		close(fd);
	return rc;
}

int merge_open_input(const struct merge_input *input, struct ptf_reader **reader,
	struct ptf_error *err)
{
	return input->memory.data ? ptf_reader_open_memory(reader, input->memory.data,
					    input->memory.size, NULL, err)
				  : ptf_reader_open(reader, input->path, NULL, err);
}

/* ----------------------------------------------------------- recordings */

struct scan {
	struct merge *m;
	struct merge_input *input;
	struct merge_section *section; /* NULL before the first */
	struct merge_people people;
	VEC(struct merge_clock) clocks; /* of the input; kept when all of it is sound */
	uint64_t compatible_features;
};

static int64_t number(struct ptf_text text)
{
	char digits[24];
	char *end;
	long long value;

	if (text.size == 0 || text.size >= sizeof(digits))
		return 0;
	memcpy(digits, text.data, text.size);
	digits[text.size] = '\0';
	errno = 0;
	value = strtoll(digits, &end, 10);
	return errno || *end ? 0 : value;
}

static void add_attribute(struct scan *s, struct merge_recording *r,
	const struct ptf_attribute *a)
{
	struct ptf_attribute copy = {arena_text(&s->m->arena, a->key),
		arena_text(&s->m->arena, a->value)};

	vec_push(&r->attributes, copy);
}

static void take_start(struct scan *s, const struct ptf_section_start *start,
	uint32_t index)
{
	struct merge_recording r = {
		.producer = arena_text(&s->m->arena, start->producer),
		.origin_monotonic_ns = start->origin_monotonic_ns,
		.origin_realtime_ns = start->origin_realtime_ns,
		.resolution_ns =
			start->time_resolution_ns ? start->time_resolution_ns : 1,
		.period_ns = start->sample_period_ns,
	};

	memcpy(r.id, start->trace_id, sizeof(r.id));
	for (size_t i = 0; i < start->attributes.count; i++)
		add_attribute(s, &r, &start->attributes.item[i]);
	vec_push(&s->input->sections, (struct merge_section){.index = index});
	s->section = &s->input->sections.item[s->input->sections.count - 1];
	vec_push(&s->section->recordings, r);
	merge_people_free(&s->people);
}

static void take_recording_process(struct scan *s, const struct ptf_process *p)
{
	struct merge_recording *first = &s->section->recordings.item[0];
	struct merge_recording r = {.was_start_ns = p->start_ns,
		/* Its rows lie on the steps of the section they are in now. */
		.resolution_ns = first->resolution_ns};

	merge_is_recording(p, r.id);
	for (size_t i = 0; i < p->attributes.count; i++) {
		const struct ptf_attribute *a = &p->attributes.item[i];

		if (!text_begins(a->key, "recording."))
			add_attribute(s, &r, a);
		else if (text_is(a->key, "recording.producer"))
			r.producer = arena_text(&s->m->arena, a->value);
		else if (text_is(a->key, "recording.origin_monotonic_ns"))
			r.origin_monotonic_ns = number(a->value);
		else if (text_is(a->key, "recording.origin_realtime_ns"))
			r.origin_realtime_ns = number(a->value);
		else if (text_is(a->key, "recording.monotonic_offset_ns"))
			r.monotonic_offset_ns = number(a->value);
		else if (text_is(a->key, "recording.sample_period_ns"))
			r.period_ns = (uint64_t)number(a->value);
		else if (text_is(a->key, "recording.time_resolution_ns") &&
			number(a->value) > 0)
			r.resolution_ns = (uint64_t)number(a->value);
		else if (text_is(a->key, "recording.boot_id"))
			r.has_boot = parse_id(a->value, r.boot_id);
	}
	if (s->section->is_merged) {
		vec_push(&s->section->recordings, r);
		return;
	}
	/* What was counted before, if anything, was of no recording. */
	r.row_count = first->row_count;
	vec_free(&first->attributes);
	*first = r;
	s->section->is_merged = true;
}

static void take_definitions(struct scan *s, const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->process_count; i++) {
		if (merge_is_recording(&d->processes[i], NULL))
			take_recording_process(s, &d->processes[i]);
		merge_people_process(&s->people, &d->processes[i]);
	}
	for (size_t i = 0; i < d->thread_count; i++)
		merge_people_thread(&s->people, &d->threads[i]);
}

static struct merge_recording *recording_at(struct scan *s, uint32_t index)
{
	return &s->section->recordings
			.item[index < s->section->recordings.count ? index : 0];
}

static void take_clock(struct scan *s, const struct ptf_clock *c)
{
	struct merge_recording *r = recording_at(s, 0);
	struct merge_clock clock = {c->monotonic_ns, c->boottime_ns, c->realtime_ns,
		c->uncertainty_ns, c->monotonic_offset_ns, c->boottime_offset_ns, {0},
		c->boot_id.size == MERGE_ID_BYTES};

	if (clock.has_boot)
		memcpy(clock.boot_id, c->boot_id.data, MERGE_ID_BYTES);
	vec_push(&s->clocks, clock);
	if (s->section->is_merged || r->has_boot || !clock.has_boot)
		return;
	r->has_boot = true;
	memcpy(r->boot_id, clock.boot_id, MERGE_ID_BYTES);
	r->monotonic_offset_ns = c->monotonic_offset_ns;
}

/* The end of a merged recording is that of its process. */
static void take_process_ends(struct scan *s, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->process_end_count; i++) {
		const struct ptf_process_end *end = &f->process_ends[i];
		struct merge_recording *r;

		if (!merge_is_recording_id(&s->people, end->process))
			continue;
		r = recording_at(s, merge_recording_of_process(&s->people, end->process));
		r->has_end = true;
		r->end = *end;
		r->end.time_ns = add_wrapping(end->time_ns, -r->was_start_ns);
	}
}

static void take_block(struct scan *s, const struct ptf_block *b)
{
	if (b->kind == PTF_BLOCK_SECTION_START)
		take_start(s, &b->section_start, b->section_index);
	if (!s->section)
		return;
	switch (b->kind) {
	case PTF_BLOCK_DEFINITIONS:
		take_definitions(s, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		recording_at(s, merge_recording_of_thread(&s->people, b->samples.thread))
			->row_count += b->samples.count;
		break;
	case PTF_BLOCK_CLOCK:
		take_clock(s, &b->clock);
		break;
	case PTF_BLOCK_FACTS:
		take_process_ends(s, &b->facts);
		break;
	case PTF_BLOCK_SECTION_END:
		if (!s->section->is_merged) {
			struct merge_recording *r = recording_at(s, 0);

			r->has_end = true;
			r->end.time_ns = b->section_end.time_ns;
		}
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------- an input */

static int check_features(struct scan *s, const struct ptf_reader *reader,
	struct ptf_error *err)
{
	const struct ptf_section_info *section;

	for (uint32_t i = 0; (section = ptf_reader_section(reader, i)) != NULL; i++) {
		s->compatible_features |= section->features_compatible;
		if (section->features_read_only)
			return merge_fail(err, PTF_ERR_FEATURE,
				"can be read, but not rewritten: it has a feature that "
				"this version does not know (0x%" PRIx64 ")",
				section->features_read_only);
	}
	return 0;
}

/* Having been cut takes nothing from what is there; other damage does. */
static int check_notes(struct scan *s, const struct ptf_reader *reader,
	struct ptf_error *err)
{
	const struct merge_hooks *hooks = &s->m->hooks;
	const struct ptf_error *note;

	for (size_t i = 0; (note = ptf_reader_note(reader, i)) != NULL; i++)
		if (note->code != PTF_ERR_TRUNCATED) {
			*err = *note;
			return note->code;
		}
	for (size_t i = 0; (note = ptf_reader_note(reader, i)) != NULL; i++)
		if (hooks->damage)
			hooks->damage(hooks->context, s->input->path, note);
	return 0;
}

static int scan_input(struct scan *s, struct ptf_error *err)
{
	const struct merge_hooks *hooks = &s->m->hooks;
	struct ptf_reader *reader;
	struct ptf_block block;
	unsigned block_count = 0;
	int rc = merge_open_input(s->input, &reader, err);

	if (rc < 0)
		return rc;
	while ((rc = ptf_reader_next(reader, &block, err)) > 0) {
		take_block(s, &block);
		if (hooks->progress && block_count++ % 16 == 0)
			hooks->progress(hooks->context, s->input->path, block.file_offset,
				ptf_reader_file_bytes(reader));
	}
	if (rc == 0)
		rc = check_features(s, reader, err);
	if (rc == 0)
		rc = check_notes(s, reader, err);
	ptf_reader_close(reader);
	return rc;
}

void merge_free_input(struct merge_input *input)
{
	for (size_t i = 0; i < input->sections.count; i++) {
		struct merge_section *section = &input->sections.item[i];

		for (size_t k = 0; k < section->recordings.count; k++)
			vec_free(&section->recordings.item[k].attributes);
		vec_free(&section->recordings);
	}
	vec_free(&input->sections);
}

int merge_add(struct merge *m, const char *path, struct ptf_error *err)
{
	struct merge_input input = {.path = arena_copy(&m->arena, path, strlen(path))};
	struct scan s = {.m = m, .input = &input};
	int rc = open_once(m, &input, err);

	if (rc == 0)
		rc = scan_input(&s, err);
	if (rc == 0) {
		if (s.compatible_features)
			merge_note(m, path,
				"features that this version does not know are left out "
				"(0x%" PRIx64 ")",
				s.compatible_features);
		for (size_t i = 0; i < s.clocks.count; i++)
			intern_bytes(&m->clocks, &s.clocks.item[i],
				sizeof(s.clocks.item[i]));
		vec_push(&m->inputs, input);
	} else {
		merge_free_input(&input);
	}
	vec_free(&s.clocks);
	merge_people_free(&s.people);
	return rc;
}
