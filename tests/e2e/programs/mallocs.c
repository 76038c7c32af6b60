/*
 * Memory that is known to the byte, and the truth about it as JSON.
 *
 *     mallocs family THREADS       every allocator, in so many threads
 *     mallocs copies               memcpy and memmove
 *     mallocs storm THREADS N      blocks that are freed at once, in so many threads,
 *                                  while its parent is stopped and cannot drain the rings
 *     mallocs limits               what allocators answer when there is no memory
 *     mallocs small THREADS        in threads with the smallest stack there is
 *     mallocs twice                frees a block twice
 *
 * A part is what one function of one thread does: the sizes of all blocks that it asks
 * for, and of those that are held at the end.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

/* What the compiler must believe to be read. */
static void *volatile sink;

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static const char *comma = "";

/* Pairs of a size and a count, up to a size of 0. */
static void put_sizes(const char *key, const size_t *sizes)
{
	printf("\"%s\": [", key);
	for (size_t i = 0; sizes[i]; i += 2)
		printf("%s[%zu, %zu]", i ? ", " : "", sizes[i], sizes[i + 1]);
	printf("]");
}

static void put_part(const char *name, const char *kind, const size_t *allocated,
	const size_t *held)
{
	pthread_mutex_lock(&output);
	printf("%s{\"name\": \"%s\", \"kind\": \"%s\", \"tid\": %d, ", comma, name, kind,
		(int)gettid());
	put_sizes("allocated", allocated);
	printf(", ");
	put_sizes("held", held);
	printf("}");
	comma = ",\n";
	pthread_mutex_unlock(&output);
}

#define SIZES(...) ((const size_t[]){__VA_ARGS__, 0})
#define NOTHING    ((const size_t[]){0})

static void free_some(void **blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(blocks[i]);
}

static void *blocks_of(size_t count)
{
	void *blocks = calloc(count, sizeof(void *));

	if (!blocks)
		abort();
	return blocks;
}

static NOINLINE void use_malloc(void **blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		blocks[i] = malloc(1500);
}

static NOINLINE void use_calloc(void **blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		blocks[i] = calloc(10, 300);
}

/* Each of 1000, then 3000, then 2000 bytes. */
static NOINLINE void use_realloc(void **blocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		blocks[i] = realloc(NULL, 1000);
		blocks[i] = realloc(blocks[i], 3000);
		blocks[i] = reallocarray(blocks[i], 4, 500);
	}
}

static NOINLINE void use_aligned(void **blocks, size_t count)
{
	for (size_t i = 0; i < count; i += 4) {
		if (posix_memalign(&blocks[i], 64, 5000))
			abort();
		blocks[i + 1] = aligned_alloc(4096, 8192);
		blocks[i + 2] = memalign(256, 3000);
		blocks[i + 3] = valloc(6000);
	}
}

static NOINLINE void use_maps(void **blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		blocks[i] = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static NOINLINE void use_and_free(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *block = malloc(1000);

		sink = block;
		free(block);
	}
}

static NOINLINE void use_memcpy(char *to, const char *from, size_t size, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memcpy(to, from, size);
		sink = to;
	}
}

static NOINLINE void use_memmove(char *to, size_t size, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memmove(to, to + 1, size);
		sink = to;
	}
}

static void *family(void *unused)
{
	const size_t count = 20000;
	void **blocks = blocks_of(count);

	use_malloc(blocks, count);
	free_some(blocks, count / 2);
	put_part("use_malloc", "native", SIZES(1500, count), SIZES(1500, count / 2));

	use_calloc(blocks, count);
	free_some(blocks, count / 4);
	put_part("use_calloc", "native", SIZES(3000, count), SIZES(3000, count * 3 / 4));

	use_realloc(blocks, count / 2);
	put_part("use_realloc", "native",
		SIZES(1000, count / 2, 3000, count / 2, 2000, count / 2),
		SIZES(2000, count / 2));

	use_aligned(blocks, count / 2);
	free_some(blocks, count / 2);
	put_part("use_aligned", "native",
		SIZES(5000, count / 8, 8192, count / 8, 3000, count / 8, 6000, count / 8),
		NOTHING);

	use_maps(blocks, 32);
	for (size_t i = 0; i < 8; i++)
		munmap(blocks[i], 1 << 20);
	put_part("use_maps", "native", SIZES(1 << 20, 32), SIZES(1 << 20, 24));
	return unused;
}

static void copies(void)
{
	const size_t size = 1000000;
	char *from = calloc(size, 1), *to = calloc(size + 1, 1);

	if (!from || !to)
		abort();
	use_memcpy(to, from, size, 300);
	put_part("use_memcpy", "copy", SIZES(size, 300), NOTHING);
	use_memmove(to, 5000, 100000);
	put_part("use_memmove", "copy", SIZES(5000, 100000), NOTHING);
}

static size_t storm_count;

static void *storm(void *unused)
{
	use_and_free(storm_count);
	put_part("use_and_free", "native", SIZES(1000, storm_count), NOTHING);
	return unused;
}

static void answer(const char *what, const void *block)
{
	printf("%s: %s, errno %s\n", what, block ? "there" : "null",
		errno == ENOMEM ? "ENOMEM"
			: errno ? "other"
				: "0");
	errno = 0;
}

/* Sizes that no allocator can have; errno and results are part of the answer. */
static void limits(void)
{
	/* Not for the compiler to think about. */
	volatile size_t huge = PTRDIFF_MAX;
	char *volatile kept = malloc(10);
	void *block = NULL;

	if (!kept)
		abort();
	strcpy(kept, "as it was");
	errno = 0;
	answer("malloc", malloc(huge));
	answer("calloc", calloc(huge, 3));
	answer("realloc", realloc(kept, huge));
	answer("reallocarray", reallocarray(kept, huge, 3));
	printf("%s\n", kept);
	answer("aligned_alloc", aligned_alloc(64, huge));
	printf("posix_memalign of 3: %d\n", posix_memalign(&block, huge - huge + 3, 10));
	printf("posix_memalign: %d\n", posix_memalign(&block, 64, huge));
	answer("malloc(0)", malloc(0));
	free(NULL);
	printf("usable: %d\n", malloc_usable_size(kept) >= 10);
	answer("realloc to 0", realloc(kept, 0));
	printf("mmap: %d\n",
		mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED);
	/* cppcheck-suppress memleak ; realloc has freed it */
}

/* As deep as a program can be that knows how much room it has. */
static void *small(void *unused)
{
	for (int i = 0; i < 20000; i++) {
		char *block = malloc(1000);

		if (!block)
			abort();
		memset(block, 1, 1000);
		char *larger = realloc(block, 2000);

		if (!larger)
			abort();
		sink = larger;
		free(larger);
	}
	return unused;
}

static void in_threads(void *(*function)(void *), size_t count, size_t stack_bytes)
{
	pthread_t threads[64];
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	if (stack_bytes)
		pthread_attr_setstacksize(&attributes, stack_bytes);
	for (size_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], &attributes, function, NULL))
			abort();
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	if (count < 1 || count > 64)
		return 2;
	if (strcmp(mode, "limits") == 0) {
		limits();
		return 0;
	}
	if (strcmp(mode, "twice") == 0) {
		void *volatile block = malloc(100);

		free(block);
		/* cppcheck-suppress doubleFree */
		free(block);
		return 0;
	}
	if (strcmp(mode, "small") == 0) {
		in_threads(small, count, (size_t)PTHREAD_STACK_MIN);
		printf("done\n");
		return 0;
	}
	storm_count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	printf("{\"pid\": %d, \"parts\": [\n", (int)getpid());
	if (strcmp(mode, "family") == 0)
		in_threads(family, count, 0);
	else if (strcmp(mode, "storm") == 0) {
		kill(getppid(), SIGSTOP);
		in_threads(storm, count, 0);
		kill(getppid(), SIGCONT);
	} else if (strcmp(mode, "copies") == 0)
		copies();
	else
		return 2;
	printf("]}\n");
	return 0;
}
