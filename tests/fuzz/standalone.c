/*
 * Runs a fuzz target on each file given, for compilers without libFuzzer.
 * Prints the file before it is tried, so that a crash names its input.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		uint8_t *data;
		long size;

		printf("%s\n", argv[i]);
		fflush(stdout);
		if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0) {
			perror(argv[i]);
			return 1;
		}
		rewind(f);
		/* Of the exact size, so that a sanitizer sees one byte too far. */
		data = malloc(size ? (size_t)size : 1);
		if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) {
			perror(argv[i]);
			return 1;
		}
		fclose(f);
		LLVMFuzzerTestOneInput(data, (size_t)size);
		free(data);
	}
	return 0;
}
