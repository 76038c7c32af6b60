/* Which files are the user's own: core/own_code.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <ptf/writer.h>

#include "tools/core/own_code.h"

static struct ptf_writer *w;
static struct profile *p;
static unsigned char *own;
static int fd;

static void must(int rc)
{
	if (rc < 0)
		fail_msg("error %d", rc);
}

static uint32_t string(const char *text)
{
	uint32_t id;

	must(ptf_writer_string(w, (struct ptf_text){text, strlen(text)}, &id, NULL));
	return id;
}

static void begin_trace(void)
{
	static const struct ptf_section_start start = {.sample_period_ns = 10000000};

	fd = memfd_create("own.ptf", 0);
	must(fd);
	must(ptf_writer_open(&w, fd, NULL, &start, NULL));
}

/* A function of a file; of native code with its library. */
static void function(const char *file, const char *module)
{
	struct ptf_function f = {.name = string("work"),
		.file = string(file),
		.kind = module ? PTF_FUNCTION_NATIVE : PTF_FUNCTION_PYTHON};
	struct ptf_module m = {0};
	uint32_t id;

	if (module) {
		m.path = string(module);
		must(ptf_writer_module(w, &m, &f.module, NULL));
	}
	must(ptf_writer_function(w, &f, &id, NULL));
}

/* Of Python, with up to four words. */
static void process(const char *const words[4])
{
	static const struct ptf_attribute version = {PTF_TEXT("python.version"),
		PTF_TEXT("3.11.2")};
	uint32_t arguments[5] = {string("python3")}, count = 1;
	struct ptf_process process = {.pid = 7, .attributes = {&version, 1}};
	uint32_t id;

	process.executable = string("/usr/bin/python3");
	for (; count < 5 && words[count - 1]; count++)
		arguments[count] = string(words[count - 1]);
	process.arguments = (struct ptf_ids){arguments, count};
	must(ptf_writer_process(w, &process, &id, NULL));
}

static void end_trace(void)
{
	char path[64];

	must(ptf_writer_close(w, 1000, NULL));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	p = profile_new();
	must(profile_add_file(p, path, NULL, NULL));
	profile_finish(p);
	own = own_files(p);
}

static int end(void **state)
{
	(void)state;
	free(own);
	profile_free(p);
	close(fd);
	return 0;
}

static bool is_own(const char *file)
{
	uint32_t id = intern_lookup(&p->strings, file, strlen(file));

	assert_int_not_equal(id, 0);
	return own[id];
}

static void paths_tell_of_python_files(void **state)
{
	(void)state;
	begin_trace();
	function("/usr/lib/python3.11/json/decoder.py", NULL);
	function("/v/lib/python3.12/site-packages/numpy/core.py", NULL);
	function("<frozen runpy>", NULL);
	function("/home/me/library.py", NULL);
	function("walk.py", NULL);
	end_trace();
	assert_false(is_own("/usr/lib/python3.11/json/decoder.py"));
	assert_false(is_own("/v/lib/python3.12/site-packages/numpy/core.py"));
	assert_false(is_own("<frozen runpy>"));
	assert_true(is_own("/home/me/library.py"));
	assert_true(is_own("walk.py"));
}

static void native_sources_are_as_their_library(void **state)
{
	(void)state;
	begin_trace();
	function("Objects/dictobject.c",
		"/home/me/.pyenv/versions/3.11.7/bin/python3.11");
	function("Python/ceval.c", "/opt/lib/libpython3.11.so.1.0");
	function("elf/dl-lookup.c", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
	function("fast.c", "/v/lib/python3.12/site-packages/fast.so");
	function("/home/me/sim.c", "/home/me/sim");
	function("mine.c", "/home/me/mine.cpython-311-x86_64-linux-gnu.so");
	/* A header that both the interpreter and the user's code have. */
	function("pyport.h", "/usr/bin/python3.11");
	function("pyport.h", "/home/me/sim");
	end_trace();
	assert_false(is_own("Objects/dictobject.c"));
	assert_false(is_own("Python/ceval.c"));
	assert_false(is_own("elf/dl-lookup.c"));
	assert_false(is_own("fast.c"));
	assert_true(is_own("/home/me/sim.c"));
	assert_true(is_own("mine.c"));
	assert_true(is_own("pyport.h"));
}

static void generated_code_is_nobodys(void **state)
{
	(void)state;
	begin_trace();
	process((const char *const[4]){"walk.py", "-c"});
	function("<string>", NULL);
	function("<__array_function__ internals>", NULL);
	function("<stdin>", NULL);
	function("<ipython-input-3-0a1b>", NULL);
	end_trace();
	assert_false(is_own("<string>"));
	assert_false(is_own("<__array_function__ internals>"));
	assert_true(is_own("<stdin>"));
	assert_true(is_own("<ipython-input-3-0a1b>"));
}

static void the_text_of_c_is_own(void **state)
{
	static const struct {
		const char *words[4];
		bool is_text;
	} of[] = {
		{{"-c", "print(1)"}, true},
		{{"-uc", "print(1)"}, true},
		{{"-cprint(1)"}, true},
		{{"-W", "ignore", "-Bc", "print(1)"}, true},
		{{"-Wignore", "-X", "dev", "-c"}, true},
		{{"-W", "-c", "walk.py"}, false},
		{{"-m", "json.tool", "-c"}, false},
		{{"-um", "json.tool", "-c"}, false},
		{{"-", "-c"}, false},
		{{"-B", "walk.py", "-c"}, false},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		begin_trace();
		process(of[i].words);
		function("<string>", NULL);
		end_trace();
		if (is_own("<string>") != of[i].is_text)
			fail_msg("%s %s", of[i].words[0],
				of[i].words[1] ? of[i].words[1] : "");
		if (i + 1 < sizeof(of) / sizeof(of[0]))
			end(state);
	}
}

#define T(function) cmocka_unit_test_setup_teardown(function, NULL, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(paths_tell_of_python_files),
		T(native_sources_are_as_their_library),
		T(generated_code_is_nobodys),
		T(the_text_of_c_is_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
