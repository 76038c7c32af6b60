#include "tools/core/parts.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/texts.h"
#include "tools/core/wrapping.h"

struct part_begin_key {
	int64_t begin_ns;
	uint32_t id, zero;
};

struct part_life_key {
	int64_t begin_ns; /* CLOCK_MONOTONIC */
	uint32_t recording, owner, number, zero;
};

static bool is_known(struct ptf_text id)
{
	for (size_t i = 0; i < id.size; i++)
		if (id.data[i] != '0')
			return true;
	return false;
}

/* The id is as long as all ids are, so that both together are unambiguous. */
static uint32_t recording_of(struct parts *parts, struct ptf_text id, struct ptf_text run)
{
	char *key = memory_zeroed(id.size + run.size, 1);
	uint32_t recording;

	memcpy(key, id.data, id.size);
	if (run.size)
		memcpy(key + id.size, run.data, run.size);
	recording = intern_bytes(&parts->recordings, key, id.size + run.size);
	free(key);
	if (recording > parts->first.count)
		vec_push(&parts->first, (uint32_t)parts->of.count);
	return recording;
}

/* Whatever run somebody said it is of. */
static bool is_double(struct parts *parts, const struct part *part, struct ptf_text id)
{
	struct part_begin_key key = {add_wrapping(part->zero_ns, part->start_ns),
		intern_bytes(&parts->ids, id.data, id.size), 0};
	size_t known = parts->begins.items.count;

	return intern_bytes(&parts->begins, &key, sizeof(key)) <= known;
}

uint32_t parts_add(struct parts *parts, struct part part, struct ptf_text id,
	struct ptf_text run)
{
	if (is_known(id)) {
		part.is_double = is_double(parts, &part, id);
		part.recording = part.is_double ? 0 : recording_of(parts, id, run);
	}
	vec_push(&parts->of, part);
	return (uint32_t)parts->of.count - 1;
}

uint32_t parts_first(const struct parts *parts, uint32_t part)
{
	const struct part *of = &parts->of.item[part];

	return of->recording ? parts->first.item[of->recording - 1] : part;
}

uint32_t parts_life(struct parts *parts, uint32_t part, uint32_t owner, uint32_t number,
	int64_t start_ns, uint32_t fresh)
{
	const struct part *of = &parts->of.item[part];
	struct part_life_key key = {start_ns == PARTS_ALWAYS
			? 0
			: add_wrapping(of->zero_ns, start_ns),
		of->recording, owner, number, 0};
	struct part_life *life;
	uint32_t id;

	if (!of->recording)
		return fresh;
	id = intern_bytes(&parts->lives, &key, sizeof(key));
	if (id > parts->life.count)
		vec_push(&parts->life, (struct part_life){0});
	life = &parts->life.item[id - 1];
	/* Two of one part are two, whatever they have in common. */
	if (!life->id || life->last_part == part)
		life->id = fresh;
	life->last_part = part;
	return life->id;
}

int64_t parts_time(const struct parts *parts, uint32_t from, uint32_t to, int64_t time_ns)
{
	const struct part *a = &parts->of.item[from], *b = &parts->of.item[to];

	/* Where merging has placed them on one axis, that holds. */
	if (a->section == b->section)
		return time_ns;
	return add_wrapping(time_ns, subtract_wrapping(a->zero_ns, b->zero_ns));
}

void parts_free(struct parts *parts)
{
	vec_free(&parts->of);
	vec_free(&parts->first);
	vec_free(&parts->life);
	intern_free(&parts->ids);
	intern_free(&parts->recordings);
	intern_free(&parts->begins);
	intern_free(&parts->lives);
}
