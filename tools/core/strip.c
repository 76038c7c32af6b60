#include "tools/core/strip.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tools/core/hex.h"
#include "tools/core/merge_parts.h"
#include "tools/core/strip_names.h"
#include "tools/core/texts.h"

static const char *const what_names[] = {"sources", "args", "hosts", "paths"};
#define WHAT_COUNT (sizeof(what_names) / sizeof(what_names[0]))

struct strip {
	const struct profile *p;
	unsigned what;
	struct strip_names names;
	struct intern hosts; /* host-N is the one with id N */
	struct intern boots; /* ids of 16 bytes */

	/* Of the Block at hand. */
	struct arena arena;
	VEC(struct ptf_text) strings;
	VEC(struct ptf_process) processes;
	VEC(struct ptf_process_image) images;
	uint8_t boot_id[MERGE_ID_BYTES];
};

/* ------------------------------------------------------------ what to strip */

const char *strip_read(unsigned *what, const char *text)
{
	for (;;) {
		size_t size = strcspn(text, ","), i = 0;

		while (i < WHAT_COUNT &&
			(strlen(what_names[i]) != size ||
				memcmp(what_names[i], text, size) != 0))
			i++;
		if (i == WHAT_COUNT)
			return "has a part that is none of sources, args, hosts, paths";
		*what |= 1u << i;
		if (!text[size])
			return NULL;
		text += size + 1;
	}
}

const char *strip_text(char *text, unsigned what)
{
	text[0] = '\0';
	for (size_t i = 0; i < WHAT_COUNT; i++)
		if (what >> i & 1) {
			if (*text)
				strcat(text, ",");
			strcat(text, what_names[i]);
		}
	return text;
}

/* ------------------------------------------------------------------ texts */

/* --map, as profile_read.c does it for the paths of sources. */
static struct ptf_text mapped(struct strip *s, struct ptf_text text)
{
	const struct selection *selection = s->p->selection;

	for (size_t i = 0; selection && i < selection->path_maps.count; i++) {
		const struct selection_map *map = &selection->path_maps.item[i];
		size_t rest = text.size - map->from.size;
		char *copy;

		if (text.size < map->from.size ||
			memcmp(text.data, map->from.data, map->from.size) != 0)
			continue;
		copy = arena_alloc(&s->arena, map->to.size + rest + 1);
		memcpy(copy, map->to.data, map->to.size);
		memcpy(copy + map->to.size, text.data + map->from.size, rest);
		return (struct ptf_text){copy, map->to.size + rest};
	}
	return text;
}

static struct ptf_text without_hosts(struct strip *s, struct ptf_text text)
{
	char name[24];

	for (uint32_t id = 1; id <= s->hosts.items.count; id++) {
		struct ptf_text host = intern_get(&s->hosts, id);
		const char *dot = memchr(host.data, '.', host.size);

		snprintf(name, sizeof(name), "host-%u", id);
		text = strip_word(text, host, name, &s->arena);
		/* "db1" of "db1.example.org" */
		if (dot && dot > host.data + 2) {
			host.size = (size_t)(dot - host.data);
			text = strip_word(text, host, name, &s->arena);
		}
	}
	return text;
}

struct ptf_text strip_one(struct strip *s, struct ptf_text text)
{
	text = mapped(s, text);
	if (s->what & STRIP_PATHS)
		text = strip_paths(&s->names, text, &s->arena);
	if (s->what & STRIP_HOSTS)
		text = without_hosts(s, text);
	return text;
}

/* -------------------------------------------------------------------- boots */

/* Another id, that cannot be turned back: it comes from the trace's own. */
static void hide_boot(struct strip *s, const uint8_t id[MERGE_ID_BYTES],
	uint8_t hidden[MERGE_ID_BYTES])
{
	XXH128_canonical_t bytes;
	uint8_t seed[MERGE_ID_BYTES + 1] = {0};

	if (s->p->sections.count)
		memcpy(seed, s->p->sections.item[0].trace_id, MERGE_ID_BYTES);
	XXH128_canonicalFromHash(&bytes,
		XXH3_128bits_withSeed(seed, sizeof(seed),
			intern_bytes(&s->boots, id, MERGE_ID_BYTES)));
	memcpy(hidden, bytes.digest, MERGE_ID_BYTES);
}

/* 32 hexadecimal digits, with or without dashes; "" for what is none. */
static struct ptf_text hidden_boot_text(struct strip *s, struct ptf_text text)
{
	uint8_t id[MERGE_ID_BYTES] = {0};
	char *hex = arena_alloc(&s->arena, 2 * MERGE_ID_BYTES + 1);
	size_t digits = 0;

	for (size_t i = 0; i < text.size && digits < sizeof(id) * 2; i++) {
		int c = tolower((unsigned char)text.data[i]);

		if (!isxdigit(c))
			continue;
		id[digits / 2] |= (uint8_t)((isdigit(c) ? c - '0' : c - 'a' + 10)
			<< (digits % 2 ? 0 : 4));
		digits++;
	}
	if (digits < 2 * sizeof(id))
		return (struct ptf_text){"", 0};
	hide_boot(s, id, id);
	hex_write(hex, id, sizeof(id));
	return (struct ptf_text){hex, 2 * sizeof(id)};
}

/* ---------------------------------------------------------------- attributes */

static bool is_dropped(const struct strip *s, struct ptf_text key)
{
	return ((s->what & STRIP_ARGS) && text_is(key, "run.command")) ||
		((s->what & STRIP_PATHS) && text_is(key, "run.cwd"));
}

static struct ptf_attributes stripped(struct strip *s, struct ptf_attributes from)
{
	struct ptf_attribute *to = arena_alloc(&s->arena, (from.count + 1) * sizeof(*to));
	size_t count = 0;

	for (size_t i = 0; i < from.count; i++) {
		struct ptf_attribute a = from.item[i];
		bool is_boot = text_is(a.key, "host.boot_id") ||
			text_is(a.key, "recording.boot_id");

		if (is_dropped(s, a.key))
			continue;
		a.value = is_boot && s->what & STRIP_HOSTS ? hidden_boot_text(s, a.value)
							   : strip_one(s, a.value);
		to[count++] = a;
	}
	return (struct ptf_attributes){to, count};
}

/* -------------------------------------------------------------------- Blocks */

static void strip_definitions(struct strip *s, struct ptf_definitions *d)
{
	s->strings.count = s->processes.count = 0;
	for (size_t i = 0; i < d->string_count; i++)
		vec_push(&s->strings, strip_one(s, d->strings[i]));
	for (size_t i = 0; i < d->process_count; i++) {
		struct ptf_process process = d->processes[i];

		process.attributes = stripped(s, process.attributes);
		if (s->what & STRIP_ARGS)
			process.arguments.count = 0;
		vec_push(&s->processes, process);
	}
	d->strings = s->strings.item;
	d->processes = s->processes.item;
}

static void strip_facts(struct strip *s, struct ptf_facts *f)
{
	s->images.count = 0;
	for (size_t i = 0; i < f->process_image_count; i++) {
		struct ptf_process_image image = f->process_images[i];

		image.attributes = stripped(s, image.attributes);
		if (s->what & STRIP_ARGS)
			image.arguments.count = 0;
		vec_push(&s->images, image);
	}
	f->process_images = s->images.item;
	if (s->what & STRIP_SOURCES)
		f->source_count = 0;
}

void strip_block(struct strip *s, struct ptf_block *b)
{
	arena_free(&s->arena);
	if (b->kind == PTF_BLOCK_SECTION_START) {
		b->section_start.attributes = stripped(s, b->section_start.attributes);
	} else if (b->kind == PTF_BLOCK_DEFINITIONS) {
		strip_definitions(s, &b->definitions);
	} else if (b->kind == PTF_BLOCK_FACTS) {
		strip_facts(s, &b->facts);
	} else if (b->kind == PTF_BLOCK_CLOCK && s->what & STRIP_HOSTS &&
		b->clock.boot_id.size == MERGE_ID_BYTES) {
		memcpy(s->boot_id, b->clock.boot_id.data, MERGE_ID_BYTES);
		hide_boot(s, s->boot_id, s->boot_id);
		b->clock.boot_id.data = (const char *)s->boot_id;
	}
}

/* ----------------------------------------------------------------------- all */

static void add_host(struct strip *s, struct ptf_text key, struct ptf_text value)
{
	if (text_is(key, "host.name") && value.size && !text_is(value, "localhost"))
		intern_bytes(&s->hosts, value.data, value.size);
}

static void find_hosts(struct strip *s)
{
	for (size_t i = 0; i < s->p->sections.count; i++) {
		const struct profile_section *section = &s->p->sections.item[i];

		for (size_t k = 0; k < section->attributes.count; k++)
			add_host(s, section->attributes.item[k].key,
				section->attributes.item[k].value);
	}
	for (size_t i = 0; i < s->p->processes.count; i++) {
		const struct profile_process *process = &s->p->processes.item[i];

		for (size_t k = 0; k < process->attributes.count; k++)
			add_host(s, process->attributes.item[k].key,
				process->attributes.item[k].value);
	}
}

struct strip *strip_new(const struct profile *p, unsigned what)
{
	struct strip *s = memory_zeroed(1, sizeof(*s));

	s->p = p;
	s->what = what;
	if (what & STRIP_PATHS)
		strip_names_find(&s->names, p);
	if (what & STRIP_HOSTS)
		find_hosts(s);
	return s;
}

void strip_free(struct strip *s)
{
	strip_names_free(&s->names);
	intern_free(&s->hosts);
	intern_free(&s->boots);
	arena_free(&s->arena);
	vec_free(&s->strings);
	vec_free(&s->processes);
	vec_free(&s->images);
	free(s);
}
