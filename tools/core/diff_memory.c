#include "tools/core/diff_memory.h"

#include <stdlib.h>
#include <string.h>

static const enum diff_metric metrics[DIFF_MEMORY_METRICS] = {DIFF_PEAK, DIFF_ALLOCATED,
	DIFF_LEAKED};

/* What is selected of time says nothing of memory, nor what a thread holds. */
static bool has_memory(const struct diff *d)
{
	const struct selection *s = d->options.selection;

	return profile_has_memory(d->side[DIFF_BASE].which.p) &&
		profile_has_memory(d->side[DIFF_NEW].which.p) &&
		!(s && (s->class_mask || s->thread_globs.count));
}

/* The first reason; NULL = it is comparable. */
static char *find_refusal(const struct diff *d)
{
	struct diff_facts facts;
	char *text = NULL;

	diff_facts_find(&facts, d);
	for (size_t i = 0; i < facts.item.count && !text; i++)
		if (facts.item.item[i].is_refusal)
			text = strdup(facts.item.item[i].base);
	diff_facts_free(&facts);
	return text;
}

int diff_memory_make(struct diff_memory *m, const struct diff *time, bool is_forced,
	struct ptf_error *err)
{
	struct diff_options options = time->options;
	int rc = 0;

	*m = (struct diff_memory){0};
	if (!has_memory(time))
		return 0;
	options.scale = DIFF_ABSOLUTE;
	options.min_amount = 0;
	options.views = 1u << DIFF_LINE | 1u << DIFF_FUNCTION;
	for (size_t i = 0; i < DIFF_MEMORY_METRICS && rc >= 0 && !m->why_not; i++) {
		options.metric = metrics[i];
		rc = diff_make_beside(&m->of[i], i ? &m->of[0] : time, &options, err);
		m->count++;
		if (rc >= 0 && !is_forced)
			m->why_not = find_refusal(&m->of[i]);
	}
	if (rc >= 0 && !m->why_not)
		diff_judge_together(m->of, m->count);
	return rc;
}

void diff_memory_free(struct diff_memory *m)
{
	/* The first is what others borrow from. */
	while (m->count)
		diff_free(&m->of[--m->count]);
	free(m->why_not);
}
