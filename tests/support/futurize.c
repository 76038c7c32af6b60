/*
 * Makes a trace claim to be from the future.
 *
 *     futurize FILE major NUMBER         a format major version
 *     futurize FILE incompatible BIT     an incompatible feature
 *     futurize FILE read-only BIT        a feature that rewriters must know
 *
 * Changes the section header in place and makes its checksum right again, as
 * schemas/FORMAT.md describes it: without the library, which only writes
 * traces of its own version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	HEADER = 80,
	TEXT = 8,
	MAJOR = 24,
	READ_ONLY = 40,
	INCOMPATIBLE = 48,
	CHECKSUM = 72
};

static void store(unsigned char *at, unsigned long long value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

int main(int argc, char **argv)
{
	unsigned char header[HEADER];
	unsigned long long number;
	FILE *file;

	if (argc != 4) {
		fputs("usage: futurize FILE major|incompatible|read-only NUMBER\n",
			stderr);
		return 2;
	}
	number = strtoull(argv[3], NULL, 10);
	file = fopen(argv[1], "r+b");
	if (!file || fread(header, 1, HEADER, file) != HEADER ||
		memcmp(header + TEXT + 1, "PTF", 3)) {
		fputs("futurize: not a trace\n", stderr);
		return 1;
	}
	if (!strcmp(argv[2], "major"))
		store(header + MAJOR, number, 2);
	else if (!strcmp(argv[2], "read-only"))
		store(header + READ_ONLY, 1ull << number, 8);
	else
		store(header + INCOMPATIBLE, 1ull << number, 8);
	store(header + CHECKSUM, XXH3_64bits(header + TEXT, CHECKSUM - TEXT), 8);
	rewind(file);
	if (fwrite(header, 1, HEADER, file) != HEADER || fclose(file)) {
		fputs("futurize: cannot write\n", stderr);
		return 1;
	}
	return 0;
}
