#include "recorder/output/rotation.h"

#include <stdlib.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"
#include "recorder/say.h"

void rotation_remove_old(const struct rotation *rotation)
{
	uint32_t kept = rotation->options->keep_count;

	if (kept && rotation->number > kept)
		output_series_remove(rotation->series, rotation->number - kept);
}

int rotation_open(struct rotation *rotation, const struct rotation_options *options,
	const struct output_series *series)
{
	*rotation = (struct rotation){.options = options, .series = series};
	rotation->number = rotation->first_number = output_series_last(series) + 1;
	rotation->name = output_series_name(rotation->series, rotation->number);
	if (!rotation->name) {
		complain("out of memory");
		return -1;
	}
	return output_file_open(&rotation->file, rotation->name);
}

bool rotation_next(struct rotation *rotation, struct recording *r)
{
	char *name = output_series_name(rotation->series, rotation->number + 1);
	struct output_file next;

	/* Better one long file than none. */
	if (!name || output_file_open(&next, name) != 0) {
		if (!rotation->has_complained)
			complain("%s goes on", rotation->name);
		rotation->has_complained = true;
		free(name);
		return false;
	}
	rotation->has_complained = false;
	output_file_empty(&next);
	struct recorded_section left = section_go_on(r, next.fd);
	section_complete(r, &left);
	section_finish(&left);
	output_file_close(&rotation->file);
	free(rotation->name);
	rotation->name = name;
	rotation->file = next;
	rotation->number++;
	rotation->begun_ns = rotation->clock.now_ns;
	rotation->begun_bytes = r->left_bytes;
	rotation_remove_old(rotation);
	return true;
}

void rotation_poll(struct rotation *rotation, struct recording *r)
{
	const struct rotation_options *options = rotation->options;
	uint64_t bytes = recording_bytes(r) - rotation->begun_bytes;

	running_clock_poll(&rotation->clock, clock_now_ns(),
		!atomic_load(&r->shm->is_off));
	uint64_t time_ns = rotation->clock.now_ns - rotation->begun_ns;
	if ((options->size_bytes && bytes >= options->size_bytes) ||
		(options->time_ns && time_ns >= options->time_ns))
		rotation_next(rotation, r);
}

void rotation_finish(struct rotation *rotation)
{
	free(rotation->name);
	rotation->name = NULL;
}
