/*
 * --to html: both sides on one page that needs nothing but a browser. The page is
 * tools/web/diff.html and what it names; its data is what --to json writes, and
 * the texts of the files that have some of it.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/json.h"
#include "tools/emit/diff_json.h"
#include "tools/emit/diff_words.h"

/* What stands in diff_page for the data. */
#define DATA_MARK "<!-- data -->"

/* Texts of the page beyond this are left out, the smallest files' first to go. */
#define TEXT_BYTES_MAX ((size_t)8 << 20)

/* tools/web/embed.S */
extern const char diff_page[];

static double larger(const struct diff_measured *m)
{
	return m->base > m->new ? m->base : m->new;
}

/* A file that both sides have, and what its lines have. */
struct page_file {
	uint32_t base, new;
	double amount;
};

struct page_files {
	struct page_file *item;
	size_t count, capacity;
};

static int compare_files(const void *a, const void *b)
{
	const struct page_file *x = a, *y = b;

	if (x->amount != y->amount)
		return x->amount > y->amount ? -1 : 1;
	return x->new < y->new ? -1 : x->new > y->new;
}

/* Those with a line that is worth showing, the busiest first. */
static void find_files(const struct diff_print *print, struct page_files *files)
{
	const struct diff *d = print->d;
	double least = print->min_share * larger(&d->nodes.item[0].total_measured);

	for (size_t i = 0; i < d->nodes.count; i++) {
		const struct diff_node *node = &d->nodes.item[i];
		double amount = larger(&node->self_measured);
		enum diff_fate fate;
		uint32_t new = node->file[DIFF_NEW], base = node->file[DIFF_BASE];
		size_t k = 0;

		if (node->view != DIFF_LINE ||
			(amount < least && !diff_is_found(&node->self_measured) &&
				!node->self_measured.beyond_sampling))
			continue;
		new = new ? new : diff_match_file(d->match, DIFF_BASE, base, &fate);
		base = diff_match_file(d->match, DIFF_NEW, new, &fate);
		while (k < files->count && files->item[k].new != new)
			k++;
		if (k == files->count && new &&base &&
			profile_source_of(d->side[DIFF_BASE].which.p, base) &&
			profile_source_of(d->side[DIFF_NEW].which.p, new))
			vec_push(files, (struct page_file){base, new, 0});
		if (k < files->count)
			files->item[k].amount += amount;
	}
	if (files->count)
		qsort(files->item, files->count, sizeof(*files->item), compare_files);
}

static void put_lines(struct json *j, const char *key, const struct profile_source *s)
{
	struct ptf_text line;

	json_array(j, key);
	/* Of an excerpt, the lines before it are not known. */
	for (uint32_t i = 1; i < s->first_line && i < UINT16_MAX; i++)
		json_string(j, NULL, "", 0);
	for (uint32_t i = s->first_line; profile_source_line(s, i, &line); i++)
		json_string(j, NULL, line.data, line.size);
	json_end(j);
}

static void put_file(struct json *j, const struct diff *d, const struct page_file *f)
{
	const struct profile *base = d->side[DIFF_BASE].which.p,
			     *new = d->side[DIFF_NEW].which.p;
	const struct profile_source *s = profile_source_of(base, f->base),
				    *t = profile_source_of(new, f->new);
	struct ptf_text path = profile_string(base, f->base), line;

	json_object(j, NULL);
	json_string(j, "base_path", path.data, path.size);
	path = profile_string(new, f->new);
	json_string(j, "new_path", path.data, path.size);
	path = diff_match_short_path(d->match, DIFF_NEW, f->new);
	json_string(j, "title", path.data, path.size);
	put_lines(j, "base", s);
	put_lines(j, "new", t);
	/* [new line - 1] the line of the base, negative when it was edited */
	json_inline_array(j, "origin");
	for (uint32_t i = 1; i < t->first_line && i < UINT16_MAX; i++)
		json_integer(j, NULL, 0);
	for (uint32_t i = t->first_line; profile_source_line(t, i, &line); i++) {
		struct diff_line from = diff_match_text_origin(d->match, f->new, i);
		int64_t number = from.file == f->base ? from.line : 0;

		json_integer(j, NULL, from.is_rewritten ? -number : number);
	}
	json_end(j);
	json_end(j);
}

static void put_files(struct json *j, const struct diff_print *print)
{
	const struct diff *d = print->d;
	struct page_files files = {0};
	size_t bytes = 0;

	find_files(print, &files);
	json_array(j, "files");
	for (size_t i = 0; i < files.count; i++) {
		bytes += profile_source_of(d->side[DIFF_BASE].which.p, files.item[i].base)
				 ->text.size +
			profile_source_of(d->side[DIFF_NEW].which.p, files.item[i].new)
				->text.size;
		if (bytes <= TEXT_BYTES_MAX)
			put_file(j, d, &files.item[i]);
	}
	json_end(j);
	vec_free(&files);
}

static void put_words(struct json *j, const struct diff_print *print)
{
	struct diff_names names = {0};
	char *text;

	json_array(j, "sentences");
	for (size_t i = 0; (text = diff_sentence(print, i)) != NULL; i++) {
		json_literal(j, NULL, text);
		free(text);
	}
	json_end(j);
	json_array(j, "sides");
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		text = diff_side_title(print->d, side);
		json_literal(j, NULL, text);
		free(text);
	}
	json_end(j);
	/* [id, whether it is named by what it calls] */
	diff_name_changes(print->d, &names);
	json_array(j, "named");
	for (size_t i = 0; i < names.item.count; i++) {
		json_inline_array(j, NULL);
		json_unsigned(j, NULL, names.item.item[i].node);
		json_bool(j, NULL, names.item.item[i].is_total);
		json_end(j);
	}
	json_end(j);
	vec_free(&names.item);
}

static void write_html(FILE *out, const struct diff_print *print)
{
	const char *data = strstr(diff_page, DATA_MARK);
	struct json j;

	fwrite(diff_page, 1, (size_t)(data - diff_page), out);
	fputs("<script type=\"application/json\" id=\"data\">", out);
	json_begin(&j, out);
	json_object(&j, NULL);
	json_number(&j, "min_share", print->min_share);
	put_words(&j, print);
	put_files(&j, print);
	diff_put_json(&j, "report", print);
	json_end(&j);
	json_finish(&j);
	fputs("</script>", out);
	data += strlen(DATA_MARK);
	fputs(data, out);
}

const struct diff_format diff_html = {
	.name = "html",
	.suffix = ".html",
	.description = "a page with both sides and a flame graph, for any browser",
	.tells_memory = true,
	.views = (1u << DIFF_VIEW_COUNT) - 1,
	.write = write_html,
};
