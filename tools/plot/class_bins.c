#include "tools/plot/class_bins.h"

#include <stdlib.h>

static struct class_bins *part_of(struct class_bins_list *list, const struct profile *p,
	const struct timeline *t, const struct class_bins_options *options,
	uint32_t thread)
{
	struct class_bins wanted = {0};

	if (options->by_thread)
		wanted.thread = thread;
	else if (options->by_process && thread)
		wanted.process = p->threads.item[thread - 1].process;
	for (size_t i = 0; i < list->item.count; i++)
		if (list->item.item[i].process == wanted.process &&
			list->item.item[i].thread == wanted.thread)
			return &list->item.item[i];
	wanted.bin_ns = memory_zeroed((size_t)t->grid.bin_count * PTF_CLASS_KIND_COUNT,
		sizeof(*wanted.bin_ns));
	vec_push(&list->item, wanted);
	return &list->item.item[list->item.count - 1];
}

static int by_time(const void *left, const void *right)
{
	const struct class_bins *a = left, *b = right;
	int64_t x = class_times_sum(&a->times), y = class_times_sum(&b->times);

	if (x != y)
		return x > y ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

static void add_series(struct class_bins *part, const struct timeline_series *s,
	uint32_t kind)
{
	for (size_t i = 0; i < s->points.count; i++) {
		const struct timeline_point *point = &s->points.item[i];

		part->bin_ns[(size_t)point->bin * PTF_CLASS_KIND_COUNT + kind] +=
			point->time_ns;
		part->times.ns[kind] += point->time_ns;
	}
}

static void add_up(struct class_bins_list *list)
{
	list->times = (struct class_times){{0}};
	for (size_t i = 0; i < list->item.count; i++)
		class_times_add(&list->times, &list->item.item[i].times);
}

void class_bins_make(struct class_bins_list *list, const struct profile *p,
	const struct timeline *t, const struct class_bins_options *options)
{
	for (size_t i = 0; i < t->threads.count; i++) {
		const struct timeline_series *s = &t->threads.item[i];
		uint32_t kind = profile_get_class(p, s->class_id).kind;

		if (options->class_mask >> kind & 1)
			add_series(part_of(list, p, t, options, s->thread), s, kind);
	}
	if (list->item.count)
		qsort(list->item.item, list->item.count, sizeof(*list->item.item),
			by_time);
	add_up(list);
}

void class_bins_keep(struct class_bins_list *list, size_t count)
{
	while (list->item.count > count)
		free(list->item.item[--list->item.count].bin_ns);
	add_up(list);
}

void class_bins_free(struct class_bins_list *list)
{
	class_bins_keep(list, 0);
	vec_free(&list->item);
}
