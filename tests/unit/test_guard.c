/* Guarded reads: nothing unreadable is ever touched, page 0 included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "recorder/agent/guard.h"

static void readable_memory_is_read(void **state)
{
	struct guarded_memory guard;
	char text[] = "frames", copy[sizeof text];

	(void)state;
	guarded_memory_init(&guard);
	assert_true(guard.memory.read(&guard.memory, (uintptr_t)text, copy, sizeof copy));
	assert_string_equal(copy, text);
}

static void wild_addresses_are_refused(void **state)
{
	static const uintptr_t wild[] = {0, 1, 0xe5, 4095, 4096, 0xdeadbeef000,
		UINT64_C(0x8000000000000000), UINT64_C(0xffffffffff600000),
		UINTPTR_MAX - 3, UINTPTR_MAX};
	struct guarded_memory guard;
	char copy[144];

	(void)state;
	guarded_memory_init(&guard);
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
			assert_false(guard.memory.read(&guard.memory, wild[i], copy,
				sizeof copy));
}

static void the_end_of_a_mapping_is_noticed(void **state)
{
	struct guarded_memory guard;
	char copy[16];
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	guarded_memory_init(&guard);
	assert_true(guard.memory.read(&guard.memory, (uintptr_t)pages + 4080, copy, 16));
	assert_false(guard.memory.read(&guard.memory, (uintptr_t)pages + 4081, copy, 16));
	munmap(pages, 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readable_memory_is_read),
		cmocka_unit_test(wild_addresses_are_refused),
		cmocka_unit_test(the_end_of_a_mapping_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
