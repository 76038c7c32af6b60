/* The time of parts of a program by class, bin by bin: the data of panels, lanes. */
#ifndef TOOLS_PLOT_CLASS_BINS_H
#define TOOLS_PLOT_CLASS_BINS_H

#include "tools/core/report.h"
#include "tools/core/timeline.h"

struct class_bins {
	uint32_t process, thread; /* of which it is; 0 = of any */
	struct class_times times; /* of all bins */
	int64_t *bin_ns;          /* [bin * PTF_CLASS_KIND_COUNT + class] */
};

struct class_bins_list {
	VEC(struct class_bins) item; /* most time first */
	struct class_times times;    /* of all */
};

struct class_bins_options {
	bool by_process, by_thread; /* neither: one part, the whole */
	unsigned class_mask;        /* bits 1 << enum ptf_class: which are wanted */
};

void class_bins_make(struct class_bins_list *list, const struct profile *p,
	const struct timeline *t, const struct class_bins_options *options);
/* Only the first so many stay, which the sums are then of. */
void class_bins_keep(struct class_bins_list *list, size_t count);
void class_bins_free(struct class_bins_list *list);

#endif
