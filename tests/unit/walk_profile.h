/*
 * The Blocks of walk_blocks.h as a trace in memory, as a finished profile (which
 * can be replayed), and as formats.
 */
#ifndef TESTS_UNIT_WALK_PROFILE_H
#define TESTS_UNIT_WALK_PROFILE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/walk_blocks.h"
#include "tools/core/profile.h"
#include "tools/emit/emit.h"

#define WALK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The writer gives ids of its own to strings, as it defines "time" first. */
struct walk_writer {
	struct ptf_writer *w;
	uint32_t string[WALK_COUNT(walk_strings) + 1];
};

static inline void walk_must(int rc)
{
	if (rc < 0)
		abort();
}

static inline void walk_define(struct walk_writer *k)
{
	uint32_t id;

	for (size_t i = 0; i < WALK_COUNT(walk_strings); i++)
		walk_must(ptf_writer_string(k->w, walk_strings[i], &k->string[i + 1],
			NULL));
	for (size_t i = 0; i < WALK_COUNT(walk_functions); i++) {
		struct ptf_function f = walk_functions[i];

		f.name = k->string[f.name];
		f.file = k->string[f.file];
		walk_must(ptf_writer_function(k->w, &f, &id, NULL));
	}
	for (size_t i = 0; i < WALK_COUNT(walk_frames); i++)
		walk_must(ptf_writer_frame(k->w, &walk_frames[i], &id, NULL));
	for (size_t i = 0; i < WALK_COUNT(walk_nodes); i++)
		walk_must(ptf_writer_node(k->w, walk_nodes[i].parent, walk_nodes[i].frame,
			&id, NULL));
	for (size_t i = 0; i < WALK_COUNT(walk_processes); i++) {
		struct ptf_process p = walk_processes[i];
		uint32_t arguments[WALK_COUNT(walk_arguments)];

		for (size_t a = 0; a < p.arguments.count; a++)
			arguments[a] = k->string[p.arguments.item[a]];
		p.arguments.item = arguments;
		p.executable = k->string[p.executable];
		walk_must(ptf_writer_process(k->w, &p, &id, NULL));
	}
	for (size_t i = 0; i < WALK_COUNT(walk_threads); i++)
		walk_must(ptf_writer_thread(k->w, &walk_threads[i], &id, NULL));
}

static inline void walk_put(struct walk_writer *k, const struct ptf_block *b)
{
	struct ptf_source source = walk_sources[0];
	struct ptf_thread_name name = walk_thread_names[0];
	struct ptf_loss loss = walk_losses[0];
	struct ptf_mark mark = walk_marks[0];

	switch (b->kind) {
	case PTF_BLOCK_DEFINITIONS:
		walk_define(k);
		break;
	case PTF_BLOCK_SAMPLES:
		walk_must(ptf_writer_samples(k->w, &b->samples, NULL));
		break;
	case PTF_BLOCK_FACTS:
		source.file = k->string[source.file];
		name.name = k->string[name.name];
		walk_must(ptf_writer_facts(k->w,
			&(struct ptf_facts){.sources = &source,
				.source_count = 1,
				.thread_names = &name,
				.thread_name_count = 1},
			NULL));
		break;
	case PTF_BLOCK_LOSSES:
		loss.kind = k->string[loss.kind];
		walk_must(ptf_writer_losses(k->w, &(struct ptf_losses){&loss, 1}, NULL));
		break;
	case PTF_BLOCK_MARKS:
		mark.name = k->string[mark.name];
		walk_must(ptf_writer_marks(k->w, &(struct ptf_marks){&mark, 1}, NULL));
		break;
	default:
		break;
	}
}

/* A descriptor of a file that holds the trace. */
static inline int walk_trace(void)
{
	int fd = memfd_create("walk.ptf", 0);
	struct walk_writer k;

	walk_must(fd);
	walk_must(ptf_writer_open(&k.w, fd, NULL, &walk_blocks[0].section_start, NULL));
	for (int i = 1; i < WALK_BLOCK_COUNT - 1; i++)
		walk_put(&k, &walk_blocks[i]);
	walk_must(ptf_writer_close(k.w,
		walk_blocks[WALK_BLOCK_COUNT - 1].section_end.time_ns, NULL));
	return fd;
}

/* selection may be NULL. The file stays, as a replay reads it again. */
static inline struct profile *walk_profile_of(const struct selection *selection)
{
	struct profile *p = profile_new();
	char path[64];
	static int fd = -1;

	if (fd < 0)
		fd = walk_trace();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	profile_select(p, selection);
	walk_must(profile_add_file(p, path, NULL, NULL));
	profile_finish(p);
	return p;
}

static inline struct profile *walk_profile(void)
{
	return walk_profile_of(NULL);
}

/* As any format, with the options' selection; the caller frees it. */
static inline char *walk_as(const char *format, const struct emit_options *options)
{
	struct profile *p = walk_profile_of(&options->selection);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	walk_must(emit_format_named(format)->write(out, p, options, NULL));
	fclose(out);
	profile_free(p);
	return text;
}

#endif
