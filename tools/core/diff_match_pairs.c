#include "tools/core/diff_match_parts.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/line_match.h"

const struct profile_source *match_source(const struct match_side *s, uint32_t file)
{
	const struct profile_source *source = profile_source_of(s->p, file);

	return source && source->line_starts.count ? source : NULL;
}

struct text_lines match_take_lines(const struct profile_source *s, uint32_t from,
	uint32_t count)
{
	struct text_lines t = {.first = from < s->first_line ? s->first_line : from};
	struct ptf_text line;

	for (uint32_t i = t.first; i - from < count && profile_source_line(s, i, &line);
		i++)
		vec_push(&t.line, line);
	return t;
}

struct text_lines match_all_lines(const struct profile_source *s)
{
	return match_take_lines(s, s->first_line, UINT32_MAX);
}

double match_common_share(const struct text_lines *a, const struct text_lines *b)
{
	return line_common_share(a->line.item, a->line.count, b->line.item,
		b->line.count);
}

struct candidates {
	struct candidate *item;
	size_t count, capacity;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return x->new < y->new ? -1 : x->new > y->new;
}

void match_pair_by_score(struct diff_match *m, const struct id_list *base,
	const struct id_list *new, struct scoring scoring)
{
	struct candidates c = {0};

	for (size_t i = 0; i < base->count; i++)
		for (size_t k = 0; k < new->count; k++) {
			double score = scoring.score(m, base->item[i], new->item[k]);

			if (score > 0)
				vec_push(&c,
					(struct candidate){score, base->item[i],
						new->item[k]});
		}
	if (c.count)
		qsort(c.item, c.count, sizeof(*c.item), compare_candidates);
	for (size_t i = 0; i < c.count; i++)
		if (!scoring.is_paired(m, DIFF_BASE, c.item[i].base) &&
			!scoring.is_paired(m, DIFF_NEW, c.item[i].new))
			scoring.pair(m, &c.item[i]);
	vec_free(&c);
}
