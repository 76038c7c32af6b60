#include "tools/emit/metric_option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/message.h"
#include "tools/cli/text.h"
#include "tools/core/class_names.h"
#include "tools/core/heap_interval.h"
#include "tools/core/texts.h"

void metric_option_read(struct metric_option *option, const char *text,
	const char *const *words, struct selection *selection)
{
	struct selection classes = {0};

	*option = (struct metric_option){.words = words, .word = -1};
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], text))
			option->word = i;
	if (option->word >= 0)
		return;
	if (selection_add_class(&classes, text)) {
		option->name = text;
		return;
	}
	option->is_classes = true;
	option->has_waits = classes.class_mask & CLASS_MASK_OFF_CPU;
	/* With --class, what both say. */
	selection->class_mask = selection->class_mask
		? selection->class_mask & classes.class_mask
		: classes.class_mask;
}

/* -------------------------------------------------------- what there is */

static bool is_counter(const struct profile *p, uint32_t metric)
{
	return metric < p->metric_use.count && p->metric_use.item[metric].point_count;
}

static bool is_named(const char *names, struct ptf_text name)
{
	for (;;) {
		struct ptf_text one = {names, strcspn(names, ",")};

		if (text_equal(one, name))
			return true;
		if (!names[one.size])
			return false;
		names += one.size + 1;
	}
}

bool metric_option_has(const struct metric_option *option, const struct profile *p,
	uint32_t metric)
{
	return !option->name ||
		is_named(option->name,
			profile_string(p, profile_get_metric(p, metric).name));
}

/* Of any use: a counter, or what rows carry. */
static bool is_carried(const struct profile *p, struct ptf_text name, bool as_counter)
{
	for (uint32_t id = 1; id <= p->metrics.items.count; id++) {
		if ((!as_counter || is_counter(p, id)) &&
			text_equal(profile_string(p, profile_get_metric(p, id).name),
				name))
			return true;
	}
	return false;
}

/* The first of the names that no counter has; "" = they all are one's. */
static struct ptf_text unknown_name(const struct profile *p, const char *names)
{
	for (;;) {
		struct ptf_text name = {names, strcspn(names, ",")};

		if (!is_carried(p, name, true))
			return name;
		if (!names[name.size])
			return (struct ptf_text){"", 0};
		names += name.size + 1;
	}
}

/* "rss (bytes), faults (count)" */
static void list_counters(FILE *out, const struct profile *p)
{
	const struct text_style style = {.unicode = true, .max_columns = 40};
	bool any = false;

	for (uint32_t id = 1; id <= p->metrics.items.count; id++) {
		struct profile_metric metric = profile_get_metric(p, id);
		struct ptf_text name = profile_string(p, metric.name);
		struct ptf_text unit = profile_string(p, metric.unit);

		if (!is_counter(p, id))
			continue;
		fputs(any ? ", " : "", out);
		text_put(out, name.data, name.size, &style);
		fputs(" (", out);
		text_put(out, unit.data, unit.size, &style);
		fputc(')', out);
		any = true;
	}
	if (!any)
		fputs("none", out);
}

bool metric_option_finds(const struct metric_option *option, const struct profile *p,
	bool draws_counters)
{
	struct ptf_text unknown;
	bool is_known;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!option->name)
		return true;
	unknown = unknown_name(p, option->name);
	is_known = !unknown.size && *option->name;
	if (draws_counters && is_known)
		return true;
	out = open_memstream(&text, &size);
	if (!out)
		return false;
	if (!unknown.size)
		fprintf(out,
			"is a counter, which pplot draws over time; here there are ");
	else
		fprintf(out, "%s; there are ",
			is_carried(p, unknown, false) ? "cannot be chosen here"
						      : "is not in the traces");
	for (size_t i = 0; option->words[i]; i++)
		fprintf(out, "%s, ", option->words[i]);
	fprintf(out,
		"the classes python, native, kernel, runnable, gil, wait, unknown, "
		"system and waiting");
	if (!is_known) {
		fprintf(out,
			draws_counters ? "; and the counters "
				       : "; and, in pplot, the counters ");
		list_counters(out, p);
	}
	fclose(out);
	if (is_known)
		unknown = (struct ptf_text){option->name, strlen(option->name)};
	message_error("", "--metric: '%.*s' %s", (int)unknown.size, unknown.data, text);
	free(text);
	return false;
}

bool metric_option_finds_memory(const struct profile *p)
{
	if (profile_has_memory(p))
		return true;
	message_error("", "nothing is known of memory%s",
		p->selection && selection_is_partial(p->selection)
			? " in what is selected"
			: heap_interval_bytes(p, HEAP_INTERVAL_KEY)
			? ": no sample met a block; a smaller prec --memory-interval has "
			  "more"
			: ": it is recorded by prec --memory");
	return false;
}
