/*
 * What is known while the Blocks of an input are read; shared by the files that read
 * them: profile_read.c, and profile_people.c (processes and threads).
 */
#ifndef TOOLS_CORE_PROFILE_FEED_H
#define TOOLS_CORE_PROFILE_FEED_H

#include "tools/core/kind_cells.h"
#include "tools/core/profile.h"
#include "tools/core/section_maps.h"

struct profile_feed {
	struct profile *p;
	const char *path;
	struct section_maps *maps; /* of the section that is being read; NULL before */
	/* [section id - 1] = index of the part that it is of. */
	VEC(uint32_t) part_of_process, part_of_thread;
	struct kind_cells kind_cells;
};

/* Of the section that is read -> of the profile. */
static inline uint32_t feed_string(const struct profile_feed *in, uint32_t id)
{
	return id_mapped(&in->maps->string, id);
}

static inline uint32_t feed_string_new(struct profile *p, struct ptf_text text)
{
	return text.size ? intern_bytes(&p->strings, text.data, text.size) : 0;
}

static inline struct ptf_attribute feed_attribute(struct profile *p,
	struct ptf_attribute a)
{
	return (struct ptf_attribute){arena_text(&p->arena, a.key),
		arena_text(&p->arena, a.value)};
}

/* The section that is read; a file whose first Block is lost has one, too. */
struct profile_section *feed_section(struct profile_feed *in);
/* It lasts at least so long. */
void feed_see_time(struct profile_feed *in, int64_t time_ns);

/* profile_people.c */
void feed_take_process(struct profile_feed *in, const struct ptf_process *d);
void feed_take_thread(struct profile_feed *in, const struct ptf_thread *d);
/* Names, images and ends. */
void feed_take_lives(struct profile_feed *in, const struct ptf_facts *f);

#endif
