/* --to folded: two columns, as differential flame graphs are made of them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/emit/diff_words.h"

/* A frame must not look like two, nor a line like two. */
static void put_clean(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == ';'                                             ? ','
				: (unsigned char)*text < 0x20 || *text == 0x7f ? ' '
									       : *text,
			out);
}

/* Microseconds, or bytes. */
static int64_t weight(const struct diff *d, double amount)
{
	if (d->options.metric == DIFF_TIME)
		amount /= 1000;
	return amount > 0 ? (int64_t)llround(amount) : 0;
}

static void write_folded(FILE *out, const struct diff_print *print)
{
	const struct diff *d = print->d;
	struct id_list path = {0};

	for (uint32_t i = 0; i < d->nodes.count; i++) {
		const struct diff_node *node = &d->nodes.item[i];
		int64_t base = weight(d, node->self_measured.base_amount),
			new = weight(d, node->self_measured.new_amount);

		if (node->view != DIFF_STACK || base + new == 0)
			continue;
		path.count = 0;
		for (uint32_t at = i; at; at = d->nodes.item[at].parent)
			vec_push(&path, at);
		for (size_t k = path.count; k-- > 0;) {
			char *title = diff_node_title(d, &d->nodes.item[path.item[k]]);

			put_clean(out, title);
			free(title);
			fputs(k ? ";" : "", out);
		}
		fprintf(out, " %" PRId64 " %" PRId64 "\n", base, new);
	}
	vec_free(&path);
}

const struct diff_format diff_folded = {
	.name = "folded",
	.suffix = ".folded",
	.description =
		"stacks with the microseconds, or bytes, of both sides, for flame graphs",
	.views = 1u << DIFF_STACK,
	.write = write_folded,
};
