/* Keys to ids; see idmap.h. */
#include "recorder/idmap.h"

#include <stdlib.h>

static struct idmap_entry *place_of(struct idmap_entry *entry, size_t capacity,
	uint64_t key)
{
	size_t at = (key ^ key >> 32) & (capacity - 1);

	while (entry[at].key && entry[at].key != key)
		at = (at + 1) & (capacity - 1);
	return &entry[at];
}

uint32_t *idmap_get(const struct idmap *map, uint64_t key)
{
	if (!map->capacity)
		return NULL;
	struct idmap_entry *entry = place_of(map->entry, map->capacity, key);
	return entry->key ? &entry->id : NULL;
}

static int grow(struct idmap *map)
{
	size_t capacity = map->capacity ? map->capacity * 2 : 256;
	struct idmap_entry *entry = calloc(capacity, sizeof *entry);

	if (!entry)
		return -1;
	for (size_t i = 0; i < map->capacity; i++)
		if (map->entry[i].key)
			*place_of(entry, capacity, map->entry[i].key) = map->entry[i];
	free(map->entry);
	map->entry = entry;
	map->capacity = capacity;
	return 0;
}

int idmap_set(struct idmap *map, uint64_t key, uint32_t id)
{
	if (map->count * 4 >= map->capacity * 3 && grow(map) < 0)
		return -1;
	struct idmap_entry *entry = place_of(map->entry, map->capacity, key);
	if (!entry->key)
		map->count++;
	*entry = (struct idmap_entry){key, id};
	return 0;
}

void idmap_finish(struct idmap *map)
{
	free(map->entry);
	*map = (struct idmap){0};
}
