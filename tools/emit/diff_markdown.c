/* --to markdown: for the comment below a change. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/emit/diff_words.h"

/* Rows of a table; who wants more reads the trace. */
#define ROWS_MAX 30

/*
 * Text of a trace stays text: what would be markup is escaped, and a control
 * character is a blank.
 */
static void put_text(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f)
			fputc(' ', out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else {
			if (strchr("\\`*_{}[]()#+-!|>~@", c))
				fputc('\\', out);
			fputc(c, out);
		}
	}
}

static void put_string(FILE *out, const char *text)
{
	put_text(out, text, strlen(text));
}

static void put_row(FILE *out, const struct diff *d, const struct diff_node *node,
	const struct diff_measured *m, const char *suffix)
{
	char base[DIFF_WORDS_SIZE], new[DIFF_WORDS_SIZE], change[DIFF_WORDS_SIZE];
	char interval[2 * DIFF_WORDS_SIZE], percent[DIFF_WORDS_SIZE];
	char *title = diff_node_title(d, node), *fate = diff_fate_words(d, node);
	struct ptf_text text = node->view == DIFF_LINE ? diff_line_text(d, node)
						       : (struct ptf_text){"", 0};

	fputs("| ", out);
	put_string(out, title);
	put_string(out, fate);
	fputs(suffix, out);
	if (text.size) {
		fputs("<br>", out);
		while (text.size && (*text.data == ' ' || *text.data == '\t')) {
			text.data++;
			text.size--;
		}
		put_text(out, text.data, text.size);
	}
	fprintf(out, " | %s | %s | %s | %s | %s | %s |\n", diff_amount(base, d, m->base),
		diff_amount(new, d, m->new), diff_change(change, d, m->difference),
		diff_interval(interval, d, m), diff_percent(percent, m),
		diff_verdict_words(d, m));
	free(title);
	free(fate);
}

static void put_heading(FILE *out)
{
	fputs("| where | base | new | change | interval | % | is |\n"
	      "|---|--:|--:|--:|---|--:|---|\n",
		out);
}

static void put_names(FILE *out, const struct diff *d, const struct diff_names *names)
{
	for (size_t i = 0; i < names->item.count && i < ROWS_MAX; i++)
		put_row(out, d, &d->nodes.item[names->item.item[i].node],
			diff_named_measure(d, &names->item.item[i]),
			names->item.item[i].is_total ? ", with what it calls" : "");
	if (names->item.count > ROWS_MAX)
		fprintf(out, "\n%zu more changes are not shown.\n",
			names->item.count - ROWS_MAX);
}

static void write_markdown(FILE *out, const struct diff_print *print)
{
	const struct diff *d = print->d;
	struct diff_names names = {0};
	char *text;

	for (size_t i = 0; (text = diff_sentence(print, i)) != NULL; i++) {
		fputs(i == 0 ? "**" : "", out);
		put_string(out, text);
		fputs(i == 0 ? "**\n\n" : "\n\n", out);
		free(text);
	}
	for (size_t i = 0; i < print->facts->item.count; i++) {
		const struct diff_fact *f = &print->facts->item.item[i];

		fputs(i == 0 ? "Differs:\n\n- " : "- ", out);
		if (f->new) {
			put_string(out, f->what);
			fputs(": ", out);
			put_string(out, *f->base ? f->base : "unknown");
			fputs(" → ", out);
			put_string(out, *f->new ? f->new : "unknown");
		} else {
			put_string(out, f->base);
		}
		fputs(i + 1 == print->facts->item.count ? "\n\n" : "\n", out);
	}
	put_heading(out);
	put_row(out, d, &d->nodes.item[0], &d->nodes.item[0].total_measured, "");
	diff_name_changes(d, &names);
	put_names(out, d, &names);
	vec_free(&names.item);
	for (size_t i = 0; i < DIFF_MEMORY_METRICS; i++) {
		names = (struct diff_names){0};
		diff_name_memory(print, i, &names);
		if (names.item.count) {
			const struct diff *memory = &print->memory->of[i];

			fprintf(out, "\n%s:\n\n", diff_metric_title(memory));
			put_heading(out);
			put_names(out, memory, &names);
		}
		vec_free(&names.item);
	}
}

const struct diff_format diff_markdown = {
	.name = "markdown",
	.suffix = ".md",
	.description = "what changed, as tables for a comment",
	.tells_memory = true,
	.write = write_markdown,
};
