/* --to json: everything, for programs. The keys are in tools/README.md. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/core/class_names.h"
#include "tools/emit/diff_json.h"
#include "tools/emit/diff_words.h"

static void put_text(struct json *j, const char *key, struct ptf_text text)
{
	json_string(j, key, text.data, text.size);
}

static void put_finite(struct json *j, const char *key, double value)
{
	if (isfinite(value))
		json_number(j, key, value);
	else
		json_null(j, key);
}

static bool is_time(const struct diff *d)
{
	return d->options.metric == DIFF_TIME;
}

static void put_measured(struct json *j, const char *key, const struct diff *d,
	const struct diff_measured *m)
{
	json_inline_object(j, key);
	json_number(j, "base", m->base);
	json_number(j, "new", m->new);
	json_number(j, "difference", m->difference);
	put_finite(j, "relative", diff_relative(m));
	put_finite(j, "low", m->interval.low);
	put_finite(j, "high", m->interval.high);
	json_number(j, is_time(d) ? "base_ns" : "base_bytes", m->base_amount);
	json_number(j, is_time(d) ? "new_ns" : "new_bytes", m->new_amount);
	json_literal(j, "verdict", diff_verdict_name(d->options.metric, m->verdict));
	if (diff_has_replicates(d) && m->verdict != DIFF_SMALL) {
		json_number(j, "p", m->p);
		json_number(j, "q", m->q);
		json_number(j, "effect", m->effect);
		put_finite(j, "detectable", m->detectable);
	}
	if (!diff_has_replicates(d))
		json_bool(j, "beyond_sampling", m->beyond_sampling);
	json_end(j);
}

static void put_classes(struct json *j, const struct diff *d,
	const struct diff_node *node, enum diff_side side, const char *key)
{
	json_inline_object(j, key);
	for (uint32_t k = 0; k < PTF_CLASS_KIND_COUNT; k++) {
		double value = diff_class_mean(d, node, side, k);

		if (value != 0) {
			json_key(j, class_name(k), strlen(class_name(k)));
			json_number(j, NULL, value);
		}
	}
	json_end(j);
}

static void put_place(struct json *j, const struct diff *d, const struct diff_node *node,
	enum diff_side side, const char *key)
{
	const struct profile *p = d->side[side].which.p;
	bool any = node->file[side] || node->function[side];

	if (!any)
		return;
	json_inline_object(j, key);
	if (node->file[side])
		put_text(j, "file", profile_string(p, node->file[side]));
	if (node->view != DIFF_FILE && node->function[side])
		put_text(j, "function",
			profile_string(p,
				profile_get_function(p, node->function[side]).name));
	if (node->line[side])
		json_unsigned(j, "line", node->line[side]);
	json_end(j);
}

static void put_node(struct json *j, const struct diff *d, uint32_t index)
{
	const struct diff_node *node = &d->nodes.item[index];
	char *title = diff_node_title(d, node);

	json_object(j, NULL);
	json_unsigned(j, "id", index);
	json_literal(j, "view", diff_view_name(node->view));
	json_string(j, "name", title, strlen(title));
	json_literal(j, "fate", diff_fate_name(node->fate));
	if (node->view == DIFF_STACK && node->parent)
		json_unsigned(j, "parent", node->parent);
	put_place(j, d, node, DIFF_BASE, "base");
	put_place(j, d, node, DIFF_NEW, "new");
	if (node->view == DIFF_LINE)
		put_text(j, "text", diff_line_text(d, node));
	put_measured(j, "self", d, &node->self_measured);
	put_measured(j, "total", d, &node->total_measured);
	put_classes(j, d, node, DIFF_BASE, "base_classes");
	put_classes(j, d, node, DIFF_NEW, "new_classes");
	json_end(j);
	free(title);
}

static void put_speed(struct json *j, const struct diff *d)
{
	static const char *const uses[] = {"", "used", "few_runs", "unknown", "differs"};
	const struct diff_speed *s = &d->speed;

	if (s->use == DIFF_SPEED_NOT_ASKED)
		return;
	json_object(j, "speed");
	json_literal(j, "use", uses[s->use]);
	json_number(j, "spread", s->spread);
	json_inline_array(j, "functions");
	for (size_t i = 0; i < s->functions.count; i++)
		json_unsigned(j, NULL, s->functions.item[i]);
	json_end(j);
	put_measured(j, "time", d, &s->measured);
	json_end(j);
}

static void put_runs(struct json *j, const struct diff *d, enum diff_side side,
	const char *key)
{
	const struct diff_runs *r = &d->side[side];

	json_array(j, key);
	for (size_t i = 0; i < r->runs.count; i++) {
		const struct diff_run *run = &r->runs.item[i];
		const struct run *of = &r->which.of.item[i];

		json_inline_object(j, NULL);
		json_literal(j, "path", of->path);
		if (of->id.size)
			put_text(j, "run", of->id);
		json_number(j, is_time(d) ? "time_ns" : "bytes", run->amount);
		if (is_time(d))
			json_number(j, "runnable_ns", run->runnable_ns);
		if (d->speed.use == DIFF_SPEED_USED)
			json_number(j, "slowness",
				d->speed.slowness[i +
					(side == DIFF_NEW ? d->columns[DIFF_BASE] : 0)]);
		if (d->options.scale == DIFF_PER_UNIT)
			json_number(j, "units", run->unit_count);
		json_end(j);
	}
	json_end(j);
}

static void put_facts(struct json *j, const struct diff_facts *facts)
{
	json_array(j, "differences");
	for (size_t i = 0; i < facts->item.count; i++) {
		const struct diff_fact *f = &facts->item.item[i];

		json_inline_object(j, NULL);
		json_literal(j, "what", f->what);
		json_literal(j, f->new ? "base" : "text", f->base);
		if (f->new)
			json_literal(j, "new", f->new);
		json_bool(j, "refuses", f->is_refusal);
		json_end(j);
	}
	json_end(j);
}

static void put_gate(struct json *j, const struct diff *d, const struct gate *gate)
{
	static const char *const outcomes[] = {"passed", "regressed", "insufficient"};

	json_object(j, "gate");
	json_literal(j, "outcome", outcomes[gate->outcome]);
	json_number(j, "above", gate->options.above);
	json_number(j, is_time(d) ? "min_ns" : "min_bytes", gate->options.min_amount);
	json_literal(j, "why", gate->why);
	json_inline_array(j, "nodes");
	for (size_t i = 0; i < gate->nodes.count; i++)
		json_unsigned(j, NULL, gate->nodes.item[i]);
	json_end(j);
	json_end(j);
}

/* Of time: what became of memory besides. Ids are those of each metric alone. */
static void put_memory(struct json *j, const struct diff_print *print)
{
	const struct diff_memory *memory = print->memory;

	if (!memory || memory->count == 0)
		return;
	json_object(j, "memory");
	if (memory->why_not)
		json_literal(j, "why_not", memory->why_not);
	else
		json_unsigned(j, "tested", memory->of[0].tested_count);
	json_array(j, "metrics");
	for (size_t i = 0; i < memory->count && !memory->why_not; i++) {
		const struct diff *d = &memory->of[i];
		struct diff_names names = {0};

		json_object(j, NULL);
		json_literal(j, "metric", diff_metric_name(d->options.metric));
		json_literal(j, "title", diff_metric_title(d));
		put_measured(j, "program", d, &d->nodes.item[0].total_measured);
		diff_name_memory(print, i, &names);
		json_array(j, "named");
		for (size_t k = 0; k < names.item.count; k++)
			put_node(j, d, names.item.item[k].node);
		json_end(j);
		json_end(j);
		vec_free(&names.item);
	}
	json_end(j);
	json_end(j);
}

void diff_put_json(struct json *j, const char *key, const struct diff_print *print)
{
	static const char *const scales[] = {"absolute", "share", "per_unit",
		"equal_speed"};
	const struct diff *d = print->d;

	json_object(j, key);
	json_literal(j, "ptf_version", PTF_VERSION_STRING);
	json_literal(j, "metric", diff_metric_name(d->options.metric));
	json_literal(j, "scale",
		d->options.scale == DIFF_EQUAL_SPEED && d->speed.use != DIFF_SPEED_USED
			? scales[DIFF_ABSOLUTE]
			: scales[d->options.scale]);
	if (d->options.scale == DIFF_PER_UNIT)
		json_literal(j, "unit", d->options.unit);
	json_literal(j, "statistic",
		d->options.statistic == DIFF_MEAN ? "mean" : "median");
	json_literal(j, "interval", diff_has_replicates(d) ? "runs" : "sampling");
	json_number(j, "alpha", d->options.alpha);
	json_unsigned(j, "tested", d->tested_count);
	if (is_time(d))
		json_bool(j, "counts_runnable", d->options.runnable);
	put_runs(j, d, DIFF_BASE, "base_runs");
	put_runs(j, d, DIFF_NEW, "new_runs");
	put_speed(j, d);
	put_facts(j, print->facts);
	if (print->gate)
		put_gate(j, d, print->gate);
	put_memory(j, print);
	json_array(j, "nodes");
	for (uint32_t i = 0; i < d->nodes.count; i++)
		put_node(j, d, i);
	json_end(j);
	json_end(j);
}

static void write_json(FILE *out, const struct diff_print *print)
{
	struct json j;

	json_begin(&j, out);
	diff_put_json(&j, NULL, print);
	json_finish(&j);
}

const struct diff_format diff_json = {
	.name = "json",
	.suffix = ".json",
	.description = "everything, for programs (tools/README.md)",
	.tells_memory = true,
	.views = (1u << DIFF_VIEW_COUNT) - 1,
	.write = write_json,
};
