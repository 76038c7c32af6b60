/* Objects of the target's interpreter; see python_objects.h. */
#include "recorder/asyncio/python_objects.h"

#include <string.h>

/* Offsets that hold for all versions. */
#define DICT_KEYS   32u
#define DICT_VALUES 40u
#define TYPE_NAME   24u
#define TYPE_BASE   256u

/* No module has more names, no program more modules; no class more bases. */
#define DICT_ENTRIES_MAX (1u << 16)
#define BASES_MAX        32

bool python_read_pointer(struct python_memory *memory, uintptr_t address,
	uintptr_t *pointer)
{
	return memory->read(memory, address, pointer, sizeof *pointer);
}

static bool str_is(struct python_memory *memory, const struct python_version *version,
	uintptr_t str, const char *text)
{
	char characters[64];
	uint64_t length = strlen(text), found = 0;

	return str && length < sizeof characters &&
		memory->read(memory, str + PYTHON_STR_LENGTH, &found, sizeof found) &&
		found == length &&
		memory->read(memory, str + version->str_ascii_data, characters, length) &&
		!memcmp(characters, text, length);
}

/* The entries behind the hash table of a dict's keys. */
struct entries {
	uintptr_t address;
	uint64_t count;
	uint32_t entry_bytes, key_offset;
};

static bool locate_entries(struct python_memory *memory,
	const struct python_version *version, uintptr_t keys, struct entries *entries)
{
	uint8_t head[40];
	uint64_t slot_count;

	if (!memory->read(memory, keys, head, sizeof head))
		return false;
	if (version->minor >= 11) {
		/* dk_log2_index_bytes, dk_kind (0: with hashes), dk_nentries */
		if (head[9] > 40)
			return false;
		entries->address = keys + 32 + (UINT64_C(1) << head[9]);
		entries->entry_bytes = head[10] ? 16 : 24;
		entries->key_offset = head[10] ? 0 : 8;
		memcpy(&entries->count, head + 24, 8);
	} else {
		/* dk_size, dk_nentries; the width of an index depends on the size */
		memcpy(&slot_count, head + 8, 8);
		memcpy(&entries->count, head + 32, 8);
		if (slot_count > UINT32_MAX)
			return false;
		entries->address = keys + 40 +
			slot_count *
				(slot_count <= 0xff                    ? 1
						: slot_count <= 0xffff ? 2
								       : 4);
		entries->entry_bytes = 24;
		entries->key_offset = 8;
	}
	return entries->count <= DICT_ENTRIES_MAX;
}

/* Where values of instances lie, that are not in a dict's entries. */
static uintptr_t values_start(const struct python_version *version, uintptr_t values)
{
	return values + (version->minor >= 13 ? 8 : 0);
}

uintptr_t python_dict_find(struct python_memory *memory,
	const struct python_version *version, uintptr_t dict, const char *key)
{
	uintptr_t keys, values, name, value;
	struct entries entries;

	if (!dict || !python_read_pointer(memory, dict + DICT_KEYS, &keys) || !keys ||
		!python_read_pointer(memory, dict + DICT_VALUES, &values) ||
		!locate_entries(memory, version, keys, &entries))
		return 0;
	for (uint64_t i = 0; i < entries.count; i++) {
		uintptr_t at =
			entries.address + i * entries.entry_bytes + entries.key_offset;
		if (!python_read_pointer(memory, at, &name))
			return 0;
		if (!str_is(memory, version, name, key))
			continue;
		at = values ? values_start(version, values) + i * 8 : at + 8;
		return python_read_pointer(memory, at, &value) ? value : 0;
	}
	return 0;
}

uintptr_t python_first_attribute(struct python_memory *memory,
	const struct python_version *version, uintptr_t object, const char *name)
{
	uintptr_t dict = 0, values = 0, value;

	switch (version->asyncio.instance) {
	case PYTHON_INSTANCE_DICT:
		python_read_pointer(memory, object + 16, &dict);
		break;
	case PYTHON_INSTANCE_VALUES:
		if (!python_read_pointer(memory, object - 24, &dict) || dict)
			break;
		python_read_pointer(memory, object - 32, &values);
		break;
	case PYTHON_INSTANCE_TAGGED:
		if (!python_read_pointer(memory, object - 24, &dict) || !(dict & 1))
			break;
		values = dict + 1;
		dict = 0;
		break;
	case PYTHON_INSTANCE_INLINE:
		if (python_read_pointer(memory, object - 24, &dict) && !dict)
			values = object + 16;
		break;
	}
	if (dict)
		return python_dict_find(memory, version, dict, name);
	return values &&
			python_read_pointer(memory, values_start(version, values), &value)
		? value
		: 0;
}

bool python_type_name(struct python_memory *memory, uintptr_t type,
	char name[PYTHON_TYPE_NAME_SIZE])
{
	uintptr_t text;

	if (!type || !python_read_pointer(memory, type + TYPE_NAME, &text) || !text)
		return false;
	/* Character by character: what lies behind a short name may be no memory. */
	for (size_t i = 0; i < PYTHON_TYPE_NAME_SIZE; i++) {
		if (!memory->read(memory, text + i, &name[i], 1))
			return false;
		if (!name[i])
			return true;
	}
	name[PYTHON_TYPE_NAME_SIZE - 1] = '\0';
	return true;
}

bool python_type_is(struct python_memory *memory, uintptr_t type, uintptr_t wanted)
{
	for (int i = 0; i < BASES_MAX && type; i++) {
		if (type == wanted)
			return true;
		if (!python_read_pointer(memory, type + TYPE_BASE, &type))
			return false;
	}
	return false;
}
