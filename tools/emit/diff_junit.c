/*
 * --to junit: what a CI shows as tests. Each place that the gate asks is a test
 * case; without a gate there is nothing that could fail.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/xml.h"
#include "tools/emit/diff_words.h"

/* A test case of a node, by itself or with what it calls, that is tested. */
struct asked {
	const struct diff_node *node;
	const struct diff_measured *measured;
	bool is_failure, is_skipped;
};

static struct asked ask(const struct diff_print *print, const struct diff_node *node)
{
	struct asked a = {.node = node};
	const struct diff_measured *regression =
		print->gate ? gate_regression(&print->gate->options, node) : NULL;

	if (!gate_asks(node))
		return a;
	a.measured = regression           ? regression
		: node->view == DIFF_LINE ? &node->self_measured
					  : &node->total_measured;
	a.is_failure = regression != NULL;
	a.is_skipped = a.measured->verdict == DIFF_INSUFFICIENT;
	if (a.measured->verdict == DIFF_SMALL)
		a.measured = NULL;
	return a;
}

static void put_text(FILE *out, const char *text)
{
	xml_text(out, text, strlen(text));
}

static void put_numbers(FILE *out, const struct diff *d, const struct diff_measured *m)
{
	char base[DIFF_WORDS_SIZE], new[DIFF_WORDS_SIZE], percent[DIFF_WORDS_SIZE];
	char interval[2 * DIFF_WORDS_SIZE];

	fprintf(out, "%s -&gt; %s, %s (%s)", diff_amount(base, d, m->base),
		diff_amount(new, d, m->new), diff_percent(percent, m),
		diff_interval(interval, d, m));
}

static void put_case(FILE *out, const struct diff_print *print, const struct asked *a)
{
	char *title = diff_node_title(print->d, a->node);

	fprintf(out, "    <testcase classname=\"%s\" name=\"",
		diff_view_name(a->node->view));
	put_text(out, title);
	fputs("\"", out);
	if (print->d->options.metric == DIFF_TIME)
		fprintf(out, " time=\"%.6f\"", a->measured->new_amount / 1e9);
	fputs(">\n      ", out);
	if (a->is_failure)
		fputs("<failure type=\"regression\" message=\"", out);
	else if (a->is_skipped)
		fputs("<skipped message=\"too few runs: ", out);
	else
		fputs("<system-out>", out);
	put_numbers(out, print->d, a->measured);
	fputs(a->is_failure || a->is_skipped ? "\"/>\n" : "</system-out>\n", out);
	fputs("    </testcase>\n", out);
	free(title);
}

static void write_junit(FILE *out, const struct diff_print *print)
{
	const struct diff *d = print->d;
	bool is_insufficient = print->gate && print->gate->outcome == GATE_INSUFFICIENT;
	size_t count = 1, failures = 0, skipped = is_insufficient;

	for (size_t i = 0; i < d->nodes.count; i++) {
		struct asked a = ask(print, &d->nodes.item[i]);

		count += a.measured != NULL;
		failures += a.measured && a.is_failure;
		skipped += a.measured && a.is_skipped && !a.is_failure;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	fprintf(out,
		"  <testsuite name=\"pdiff %s\" tests=\"%zu\" failures=\"%zu\" "
		"skipped=\"%zu\" errors=\"0\">\n",
		diff_metric_name(d->options.metric), count, failures, skipped);
	fputs("    <testcase classname=\"gate\" name=\"enough data\">\n", out);
	if (is_insufficient) {
		fputs("      <skipped message=\"", out);
		put_text(out, print->gate->why);
		fputs("\"/>\n", out);
	}
	fputs("    </testcase>\n", out);
	for (size_t i = 0; i < d->nodes.count; i++) {
		struct asked a = ask(print, &d->nodes.item[i]);

		if (a.measured)
			put_case(out, print, &a);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
}

const struct diff_format diff_junit = {
	.name = "junit",
	.suffix = ".xml",
	.description = "the gate's questions as test cases, for a CI",
	.write = write_junit,
};
