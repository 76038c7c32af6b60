#include "tools/emit/loss_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/core/texts.h"
#include "tools/core/units.h"

/* Below this share of the samples a loss changes no picture. */
#define MATTERS_PERCENT 1.0

/* What a loss is measured by. */
enum measure {
	BY_SAMPLES,
	BY_TIME_AWAITED,
	BY_ALLOCATIONS,
	ALWAYS_MATTERS, /* a single one is much */
};

/* "N nouns[, 1.2 s of CPU,] were ..." */
struct loss_words {
	const char *kind;
	const char *one, *many; /* nouns */
	const char *weight;     /* what the weight is, behind it */
	const char *one_fate, *many_fate;
	const char *advice;
	enum measure measure;
};

static const struct loss_words words[] = {
	{"ring_full", "sample", "samples", "in all", "was lost: prec could not keep up",
		"were lost: prec could not keep up", "A lower rate helps (prec -F).",
		BY_SAMPLES},
	{"switched_off", "sample", "samples", "of CPU", "was not kept", "were not kept",
		"Recording was switched off meanwhile.", ALWAYS_MATTERS},
	{"mark", "mark", "marks", "in all", "was lost: prec could not keep up",
		"were lost: prec could not keep up", "Fewer marks are all kept.",
		ALWAYS_MATTERS},
	{"torn", "sample", "samples", "in all",
		"has no whole stack: it changed while it was read",
		"have no whole stack: it changed while it was read",
		"It counts for the line that was seen before.", BY_SAMPLES},
	{"unread_code", "frame", "frames", "in all",
		"has no name: its code was gone before it was read",
		"have no name: their code was gone before it was read",
		"Code that is made and dropped all the time (exec, eval) cannot be "
		"told.",
		BY_SAMPLES},
	{"no_slot", "thread", "threads", "in all",
		"was not sampled: too many ran at a time",
		"were not sampled: too many ran at a time",
		"Fewer threads at a time are all sampled.", ALWAYS_MATTERS},
	{"stack_elided", "sample", "samples", "in all",
		"lacks the middle of a very deep stack",
		"lack the middle of very deep stacks", "Both ends of them are there.",
		BY_SAMPLES},
	{"offcpu_missed", "look", "looks", "in all",
		"at a waiting thread came too late: its waits are less exact",
		"at waiting threads came too late: their waits are less exact",
		"A less busy machine helps.", BY_SAMPLES},
	{"unknown_pc", "sample", "samples", "in all",
		"is of native code that belongs to no file",
		"are of native code that belongs to no file",
		"It was made at run time, or its library was unloaded: [unknown].",
		BY_SAMPLES},
	{"await_unread", "look", "looks", "of awaiting",
		"at a suspended task gave no whole chain: it ran meanwhile",
		"at suspended tasks gave no whole chain: they ran meanwhile",
		"What was awaited is too short by that.", BY_TIME_AWAITED},
	{"raw_thread", "thread", "threads", "in all",
		"was made past pthread_create and not sampled",
		"were made past pthread_create and not sampled",
		"Its CPU time is with the main thread, as unsampled.", ALWAYS_MATTERS},
	{"source_refused", "thread", "threads", "in all",
		"was not sampled: the system refused",
		"were not sampled: the system refused",
		"Limits on timers or perf events may be the reason (ulimit -i).",
		ALWAYS_MATTERS},
	{"child_not_followed", "child process", "child processes", "of CPU",
		"was not followed", "were not followed", "pinfo --all tells why.",
		ALWAYS_MATTERS},
	{"seccomp", "process", "processes", "in all",
		"gave up system calls and is not sampled from there on",
		"gave up system calls and are not sampled from there on",
		"Record it with its sandbox switched off.", ALWAYS_MATTERS},
	{"debugger", "time", "times", "in all",
		"a debugger was attached: nothing was sampled meanwhile",
		"a debugger was attached: nothing was sampled meanwhile", "",
		ALWAYS_MATTERS},
	{"throttled", "sample", "samples", "in all",
		"was skipped, its time is in the next: taking one took too long",
		"were skipped, their time is in the next: taking one took too long",
		"Stacks are very deep; a lower rate helps (prec -F).", BY_SAMPLES},
	{"memory_ring_full", "sample of memory", "samples of memory", "in all",
		"was lost: prec could not keep up", "were lost: prec could not keep up",
		"Sums are too low by that; a longer prec --memory-interval helps.",
		BY_ALLOCATIONS},
	{"freed_ring_full", "end of a block", "ends of blocks", "in all",
		"was lost: prec could not keep up", "were lost: prec could not keep up",
		"What is held is too much by that; a longer prec --memory-interval "
		"helps.",
		BY_ALLOCATIONS},
	{"memory_untracked", "block", "blocks", "in all",
		"was not sampled: too many were held already",
		"were not sampled: too many were held already",
		"Sums are too low by that; a longer prec --memory-interval helps.",
		BY_ALLOCATIONS},
	{"own_allocator", "process", "processes", "in all", "has an allocator of its own",
		"have allocators of their own",
		"What comes from there is not in the trace.", ALWAYS_MATTERS},
};

static const struct loss_words *words_of(struct ptf_text kind)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_is(kind, words[i].kind))
			return &words[i];
	return NULL;
}

/* The index-th kind, with the sum over all sections. */
static bool sum_of_kind(const struct profile *p, size_t index, struct profile_loss *sum)
{
	for (size_t i = 0; i < p->losses.count; i++) {
		bool first = true;

		for (size_t k = 0; k < i && first; k++)
			first = p->losses.item[k].kind != p->losses.item[i].kind;
		if (!first || index--)
			continue;
		*sum = (struct profile_loss){.kind = p->losses.item[i].kind};
		for (size_t k = i; k < p->losses.count; k++)
			if (p->losses.item[k].kind == sum->kind) {
				sum->count += p->losses.item[k].count;
				sum->weight_ns += p->losses.item[k].weight_ns;
			}
		return true;
	}
	return false;
}

static double allocations(const struct profile *p)
{
	double count = 0;

	for (uint32_t id = 1; id < p->metric_use.count; id++)
		if (text_is(profile_string(p, profile_get_metric(p, id).name),
			    "alloc_bytes"))
			count += (double)p->metric_use.item[id].sample_count;
	return count;
}

static double time_awaited(const struct profile *p)
{
	double ns = 0;

	for (size_t i = 0; i < p->awaits.count; i++)
		ns += (double)p->awaits.item[i].time_ns;
	return ns;
}

/* How much of what there is of it, in per cent. */
static double share(const struct profile *p, enum measure measure,
	const struct profile_loss *loss)
{
	double count = (double)loss->count;

	switch (measure) {
	case BY_SAMPLES:
		return units_percent(count, (double)p->sample_count);
	case BY_TIME_AWAITED:
		return units_percent((double)loss->weight_ns, time_awaited(p));
	case BY_ALLOCATIONS: /* there may be none but these */
		return units_percent(count, count + allocations(p));
	case ALWAYS_MATTERS:
		break;
	}
	return 100;
}

bool loss_tell(const struct profile *p, size_t index, struct loss_told *told)
{
	char count[UNITS_SIZE], time[UNITS_SIZE], weight[UNITS_SIZE + 16] = "";
	const struct loss_words *w;
	const char *advice;
	struct profile_loss loss;
	struct ptf_text kind;
	double percent;

	if (!sum_of_kind(p, index, &loss))
		return false;
	kind = profile_string(p, loss.kind);
	w = words_of(kind);
	percent = share(p, w ? w->measure : ALWAYS_MATTERS, &loss);
	units_count(count, loss.count);
	told->matters = percent >= MATTERS_PERCENT;
	if (loss.weight_ns)
		snprintf(weight, sizeof(weight), ", %s %s,",
			units_time_brief(time, (int64_t)loss.weight_ns),
			w ? w->weight : "in all");
	advice = w && told->matters ? w->advice : "";
	if (!w)
		snprintf(told->text, sizeof(told->text), "%s of \"%.*s\"%s were lost.",
			count, (int)(kind.size < 80 ? kind.size : 80), kind.data, weight);
	else
		snprintf(told->text, sizeof(told->text), "%s %s%s %s.%s%s", count,
			loss.count == 1 ? w->one : w->many, weight,
			loss.count == 1 ? w->one_fate : w->many_fate, *advice ? " " : "",
			advice);
	return true;
}
