/*
 * Line tables: every instruction of the code objects of some standard modules,
 * of every interpreter that is there, against what CPython itself says.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder/cpython/linetable.h"

/*
 * Prints per code object: first line, the table in hex, and "byte:line" where
 * the line changes. dis.findlinestarts is there in all versions.
 */
static const char script[] =
	"import sys, dis, types, argparse, tokenize, enum, typing\n"
	"def walk(code):\n"
	"    table = code.co_linetable if sys.version_info >= (3, 10) else "
	"code.co_lnotab\n"
	"    starts = [(b, l) for b, l in dis.findlinestarts(code) if l]\n"
	"    print(code.co_firstlineno, table.hex() or '-', len(starts),\n"
	"          *['%d:%d' % pair for pair in starts])\n"
	"    for constant in code.co_consts:\n"
	"        if isinstance(constant, types.CodeType):\n"
	"            walk(constant)\n"
	"for module in argparse, tokenize, enum, typing:\n"
	"    source = open(module.__file__, encoding='utf-8').read()\n"
	"    walk(compile(source, module.__file__, 'exec'))\n";

static size_t from_hex(const char *hex, uint8_t *bytes, size_t capacity)
{
	size_t count = 0;
	unsigned byte;

	while (count < capacity && sscanf(hex + 2 * count, "%2x", &byte) == 1)
		bytes[count++] = (uint8_t)byte;
	return count;
}

/* One line of the script's output; returns how many places were compared. */
static size_t check_code(const struct python_version *version, char *text)
{
	static uint8_t table[1 << 20];
	uint32_t first_line = (uint32_t)strtoul(text, &text, 10);
	char *hex = strtok(text, " "), *count_text = strtok(NULL, " ");
	size_t size = *hex == '-' ? 0 : from_hex(hex, table, sizeof table);
	size_t count = strtoul(count_text, NULL, 10), compared = 0;
	struct python_lines lines;

	assert_int_equal(python_lines_init(&lines, version, table, size, first_line), 0);
	for (size_t i = 0; i < count; i++) {
		unsigned byte, line;
		assert_int_equal(sscanf(strtok(NULL, " \n"), "%u:%u", &byte, &line), 2);
		assert_int_equal(python_lines_find(&lines, (int32_t)byte, first_line),
			line);
		assert_true(lines.last_line >= line);
		compared++;
	}
	assert_int_equal(python_lines_find(&lines, -1, first_line), first_line);
	python_lines_finish(&lines);
	return compared;
}

static void check_interpreter(const char *path, uint32_t minor)
{
	const struct python_version *version =
		python_version_find(3u << 24 | minor << 16);
	char name[] = "/tmp/ptf-linetable-XXXXXX", command[4096], *line = NULL;
	size_t capacity = 0, compared = 0;
	int fd = mkstemp(name);
	FILE *file = fdopen(fd, "w");

	assert_non_null(version);
	fputs(script, file);
	fclose(file);
	snprintf(command, sizeof command, "'%s' %s", path, name);
	FILE *output = popen(command, "r");
	assert_non_null(output);
	while (getline(&line, &capacity, output) > 0)
		compared += check_code(version, line);
	assert_int_equal(pclose(output), 0);
	remove(name);
	free(line);
	assert_true(compared > 2000);
	print_message("%s: %zu places\n", path, compared);
}

static uint32_t minor_version(const char *path)
{
	char command[4096];
	unsigned minor = 0;

	snprintf(command, sizeof command,
		"'%s' -c 'import sys; print(sys.version_info[1])' 2>/dev/null", path);
	FILE *output = popen(command, "r");
	if (output && fscanf(output, "%u", &minor) != 1)
		minor = 0;
	if (output)
		pclose(output);
	return minor;
}

static void lines_are_those_of_the_interpreter(void **state)
{
	char pattern[4096];
	const char *home = getenv("HOME");
	glob_t found;
	size_t checked = 0;

	(void)state;
	glob("/usr/bin/python3", 0, NULL, &found);
	snprintf(pattern, sizeof pattern, "%s/.pyenv/versions/3.*/bin/python3",
		home ? home : "");
	glob(pattern, GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		uint32_t minor = minor_version(found.gl_pathv[i]);
		if (python_version_find(3u << 24 | minor << 16)) {
			check_interpreter(found.gl_pathv[i], minor);
			checked++;
		}
	}
	globfree(&found);
	if (!checked)
		skip();
}

static void cut_tables_are_harmless(void **state)
{
	static const uint8_t table[] = {0x80, 0x01, 0xf0, 0x40, 0x40, 0x40, 0x40, 0x40,
		0x40};
	struct python_lines lines;

	(void)state;
	for (uint32_t minor = 8; minor <= 14; minor++)
		for (size_t size = 0; size <= sizeof table; size++) {
			const struct python_version *version =
				python_version_find(3u << 24 | minor << 16);
			uint8_t *exact = malloc(size + 1);
			memcpy(exact, table, size);
			assert_int_equal(python_lines_init(&lines, version, exact, size,
						 7),
				0);
			assert_true(python_lines_find(&lines, 4, 7) > 0);
			python_lines_finish(&lines);
			free(exact);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_the_interpreter),
		cmocka_unit_test(cut_tables_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
