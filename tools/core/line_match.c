/*
 * A library was weighed: the line diffs of Debian are those inside git's
 * library, which brings SSH, TLS and HTTP with it, and none pairs lines that
 * were edited, which is what the costs of a line need.
 */
#include "tools/core/line_match.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/intern_table.h"
#include "tools/core/texts.h"

/* An edited line is the same line when it resembles the old one so much ... */
#define REWRITTEN_SIMILARITY 0.6
/* ... or so much, when it is the only one that stands in its place. */
#define REPLACED_SIMILARITY 0.3

/*
 * Work between two fixed points is bounded: larger blocks, which only made up
 * texts have, are aligned without looking for edited lines, or not at all.
 */
#define SIMILARITY_CELLS_MAX ((size_t)1 << 16)
#define SIMILARITY_LINES_MAX 1024
#define ALIGN_CELLS_MAX      ((size_t)1 << 22)

/* Of longer lines only the beginning is compared. */
#define LINE_BYTES_MAX 400

/* ------------------------------------------------------------ one line */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static struct ptf_text trimmed(struct ptf_text t)
{
	while (t.size && is_blank(t.data[t.size - 1]))
		t.size--;
	while (t.size && is_blank(*t.data)) {
		t.data++;
		t.size--;
	}
	return t;
}

/* How much it says that two lines are equal: ")" and "else:" say little. */
static unsigned weight(struct ptf_text trimmed_line)
{
	unsigned letters = 0;

	for (size_t i = 0; i < trimmed_line.size && letters < 8; i++) {
		unsigned char c = (unsigned char)trimmed_line.data[i];

		letters += (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? 1
			: c >= '0' && c <= '9'                    ? 1
								  : c >= 0x80;
	}
	return 1 + letters;
}

static int compare_pairs(const void *a, const void *b)
{
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;

	return x < y ? -1 : x > y;
}

/* The pairs of letters that follow each other in a line, sorted. */
struct pairs {
	size_t count;
	uint16_t item[LINE_BYTES_MAX];
};

static void make_pairs(struct pairs *p, struct ptf_text line)
{
	struct ptf_text t = trimmed(line);

	p->count = 0;
	for (size_t i = 0; i + 1 < t.size && p->count < LINE_BYTES_MAX; i++)
		p->item[p->count++] = (uint16_t)((unsigned char)t.data[i] << 8 |
			(unsigned char)t.data[i + 1]);
	if (p->count)
		qsort(p->item, p->count, sizeof(*p->item), compare_pairs);
}

static double common_pairs(const struct pairs *a, const struct pairs *b)
{
	size_t common = 0;

	for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
		int order = compare_pairs(&a->item[i], &b->item[k]);

		common += order == 0;
		i += order <= 0;
		k += order >= 0;
	}
	return a->count + b->count ? 2 * (double)common / (double)(a->count + b->count)
				   : 0;
}

double line_similarity(struct ptf_text a, struct ptf_text b)
{
	struct pairs x, y;

	a = trimmed(a);
	b = trimmed(b);
	if (text_equal(a, b))
		return 1;
	make_pairs(&x, a);
	make_pairs(&y, b);
	return common_pairs(&x, &y);
}

/* --------------------------------------------------------------- blocks */

struct side {
	const struct ptf_text *line;
	uint32_t *id; /* equal ids, equal lines */
	size_t count;
};

struct matcher {
	struct side old, new;
	struct intern lines;
	VEC(unsigned) weight; /* [id] */
	struct line_match *match;
	/* Scratch of find_fixed_points(): [id], how often and where seen. */
	VEC(struct occurrence) seen;
};

struct occurrence {
	uint32_t old_count, new_count;
	uint32_t new_at;
	uint32_t visit; /* of which call the above is */
};

struct block {
	size_t old_from, old_to, new_from, new_to;
};

static void set_match(struct matcher *m, size_t old, size_t new, bool is_rewritten)
{
	m->match[old] = (struct line_match){(uint32_t) new + 1, is_rewritten};
}

/* Of a block that is being aligned; NULL when edited lines are not looked for. */
struct block_pairs {
	struct pairs *old, *new;
};

static struct pairs *pairs_of(const struct side *side, size_t from, size_t to)
{
	struct pairs *p = memory_resized(NULL, to - from, sizeof(*p));

	for (size_t i = from; i < to; i++)
		make_pairs(&p[i - from], side->line[i]);
	return p;
}

/* What an alignment gains by taking two lines of a block for the same. */
static unsigned gain(const struct matcher *m, const struct block *b,
	const struct block_pairs *pairs, size_t i, size_t k)
{
	uint32_t old = m->old.id[b->old_from + i], new = m->new.id[b->new_from + k];
	double similarity;

	if (old == new)
		return 16 * m->weight.item[old];
	if (!pairs->old)
		return 0;
	similarity = common_pairs(&pairs->old[i], &pairs->new[k]);
	return similarity < REWRITTEN_SIMILARITY
		? 0
		: (unsigned)(8 * similarity * m->weight.item[old]);
}

/* The alignment of a block that keeps most: a longest common subsequence. */
static void align(struct matcher *m, struct block b)
{
	size_t n = b.old_to - b.old_from, w = b.new_to - b.new_from;
	struct block_pairs pairs = {NULL, NULL};
	uint32_t *best;
	unsigned char *step; /* 0 leave the old one, 1 leave the new one, 2 take both */
	size_t i = 0, k = 0;

	if (n == 0 || w == 0 || n > ALIGN_CELLS_MAX / w)
		return;
	if (n == 1 && w == 1) {
		bool same = m->old.id[b.old_from] == m->new.id[b.new_from];

		if (same ||
			line_similarity(m->old.line[b.old_from],
				m->new.line[b.new_from]) >= REPLACED_SIMILARITY)
			set_match(m, b.old_from, b.new_from, !same);
		return;
	}
	if (n * w <= SIMILARITY_CELLS_MAX && n + w <= SIMILARITY_LINES_MAX)
		pairs = (struct block_pairs){pairs_of(&m->old, b.old_from, b.old_to),
			pairs_of(&m->new, b.new_from, b.new_to)};
	/* best[k]: of the old lines from i and the new ones from k on. */
	best = memory_zeroed(w + 1, sizeof(*best));
	step = memory_zeroed(n * w, 1);
	for (i = n; i-- > 0;) {
		uint32_t diagonal = best[w];

		for (k = w; k-- > 0;) {
			uint32_t below = best[k], value = below;
			unsigned char s = 0;
			unsigned gained = gain(m, &b, &pairs, i, k);

			if (best[k + 1] > value) {
				value = best[k + 1];
				s = 1;
			}
			if (gained && diagonal + gained >= value) {
				value = diagonal + gained;
				s = 2;
			}
			step[i * w + k] = s;
			best[k] = value;
			diagonal = below;
		}
	}
	for (i = 0, k = 0; i < n && k < w;) {
		unsigned char s = step[i * w + k];

		if (s == 2) {
			size_t old = b.old_from + i, new = b.new_from + k;

			set_match(m, old, new, m->old.id[old] != m->new.id[new]);
		}
		i += s != 1;
		k += s != 0;
	}
	free(pairs.old);
	free(pairs.new);
	free(best);
	free(step);
}

/* A line that is once in both parts of a block. */
struct fixed_point {
	uint32_t old, new;
	uint32_t before; /* in the longest chain: index + 1 */
};

struct fixed_points {
	struct fixed_point *item;
	size_t count, capacity;
};

static struct occurrence *occurrence(struct matcher *m, uint32_t id, uint32_t visit)
{
	struct occurrence *o = &m->seen.item[id];

	if (o->visit != visit)
		*o = (struct occurrence){.visit = visit};
	return o;
}

/*
 * Those in the same order on both sides: the longest increasing sequence, by
 * patience sorting. In order, from the first.
 */
static void find_fixed_points(struct matcher *m, struct block b, uint32_t visit,
	struct fixed_points *chain)
{
	struct fixed_points all = {0};
	struct id_list { /* piles: the point with the smallest end, index + 1 */
		uint32_t *item;
		size_t count, capacity;
	} pile = {0};

	for (size_t i = b.old_from; i < b.old_to; i++)
		occurrence(m, m->old.id[i], visit)->old_count++;
	for (size_t k = b.new_from; k < b.new_to; k++) {
		struct occurrence *o = occurrence(m, m->new.id[k], visit);

		o->new_count++;
		o->new_at = (uint32_t)k;
	}
	for (size_t i = b.old_from; i < b.old_to; i++) {
		const struct occurrence *o = occurrence(m, m->old.id[i], visit);
		size_t low = 0, high = pile.count;

		if (o->old_count != 1 || o->new_count != 1)
			continue;
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (all.item[pile.item[middle] - 1].new < o->new_at)
				low = middle + 1;
			else
				high = middle;
		}
		vec_push(&all,
			(struct fixed_point){(uint32_t)i, o->new_at,
				low ? pile.item[low - 1] : 0});
		if (low == pile.count)
			vec_push(&pile, (uint32_t)all.count);
		else
			pile.item[low] = (uint32_t)all.count;
	}
	chain->count = 0;
	for (uint32_t at = pile.count ? pile.item[pile.count - 1] : 0; at;
		at = all.item[at - 1].before)
		vec_push(chain, all.item[at - 1]);
	for (size_t i = 0; i < chain->count / 2; i++) {
		struct fixed_point p = chain->item[i];

		chain->item[i] = chain->item[chain->count - 1 - i];
		chain->item[chain->count - 1 - i] = p;
	}
	vec_free(&all);
	vec_free(&pile);
}

static void match_blocks(struct matcher *m, struct block all)
{
	VEC(struct block) todo = {0};
	uint32_t visit = 0;

	vec_push(&todo, all);
	while (todo.count) {
		struct block b = todo.item[--todo.count];
		struct fixed_points chain = {0};

		while (b.old_from < b.old_to && b.new_from < b.new_to &&
			m->old.id[b.old_from] == m->new.id[b.new_from])
			set_match(m, b.old_from++, b.new_from++, false);
		while (b.old_from < b.old_to && b.new_from < b.new_to &&
			m->old.id[b.old_to - 1] == m->new.id[b.new_to - 1])
			set_match(m, --b.old_to, --b.new_to, false);
		if (b.old_from == b.old_to || b.new_from == b.new_to)
			continue;
		find_fixed_points(m, b, ++visit, &chain);
		if (chain.count == 0)
			align(m, b);
		for (size_t i = 0; i <= chain.count && chain.count; i++) {
			struct block part = {b.old_from, b.old_to, b.new_from, b.new_to};

			if (i < chain.count) {
				part.old_to = chain.item[i].old;
				part.new_to = chain.item[i].new;
				set_match(m, part.old_to, part.new_to, false);
				b.old_from = part.old_to + 1;
				b.new_from = part.new_to + 1;
			}
			vec_push(&todo, part);
		}
		vec_free(&chain);
	}
	vec_free(&todo);
}

/* ------------------------------------------------------------------ all */

static void make_side(struct matcher *m, struct side *side, const struct ptf_text *line,
	size_t count)
{
	*side = (struct side){line, memory_zeroed(count, sizeof(uint32_t)), count};
	for (size_t i = 0; i < count; i++) {
		struct ptf_text t = trimmed(line[i]);

		side->id[i] = intern_bytes(&m->lines, t.data, t.size);
		vec_cover(&m->weight, side->id[i]);
		m->weight.item[side->id[i]] = weight(t);
	}
}

void line_match(const struct ptf_text *old, size_t old_count, const struct ptf_text *new,
	size_t new_count, struct line_match *match)
{
	struct matcher m = {.match = match};

	memset(match, 0, old_count * sizeof(*match));
	make_side(&m, &m.old, old, old_count);
	make_side(&m, &m.new, new, new_count);
	vec_cover(&m.seen, m.lines.items.count);
	match_blocks(&m, (struct block){0, old_count, 0, new_count});
	free(m.old.id);
	free(m.new.id);
	intern_free(&m.lines);
	vec_free(&m.weight);
	vec_free(&m.seen);
}

double line_common_share(const struct ptf_text *old, size_t old_count,
	const struct ptf_text *new, size_t new_count)
{
	struct intern lines = {0};
	VEC(int64_t) left = {0}; /* [id] of the old text, not yet found in the new */
	uint64_t all = 0, common = 0;

	for (size_t i = 0; i < old_count; i++) {
		struct ptf_text t = trimmed(old[i]);
		uint32_t id = intern_bytes(&lines, t.data, t.size);

		vec_cover(&left, id);
		left.item[id]++;
		all += t.size ? weight(t) : 0;
	}
	for (size_t i = 0; i < new_count; i++) {
		struct ptf_text t = trimmed(new[i]);
		uint32_t id = intern_lookup(&lines, t.data, t.size);

		all += t.size ? weight(t) : 0;
		if (t.size && id && left.item[id] > 0) {
			left.item[id]--;
			common += 2 * (uint64_t)weight(t);
		}
	}
	intern_free(&lines);
	vec_free(&left);
	return all ? (double)common / (double)all : 0;
}
