/*
 * Tasks and coroutines in memory that changes while it is read: whatever lies
 * there, reading ends soon, within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder/asyncio/asyncio_tasks.h"
#include "recorder/asyncio/coroutines.h"
#include "recorder/asyncio/python_objects.h"

#define BASE         UINT64_C(0x7f0000000000)
#define TYPE_WORDS   40u /* the base is the last that is read */
#define OBJECT_WORDS 24u
#define OBJECT_COUNT 16u
#define WORD_COUNT   (8 * TYPE_WORDS + OBJECT_COUNT * OBJECT_WORDS)

static const char *const type_names[] = {"coroutine", "generator", "async_generator",
	"coroutine_wrapper", "async_generator_asend", "weakref.ReferenceType", "set",
	"_asyncio.Task"};
#define TYPE_COUNT (sizeof type_names / sizeof *type_names)

/* Words that point at each other, with the types at the beginning. */
struct scrap {
	struct python_memory memory;
	uint64_t word[WORD_COUNT];
	char names[TYPE_COUNT][32];
	uint64_t state, read_count;
};

static uint64_t next(struct scrap *s)
{
	s->state = s->state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return s->state >> 33;
}

static bool read_scrap(struct python_memory *memory, uintptr_t address, void *to,
	size_t size)
{
	struct scrap *s = (struct scrap *)(void *)memory;
	uint64_t names = BASE + sizeof s->word;

	s->read_count++;
	if (address >= names && size <= sizeof s->names &&
		address - names <= sizeof s->names - size) {
		memcpy(to, (const char *)s->names + (address - names), size);
		return true;
	}
	if (address < BASE || size > sizeof s->word ||
		address - BASE > sizeof s->word - size)
		return false;
	memcpy(to, (const char *)s->word + (address - BASE), size);
	return true;
}

static uint64_t address_of_word(size_t index)
{
	return BASE + index * 8;
}

static uint64_t any_type(struct scrap *s)
{
	return address_of_word(next(s) % TYPE_COUNT * TYPE_WORDS);
}

/* Behind the types; so that pointers often hit what looks like something. */
static uint64_t any_object(struct scrap *s)
{
	return address_of_word(
		TYPE_COUNT * TYPE_WORDS + next(s) % OBJECT_COUNT * OBJECT_WORDS);
}

static uint64_t any_word(struct scrap *s)
{
	switch (next(s) % 16) {
	case 0:
	case 1:
	case 2:
		return next(s) % 64;
	case 3:
		return UINT64_C(0xffffffffff000001); /* bytes of -1 and of 1 */
	case 4:
		return next(s);
	case 5:
	case 6:
	case 7:
	case 8:
	case 9: /* a type */
		return any_type(s);
	default:
		return any_object(s);
	}
}

static void fill_types(struct scrap *s)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		strcpy(s->names[i], type_names[i]);
		/* tp_name */
		s->word[i * TYPE_WORDS + 3] =
			BASE + sizeof s->word + i * sizeof s->names[i];
	}
}

static void fill(struct scrap *s)
{
	s->memory.read = read_scrap;
	for (size_t i = 0; i < WORD_COUNT; i++)
		s->word[i] = any_word(s);
	for (size_t i = 0; i < OBJECT_COUNT; i++)
		s->word[TYPE_COUNT * TYPE_WORDS + i * OBJECT_WORDS + 1] = any_type(s);
	fill_types(s);
}

static void chains_end(void **state)
{
	static struct await_chain chain;
	static struct scrap s = {.state = 1};
	unsigned suspended = 0;

	(void)state;
	for (uint32_t minor = 8; minor <= 14; minor++) {
		const struct python_process process = {
			.version = python_version_find(3u << 24 | minor << 16),
			.runtime = BASE,
		};
		for (int round = 0; round < 10000; round++) {
			struct awaitable_types types = {0};
			fill(&s);
			s.read_count = 0;
			enum coroutine_state found = coroutine_read(&s.memory, &process,
				&types, any_object(&s), &chain);
			assert_true(chain.count <= AWAIT_DEPTH_MAX);
			assert_true(s.read_count < AWAIT_DEPTH_MAX * 64u);
			suspended += found == COROUTINE_SUSPENDED;
		}
	}
	/* The scrap must look enough like coroutines for this to say something. */
	assert_true(suspended > 20);
}

/* Word of what lies behind the types. */
static size_t word_of(size_t object)
{
	return TYPE_COUNT * TYPE_WORDS + object * OBJECT_WORDS;
}

enum { CODE, TABLE, OUTER, WRAPPER, INNER, FUTURE };

/* A suspended coroutine as 3.13 has it, that awaits another object. */
static void put_coroutine(struct scrap *s, size_t object, size_t awaited)
{
	uint64_t *word = &s->word[word_of(object)];
	uint64_t code = address_of_word(word_of(CODE));

	word[1] = address_of_word(0);
	word[8] = UINT64_C(0xff000000); /* gi_frame_state -1, at 67 */
	word[9] = code;
	word[16] = code + 200 + 4; /* instr_ptr */
	word[17] = 1;              /* values in use: */
	word[18] = address_of_word(word_of(awaited));
}

static void put_chain(struct scrap *s, size_t innermost)
{
	memset(s->word, 0, sizeof s->word);
	fill_types(s);
	s->word[word_of(CODE) + 8] = UINT64_C(7) << 32; /* first line */
	s->word[word_of(CODE) + 17] = address_of_word(word_of(TABLE));
	put_coroutine(s, OUTER, WRAPPER);
	s->word[word_of(WRAPPER) + 1] = address_of_word(3 * TYPE_WORDS);
	s->word[word_of(WRAPPER) + 2] = address_of_word(word_of(INNER));
	put_coroutine(s, INNER, innermost);
}

static void a_chain_is_followed(void **state)
{
	static struct await_chain chain;
	static struct scrap s = {.memory.read = read_scrap};
	const struct python_process process = {
		.version = python_version_find(0x030d0000)};
	const uintptr_t outer = address_of_word(word_of(OUTER));
	struct awaitable_types types = {0};

	(void)state;
	put_chain(&s, FUTURE);
	assert_int_equal(coroutine_read(&s.memory, &process, &types, outer, &chain),
		COROUTINE_SUSPENDED);
	assert_int_equal(chain.count, 2);
	assert_int_equal(chain.frame[0].instruction, 4);
	/* One that runs makes the chain around it untrue. */
	s.word[word_of(INNER) + 8] = 0;
	assert_int_equal(coroutine_read(&s.memory, &process, &types, outer, &chain),
		COROUTINE_TORN);
	s.word[word_of(OUTER) + 8] = 0;
	assert_int_equal(coroutine_read(&s.memory, &process, &types, outer, &chain),
		COROUTINE_ACTIVE);
	/* Nothing awaits itself. */
	put_chain(&s, OUTER);
	s.read_count = 0;
	assert_int_equal(coroutine_read(&s.memory, &process, &types, outer, &chain),
		COROUTINE_TORN);
	assert_true(s.read_count < AWAIT_DEPTH_MAX * 64u);
}

static void lists_end(void **state)
{
	static struct task_list list;
	static struct scrap s = {.state = 2};

	(void)state;
	for (uint32_t minor = 8; minor <= 14; minor++) {
		const struct python_process process = {
			.version = python_version_find(3u << 24 | minor << 16),
			.runtime = BASE,
		};
		for (int round = 0; round < 300; round++) {
			struct asyncio_tasks tasks = {0};
			fill(&s);
			s.read_count = 0;
			asyncio_tasks_find(&s.memory, &process, &tasks);
			tasks.task_type = address_of_word((TYPE_COUNT - 1) * TYPE_WORDS);
			tasks.weak_set = any_object(&s);
			tasks.count = next(&s) % 5000;
			asyncio_tasks_list(&s.memory, &process, &tasks,
				(uint32_t)next(&s), &list);
			assert_true(list.count <= TASKS_PER_LOOK);
			assert_true(list.stands_for >= 1);
			assert_true(s.read_count < 5000000);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_is_followed),
		cmocka_unit_test(chains_end),
		cmocka_unit_test(lists_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
