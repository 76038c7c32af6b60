#include "tools/core/diff_facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/diff_amounts.h"
#include "tools/core/heap_rows.h"
#include "tools/core/names.h"
#include "tools/core/path_roots.h"
#include "tools/core/texts.h"
#include "tools/core/units.h"

/* Of values that differ within a side, so many are told. */
#define TOLD_MAX 3

/* The distinct values of one fact on one side, in order of first sight. */
struct values {
	struct intern texts;
};

static void see(struct values *v, struct ptf_text text)
{
	if (text.size)
		intern_bytes(&v->texts, text.data, text.size);
}

static int compare_texts(const void *a, const void *b)
{
	return text_order(*(const struct ptf_text *)a, *(const struct ptf_text *)b);
}

/* "3.11.2, 3.12.1"; frees the values. */
static char *joined(struct values *v)
{
	VEC(struct ptf_text) sorted = {0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (uint32_t id = 1; id <= v->texts.items.count; id++)
		vec_push(&sorted, intern_get(&v->texts, id));
	if (sorted.count)
		qsort(sorted.item, sorted.count, sizeof(*sorted.item), compare_texts);
	for (size_t i = 0; f && i < sorted.count; i++) {
		if (i == TOLD_MAX) {
			fprintf(f, ", and %zu more", sorted.count - i);
			break;
		}
		fprintf(f, "%s%.*s", i ? ", " : "", (int)sorted.item[i].size,
			sorted.item[i].data);
	}
	if (f)
		fclose(f);
	vec_free(&sorted);
	intern_free(&v->texts);
	return text ? text : memory_zeroed(1, 1);
}

/* ------------------------------------------------------------ each fact */

/*
 * What was said of the recordings: of merged ones their processes tell, of others
 * the processes have it from their section.
 */
static size_t teller_count(const struct profile *p)
{
	return p->processes.count ? p->processes.count : p->sections.count;
}

static struct ptf_text told(const struct profile *p, size_t teller, const char *key)
{
	return p->processes.count
		? profile_process_attribute(p, (uint32_t)teller + 1, key)
		: profile_section_attribute(&p->sections.item[teller], key);
}

static char *of_attribute(const struct profile *p, const char *key)
{
	struct values v = {0};

	for (size_t i = 0; i < teller_count(p); i++)
		see(&v, told(p, i, key));
	return joined(&v);
}

static char *program(const struct profile *p)
{
	struct values v = {0};

	for (size_t i = 0; i < teller_count(p); i++) {
		struct ptf_text command = told(p, i, "run.command");
		const char *blank =
			command.size ? memchr(command.data, ' ', command.size) : NULL;
		struct ptf_text first = {command.data,
			blank ? (size_t)(blank - command.data) : command.size};
		struct ptf_text base = name_of_path(first);
		struct ptf_text rest = {base.data,
			command.size - (size_t)(base.data - command.data)};

		/* Where the interpreter lies says nothing of the program. */
		see(&v, command.size ? rest : command);
	}
	return joined(&v);
}

static char *python(const struct profile *p)
{
	struct values v = {0};

	for (size_t i = 0; i < p->processes.count; i++)
		see(&v, profile_string(p, p->processes.item[i].python));
	return joined(&v);
}

static char *machine(const struct profile *p)
{
	struct values v = {0};

	for (size_t i = 0; i < teller_count(p); i++) {
		struct ptf_text host = told(p, i, "host.name"),
				model = told(p, i, "host.cpu_model"),
				count = told(p, i, "host.cpu_count"),
				arch = told(p, i, "host.arch");
		char *text;
		int size = asprintf(&text, "%.*s (%.*s, %.*s, %.*s processors)",
			(int)host.size, host.data, (int)model.size, model.data,
			(int)arch.size, arch.data, (int)count.size, count.data);

		if (size >= 0 && host.size + model.size)
			see(&v, (struct ptf_text){text, (size_t)size});
		if (size >= 0)
			free(text);
	}
	return joined(&v);
}

static char *rate(const struct profile *p)
{
	struct values v = {0};

	for (size_t i = 0; i < p->sections.count; i++) {
		char text[48];
		uint64_t period = p->sections.item[i].period_ns;
		int size = snprintf(text, sizeof(text), "%.0f Hz",
			period ? 1e9 / (double)period : 0);

		if (period)
			see(&v, (struct ptf_text){text, (size_t)size});
	}
	return joined(&v);
}

/* What the samples of time carry: "time in ns". */
static char *metrics(const struct profile *p)
{
	struct values v = {0};

	for (uint32_t id = 1; id <= p->metrics.items.count; id++) {
		struct profile_metric m = profile_get_metric(p, id);
		struct ptf_text name = profile_string(p, m.name),
				unit = profile_string(p, m.unit);
		const struct profile_metric_use *use =
			id < p->metric_use.count ? &p->metric_use.item[id] : NULL;
		char *text;
		int size;

		if (!use || use->sample_count + use->aggregate_count == 0 ||
			m.kind != PTF_METRIC_WEIGHT ||
			heap_metric_of(name, unit) != HEAP_METRIC_COUNT)
			continue;
		size = asprintf(&text, "%.*s in %.*s", (int)name.size, name.data,
			(int)unit.size, unit.data);
		if (size >= 0) {
			see(&v, (struct ptf_text){text, (size_t)size});
			free(text);
		}
	}
	return joined(&v);
}

/* "a sample for each 512 KiB", "not recorded" */
static char *memory(const struct profile *p)
{
	char size[UNITS_SIZE], *text;
	int64_t interval = diff_sample_amount(p, DIFF_ALLOCATED);

	if (!interval && !profile_has_memory(p))
		return strdup("not recorded");
	if (!interval)
		return memory_zeroed(1, 1);
	return asprintf(&text, "a sample for each %s",
		       units_bytes(size, (uint64_t)interval)) < 0
		? memory_zeroed(1, 1)
		: text;
}

/* "classes of time" or, of an import that cannot tell them, "time alone". */
static char *mode(const struct profile *p)
{
	int64_t ns[PTF_CLASS_KIND_COUNT];
	bool any = false;

	profile_class_times(p, ns);
	for (int k = 1; k < PTF_CLASS_KIND_COUNT; k++)
		any = any || ns[k];
	return strdup(any || ns[PTF_CLASS_UNKNOWN] == 0 ? "time by class"
							: "time without classes");
}

/* -------------------------------------------------------------- refusals */

static void add(struct diff_facts *facts, const char *what, char *base, char *new,
	bool is_refusal)
{
	vec_push(&facts->item, (struct diff_fact){what, base, new, is_refusal});
	facts->refuses = facts->refuses || is_refusal;
}

static void compare(struct diff_facts *facts, const char *what, char *base, char *new,
	bool is_refusal)
{
	/* What one side does not know is no difference. */
	if (strcmp(base, new) != 0 && (is_refusal || (*base && *new))) {
		add(facts, what, base, new, is_refusal);
		return;
	}
	free(base);
	free(new);
}

static const char *side_name(enum diff_side side)
{
	return side == DIFF_BASE ? "base" : "new";
}

static char *cut_text(const struct diff *d, enum diff_side side)
{
	const struct profile *p = d->side[side].which.p;
	const char *path = NULL;
	size_t cut = 0;
	char *text;

	for (size_t i = 0; i < p->parts.of.count; i++) {
		const struct part *part = &p->parts.of.item[i];
		const struct profile_section *section = &p->sections.item[part->section];

		/* Of merged recordings, each has its own end. */
		if (part->process ? part->has_end : section->has_end)
			continue;
		path = path ? path : section->path;
		cut++;
	}
	if (cut == 0 && p->damage_count == 0)
		return NULL;
	if ((cut ? asprintf(&text, "%s: %zu recording%s cut short, first in %s",
			   side_name(side), cut, cut == 1 ? "" : "s", path)
		 : asprintf(&text, "%s: damaged in %zu place%s", side_name(side),
			   p->damage_count, p->damage_count == 1 ? "" : "s")) < 0)
		return memory_zeroed(1, 1);
	return text;
}

static bool kind_is(const struct profile *p, const struct profile_loss *l,
	const char *const *kinds)
{
	struct ptf_text kind = profile_string(p, l->kind);

	for (; *kinds; kinds++)
		if (text_is(kind, *kinds))
			return true;
	return false;
}

static double losses_of(const struct profile *p, const char *const *kinds)
{
	double count = 0;

	for (size_t i = 0; i < p->losses.count; i++) {
		const struct profile_loss *l = &p->losses.item[i];

		count += kind_is(p, l, kinds) ? (double)l->count : 0;
	}
	return count;
}

/* Something that is counted, and how much of it is there. */
struct countable {
	const char *what;
	const char *lost[3]; /* kinds of losses, and NULL */
	double kept;
};

static char *loss_text(const struct diff *d, enum diff_side side)
{
	const struct profile *p = d->side[side].which.p;
	enum diff_metric metric = d->options.metric;
	/* What was freed matters only to what is held. */
	bool is_held =
		metric == DIFF_PEAK || metric == DIFF_LIVE || metric == DIFF_LEAKED;
	const struct countable countable[] = {
		{"samples", {"ring_full", "torn"},
			metric == DIFF_TIME ? (double)p->sample_count : INFINITY},
		{"samples of memory", {"memory_ring_full", "memory_untracked"},
			metric == DIFF_TIME ? INFINITY : (double)p->memory_count},
		{"ends of blocks", {"freed_ring_full"},
			is_held ? (double)p->memory_count / 2 : INFINITY},
		{"threads", {"no_slot", "source_refused"}, (double)p->threads.count},
	};
	char *text;

	for (size_t i = 0; i < sizeof(countable) / sizeof(countable[0]); i++) {
		const struct countable *c = &countable[i];
		double lost = losses_of(p, c->lost);
		double share =
			isfinite(c->kept) ? units_percent(lost, lost + c->kept) / 100 : 0;

		if (share <= DIFF_LOSSES_MAX)
			continue;
		if (asprintf(&text, "%s: %.0f %% of the %s lost", side_name(side),
			    100 * share, c->what) < 0)
			return memory_zeroed(1, 1);
		return text;
	}
	return NULL;
}

/* [run] whether memory, or copies, were recorded of it; the caller frees it. */
static bool *runs_with_memory(const struct diff *d, enum diff_side side)
{
	const struct diff_runs *r = &d->side[side];
	const struct profile *p = r->which.p;
	const char *key = diff_interval_key(d->options.metric);
	bool *has = memory_zeroed(r->runs.count + 1, sizeof(*has));

	for (size_t i = 0; i < r->runs.count; i++)
		has[i] = profile_section_attribute(&p->sections.item[r->which.of.item[i]
									     .section],
				 key)
				 .size > 0;
	for (uint32_t process = 1; process <= p->processes.count; process++) {
		uint32_t run = r->which.of_process.item[process];

		if (run && profile_process_attribute(p, process, key).size)
			has[run - 1] = true;
	}
	/* Who writes memory may not say how it was sampled. */
	for (size_t i = 0; i < d->heap[side].cells.count; i++) {
		uint32_t run =
			r->which.of_process.item[d->heap[side].cells.item[i].process];

		if (run)
			has[run - 1] = true;
	}
	return has;
}

/* Runs without memory did not use none. */
static char *missing_text(const struct diff *d, enum diff_side side)
{
	size_t count = d->side[side].runs.count, missing = 0;
	bool *has;
	char *text;
	int size;

	if (d->options.metric == DIFF_TIME)
		return NULL;
	has = runs_with_memory(d, side);
	for (size_t i = 0; i < count; i++)
		missing += !has[i];
	free(has);
	if (missing == 0)
		return NULL;
	size = missing == count
		? asprintf(&text, "%s: its memory was not recorded (prec --memory)",
			  side_name(side))
		: asprintf(&text, "%s: %zu of %zu runs have no memory", side_name(side),
			  missing, count);
	return size < 0 ? memory_zeroed(1, 1) : text;
}

/* Memory of an allocator that the recorder cannot see. */
static char *allocator_text(const struct diff *d, enum diff_side side)
{
	static const char *const kinds[] = {"own_allocator", NULL};
	double count = losses_of(d->side[side].which.p, kinds);
	char *text;

	if (count == 0)
		return NULL;
	if (asprintf(&text,
		    "%s: %.0f process%s an allocator of %s own, whose memory is not "
		    "counted",
		    side_name(side), count, count == 1 ? " brings" : "es bring",
		    count == 1 ? "its" : "their") < 0)
		return memory_zeroed(1, 1);
	return text;
}

/* What both sides leave out is no difference. */
static void tell_allocators(struct diff_facts *facts, const struct diff *d,
	bool are_refusals)
{
	char *text[DIFF_SIDE_COUNT];
	bool refuses;

	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++)
		text[side] = allocator_text(d, side);
	refuses = !text[DIFF_BASE] || !text[DIFF_NEW];
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++)
		if (text[side] && refuses == are_refusals)
			add(facts, "allocator", text[side], NULL, refuses);
		else
			free(text[side]);
}

/* Runs of one side that are not of one program text. */
static char *variant_text(const struct diff *d, enum diff_side side)
{
	const struct profile *p = d->side[side].which.p;
	size_t count = 0;
	struct ptf_text first = {"", 0};
	char *text;

	for (uint32_t file = 1; file < p->source_of_file.count; file++) {
		const struct profile_source *s = profile_source_of(p, file);

		if (!s || !s->has_variants)
			continue;
		if (count++ == 0)
			first = diff_match_short_path(d->match, side, file);
	}
	if (count == 0)
		return NULL;
	if (asprintf(&text, "%s: its recordings have different texts of %.*s%s",
		    side_name(side), (int)first.size, first.data,
		    count > 1 ? " and other files" : "") < 0)
		return memory_zeroed(1, 1);
	return text;
}

/* The same recording twice is one replicate, however it got there. */
static char *double_text(const struct diff *d, enum diff_side side)
{
	size_t count = d->side[side].which.double_count;
	char *text;

	if (count == 0)
		return NULL;
	if (asprintf(&text, "%s: %zu recording%s came more than once, counted once",
		    side_name(side), count, count == 1 ? "" : "s") < 0)
		return memory_zeroed(1, 1);
	return text;
}

void diff_facts_find(struct diff_facts *facts, const struct diff *d)
{
	const struct profile *base = d->side[DIFF_BASE].which.p,
			     *new = d->side[DIFF_NEW].which.p;

	*facts = (struct diff_facts){0};
	if (d->options.metric == DIFF_TIME) {
		compare(facts, "metric", metrics(base), metrics(new), true);
		compare(facts, "mode", mode(base), mode(new), true);
	} else {
		tell_allocators(facts, d, true);
	}
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		char *text = missing_text(d, side);

		if (text)
			add(facts, "memory", text, NULL, true);
		text = cut_text(d, side);

		if (text)
			add(facts, "cut", text, NULL, true);
		text = loss_text(d, side);
		if (text)
			add(facts, "losses", text, NULL, true);
	}
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		char *text = variant_text(d, side);

		if (text)
			add(facts, "source text", text, NULL, false);
		text = double_text(d, side);
		if (text)
			add(facts, "recordings", text, NULL, false);
	}
	if (d->options.metric != DIFF_TIME)
		tell_allocators(facts, d, false);
	compare(facts, "program", program(base), program(new), false);
	compare(facts, "Python", python(base), python(new), false);
	compare(facts, "machine", machine(base), machine(new), false);
	compare(facts, "kernel", of_attribute(base, "host.kernel"),
		of_attribute(new, "host.kernel"), false);
	compare(facts, "rate", rate(base), rate(new), false);
	compare(facts, "memory", memory(base), memory(new), false);
	compare(facts, "sampling source", of_attribute(base, "sampling.source"),
		of_attribute(new, "sampling.source"), false);
	compare(facts, "sampling limits", of_attribute(base, "sampling.limits"),
		of_attribute(new, "sampling.limits"), false);
}

void diff_facts_free(struct diff_facts *facts)
{
	for (size_t i = 0; i < facts->item.count; i++) {
		free(facts->item.item[i].base);
		free(facts->item.item[i].new);
	}
	vec_free(&facts->item);
}

char *diff_side_title(const struct diff *d, enum diff_side side)
{
	const struct diff_runs *r = &d->side[side];
	char *command = program(r->which.p), *text;

	if (asprintf(&text, "%s, %zu run%s", *command ? command : "unknown program",
		    r->runs.count, r->runs.count == 1 ? "" : "s") < 0)
		text = memory_zeroed(1, 1);
	free(command);
	return text;
}
