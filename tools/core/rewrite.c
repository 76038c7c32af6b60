#include "tools/core/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "tools/core/filter.h"
#include "tools/core/hex.h"
#include "tools/core/merge_rows.h"
#include "tools/core/replay.h"
#include "tools/core/rewrite_parts.h"
#include "tools/core/strip.h"
#include "tools/core/texts.h"

/*
 * What is written once and kept: 9 % smaller than at the level of recorders (3),
 * while reading still takes most of the time. 19 would save as much again, and take
 * ten times as long.
 */
#define COMPRESSION_LEVEL 9

struct rewriting {
	const struct profile *p;
	unsigned strip_what;
	int fd;
	char *selected; /* in words; "" = all */
	struct strip *strip;
	struct rewrite_part part;
	VEC(struct rewrite_use) uses; /* [section of the profile]; none: all is wanted */

	/* The section at work. */
	bool is_open;
	bool has_end;
	int64_t end_ns;
	struct merge merge; /* of one recording */
	struct merge_recording recording;
	struct merge_section section;
	struct merge_output out;
	struct merge_feed feed;

	struct ptf_error err; /* of the first failure; code 0 = none */
};

/* A Block as it is written; false when nothing is left of it. */
static bool edit(struct rewriting *w, uint32_t section, struct ptf_block *b)
{
	w->part.p = w->p;
	w->part.maps = w->p->section_maps.item[section];
	if (!rewrite_part_of(&w->part, b))
		return false;
	strip_block(w->strip, b);
	return true;
}

/* -------------------------------------------------------- the first reading */

static void use_block(void *context, uint32_t section, const struct ptf_block *in)
{
	struct rewriting *w = context;
	struct ptf_block block = *in;

	vec_cover(&w->uses, section);
	w->uses.item[section].p = w->p;
	if (edit(w, section, &block))
		rewrite_use_block(&w->uses.item[section],
			w->p->section_maps.item[section], &block);
}

static int find_uses(struct rewriting *w)
{
	const struct replay_hooks hooks = {.context = w, .block = use_block};
	int rc = profile_replay(w->p, &hooks, &w->err);

	for (size_t i = 0; i < w->uses.count; i++)
		rewrite_use_finish(&w->uses.item[i]);
	return rc;
}

/* ------------------------------------------------------------- a section */

static void close_section(struct rewriting *w)
{
	struct merge_output *out = &w->out;

	if (!w->is_open)
		return;
	if (out->rc == 0)
		merge_put_gathered(out);
	if (out->rc == 0 && w->has_end) {
		merge_did(out, ptf_writer_close(out->w, w->end_ns, &out->err));
	} else {
		/* What was cut stays so. */
		if (out->rc == 0)
			merge_did(out, ptf_writer_flush(out->w, &out->err));
		ptf_writer_destroy(out->w);
	}
	if (out->rc < 0 && !w->err.code)
		w->err = out->err;
	merge_output_free(out);
	merge_feed_free(&w->feed);
	vec_free(&w->section.recordings);
	w->is_open = false;
}

/* A part is another recording than its whole, so that a merge takes both. */
static void identify_part(struct rewriting *w, struct ptf_section_start *start)
{
	XXH128_canonical_t bytes;

	XXH128_canonicalFromHash(&bytes,
		XXH3_128bits_withSeed(start->trace_id, sizeof(start->trace_id),
			XXH3_64bits(w->selected, strlen(w->selected))));
	memcpy(start->trace_id, bytes.digest, sizeof(start->trace_id));
}

struct new_attributes {
	VEC(struct ptf_attribute) of;
	char part_of[2 * MERGE_ID_BYTES + 1];
	char *selection;
	char stripped[STRIP_TEXT_SIZE];
};

static struct ptf_attribute *old_attribute(const struct new_attributes *a,
	const char *key)
{
	for (size_t i = 0; i < a->of.count; i++)
		if (text_is(a->of.item[i].key, key))
			return &a->of.item[i];
	return NULL;
}

static void add_attribute(struct new_attributes *a, const char *key, const char *value)
{
	struct ptf_attribute new = {{key, strlen(key)}, {value, strlen(value)}};
	struct ptf_attribute *old = old_attribute(a, key);

	if (old)
		*old = new;
	else
		vec_push(&a->of, new);
}

/* A part of a part is one by both choices, of the same whole. */
static void say_part(struct rewriting *w, struct new_attributes *a,
	const struct ptf_section_start *start)
{
	const struct ptf_attribute *before = old_attribute(a, "part.selection");
	struct ptf_text selected =
		strip_one(w->strip, (struct ptf_text){w->selected, strlen(w->selected)});
	int size = before
		? asprintf(&a->selection, "%.*s; %.*s", (int)before->value.size,
			  before->value.data, (int)selected.size, selected.data)
		: asprintf(&a->selection, "%.*s", (int)selected.size, selected.data);

	hex_write(a->part_of, start->trace_id, MERGE_ID_BYTES);
	if (size >= 0)
		add_attribute(a, "part.selection", a->selection);
	if (!old_attribute(a, "part.of"))
		add_attribute(a, "part.of", a->part_of);
}

static void say_stripped(struct rewriting *w, struct new_attributes *a)
{
	const struct ptf_attribute *before = old_attribute(a, "stripped");
	unsigned what = w->strip_what;
	char text[STRIP_TEXT_SIZE];

	if (before && before->value.size < sizeof(text)) {
		memcpy(text, before->value.data, before->value.size);
		text[before->value.size] = '\0';
		strip_read(&what, text);
	}
	add_attribute(a, "stripped", strip_text(a->stripped, what));
}

static void open_section(struct rewriting *w, const struct ptf_section_start *from)
{
	const struct ptf_writer_options options = {
		.compression_level = COMPRESSION_LEVEL};
	struct ptf_section_start start = *from;
	struct new_attributes attributes = {0};
	int rc;

	w->out = (struct merge_output){.m = &w->merge, .is_copy = true};
	w->feed = (struct merge_feed){.section = &w->section};
	w->has_end = false;
	w->is_open = true;
	vec_push(&w->section.recordings, (struct merge_recording){0});
	for (size_t i = 0; i < start.attributes.count; i++)
		vec_push(&attributes.of, start.attributes.item[i]);
	if (*w->selected) {
		say_part(w, &attributes, &start);
		identify_part(w, &start);
	}
	if (w->strip_what)
		say_stripped(w, &attributes);
	start.attributes =
		(struct ptf_attributes){attributes.of.item, attributes.of.count};
	rc = ptf_writer_open(&w->out.w, w->fd, &options, &start, &w->out.err);
	merge_did(&w->out, rc);
	vec_free(&attributes.of);
	free(attributes.selection);
}

/* ------------------------------------------------------- the second reading */

static void write_block(void *context, uint32_t section, const struct ptf_block *in)
{
	struct rewriting *w = context;
	struct ptf_block block = *in;

	if (w->err.code || (w->is_open && w->out.rc < 0))
		return;
	if (!edit(w, section, &block))
		return;
	if (in->kind == PTF_BLOCK_SECTION_START) {
		close_section(w);
		if (w->err.code)
			return;
		open_section(w, &block.section_start);
		if (section < w->uses.count)
			w->feed.ids.wanted = &w->uses.item[section].wanted;
	}
	if (!w->is_open)
		return;
	if (in->kind == PTF_BLOCK_SECTION_END) {
		w->has_end = true;
		w->end_ns = in->section_end.time_ns;
	}
	if (w->out.rc == 0)
		merge_feed_block(&w->out, &w->feed, &block);
}

static int refuse(struct ptf_error *err, int code, const char *path, const char *why)
{
	*err = (struct ptf_error){.code = code};
	snprintf(err->message, sizeof(err->message), "%.120s: %s", path, why);
	return code;
}

static int check_inputs(const struct profile *p, struct ptf_error *err)
{
	for (size_t i = 0; i < p->inputs.count; i++) {
		const struct profile_input *input = &p->inputs.item[i];

		if (input->damage.code)
			return refuse(err, input->damage.code, input->path,
				"is damaged; written again, it would look whole");
		if (input->features_read_only)
			return refuse(err, PTF_ERR_FEATURE, input->path,
				"can be read, but not rewritten: it has a feature that "
				"this version does not know");
	}
	return 0;
}

int rewrite(const struct profile *p, unsigned strip, int fd, struct ptf_error *err)
{
	struct rewriting w = {.p = p, .strip_what = strip, .fd = fd};
	const struct replay_hooks hooks = {.context = &w, .block = write_block};
	bool is_part = p->selection && selection_is_partial(p->selection);
	int rc = check_inputs(p, err);

	if (rc < 0)
		return rc;
	w.selected = is_part ? selection_text(p->selection) : memory_zeroed(1, 1);
	w.strip = strip_new(p, strip);
	rc = is_part || strip ? find_uses(&w) : 0;
	if (rc >= 0)
		rc = profile_replay(p, &hooks, &w.err);
	if (w.is_open && rc < 0)
		w.out.rc = rc;
	close_section(&w);
	rc = w.err.code;
	*err = w.err;
	for (size_t i = 0; i < w.uses.count; i++)
		rewrite_use_free(&w.uses.item[i]);
	vec_free(&w.uses);
	rewrite_part_free(&w.part);
	strip_free(w.strip);
	free(w.selected);
	return rc;
}
