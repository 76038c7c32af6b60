/* A table with open addressing; see held_blocks.h. */
#include "recorder/memory/held_blocks.h"

#include <stdlib.h>

#define SMALLEST ((size_t)256)

/* Ids are numbers in a row: spread, since blocks that live on come in groups. */
static size_t home(const struct held_blocks *held, uint64_t id)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (held->capacity - 1);
}

static size_t place_of(const struct held_blocks *held, uint64_t id)
{
	size_t at = home(held, id);

	while (held->item[at].id && held->item[at].id != id)
		at = (at + 1) & (held->capacity - 1);
	return at;
}

static int resize(struct held_blocks *held, size_t capacity)
{
	struct held_blocks resized = {calloc(capacity, sizeof *held->item), capacity,
		held->count};

	if (!resized.item)
		return -1;
	for (size_t i = 0; i < held->capacity; i++)
		if (held->item[i].id)
			resized.item[place_of(&resized, held->item[i].id)] =
				held->item[i];
	free(held->item);
	*held = resized;
	return 0;
}

int held_blocks_add(struct held_blocks *held, struct held_block block)
{
	size_t more = held->capacity ? held->capacity * 2 : SMALLEST;

	if (held->count * 4 >= held->capacity * 3 && resize(held, more) < 0)
		return -1;
	size_t at = place_of(held, block.id);
	held->count += !held->item[at].id;
	held->item[at] = block;
	return 0;
}

/* Moves up those that could not have their place because of this one. */
static void close_gap(struct held_blocks *held, size_t gap)
{
	size_t mask = held->capacity - 1;

	for (size_t at = (gap + 1) & mask; held->item[at].id; at = (at + 1) & mask) {
		size_t displaced = (at - home(held, held->item[at].id)) & mask;
		if (displaced < ((at - gap) & mask))
			continue;
		held->item[gap] = held->item[at];
		gap = at;
	}
	held->item[gap].id = 0;
}

bool held_blocks_take(struct held_blocks *held, uint64_t id, struct held_block *block)
{
	if (!held->count || !id)
		return false;
	size_t at = place_of(held, id);
	if (!held->item[at].id)
		return false;
	*block = held->item[at];
	close_gap(held, at);
	held->count--;
	/* Without memory it just stays large. */
	if (held->capacity > SMALLEST && held->count * 8 < held->capacity)
		resize(held,
			held->capacity / 4 < SMALLEST ? SMALLEST : held->capacity / 4);
	return true;
}

void held_blocks_finish(struct held_blocks *held)
{
	free(held->item);
	*held = (struct held_blocks){0};
}
