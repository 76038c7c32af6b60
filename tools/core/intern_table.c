#include "tools/core/intern_table.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static struct intern_slot *find(const struct intern *table, uint32_t hash,
	const void *data, size_t size)
{
	size_t mask = table->slot_count - 1;
	size_t at = hash & mask;

	for (; table->slots[at].id; at = (at + 1) & mask) {
		const struct ptf_text *item;

		if (table->slots[at].hash != hash)
			continue;
		item = &table->items.item[table->slots[at].id - 1];
		if (item->size == size && (!size || !memcmp(item->data, data, size)))
			break;
	}
	return &table->slots[at];
}

static void grow(struct intern *table)
{
	size_t old_count = table->slot_count;
	struct intern_slot *old = table->slots;

	table->slot_count = old_count ? old_count * 2 : 64;
	table->slots = memory_zeroed(table->slot_count, sizeof(*table->slots));
	for (size_t i = 0; i < old_count; i++) {
		size_t at = old[i].hash & (table->slot_count - 1);

		if (!old[i].id)
			continue;
		while (table->slots[at].id)
			at = (at + 1) & (table->slot_count - 1);
		table->slots[at] = old[i];
	}
	free(old);
}

uint32_t intern_bytes(struct intern *table, const void *data, size_t size)
{
	uint32_t hash = (uint32_t)XXH3_64bits(data, size);
	struct intern_slot *slot;

	if (table->items.count * 4 >= table->slot_count * 3)
		grow(table);
	slot = find(table, hash, data, size);
	if (!slot->id) {
		struct ptf_text copy = {arena_copy(&table->arena, data, size), size};

		vec_push(&table->items, copy);
		*slot = (struct intern_slot){hash, (uint32_t)table->items.count};
	}
	return slot->id;
}

uint32_t intern_lookup(const struct intern *table, const void *data, size_t size)
{
	if (!table->slot_count)
		return 0;
	return find(table, (uint32_t)XXH3_64bits(data, size), data, size)->id;
}

struct ptf_text intern_get(const struct intern *table, uint32_t id)
{
	if (id == 0 || id > table->items.count)
		return (struct ptf_text){"", 0};
	return table->items.item[id - 1];
}

void intern_free(struct intern *table)
{
	arena_free(&table->arena);
	vec_free(&table->items);
	free(table->slots);
	table->slots = NULL;
	table->slot_count = 0;
}
