/* A few series, in a list; see rejoin_levels.h. */
#include "recorder/output/rejoin_levels.h"

#include <stdbool.h>
#include <stdlib.h>

static bool is_of(const struct rejoin_level *level, const struct ptf_counters *series)
{
	return level->metric == series->metric && level->process == series->process &&
		level->thread == series->thread && level->instance == series->instance;
}

int rejoin_levels_take(struct rejoin_levels *levels, const struct ptf_counters *series,
	int64_t value, struct ptf_error *err)
{
	for (size_t i = 0; i < levels->count; i++)
		if (is_of(&levels->item[i], series)) {
			levels->item[i].value = value;
			return 0;
		}
	if (levels->count == levels->capacity) {
		size_t capacity = levels->capacity * 2 + 16;
		void *grown = realloc(levels->item, capacity * sizeof *levels->item);
		if (!grown) {
			*err = (struct ptf_error){.code = PTF_ERR_NOMEM,
				.message = "out of memory"};
			return PTF_ERR_NOMEM;
		}
		levels->item = grown;
		levels->capacity = capacity;
	}
	levels->item[levels->count++] = (struct rejoin_level){series->metric,
		series->process, series->thread, series->instance, value};
	return 0;
}

void rejoin_levels_forget(struct rejoin_levels *levels, uint32_t process)
{
	size_t kept = 0;

	for (size_t i = 0; i < levels->count; i++)
		if (levels->item[i].process != process)
			levels->item[kept++] = levels->item[i];
	levels->count = kept;
}

static int write_level(const struct rejoin_level *level, struct ptf_writer *writer,
	struct ptf_error *err)
{
	const int64_t at_cut_ns = 0;
	const struct ptf_counters point = {
		.metric = level->metric,
		.process = level->process,
		.thread = level->thread,
		.instance = level->instance,
		.count = 1,
		.time_ns = &at_cut_ns,
		.values = &level->value,
	};

	return ptf_writer_counters(writer, &point, err);
}

int rejoin_levels_write(struct rejoin_levels *levels, struct ptf_writer *writer,
	const struct ptf_counters *series, struct ptf_error *err)
{
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < levels->count; i++) {
		if (series && !is_of(&levels->item[i], series))
			levels->item[kept++] = levels->item[i];
		else if (rc == 0)
			rc = write_level(&levels->item[i], writer, err);
	}
	levels->count = kept;
	return rc;
}

void rejoin_levels_finish(struct rejoin_levels *levels)
{
	free(levels->item);
	*levels = (struct rejoin_levels){0};
}
