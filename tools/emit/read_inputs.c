#include "tools/emit/read_inputs.h"

#include "tools/cli/message.h"
#include "tools/emit/selection_options.h"

static void on_note(void *context, const char *path, const struct ptf_error *note)
{
	(void)context;
	message_read_note(path, note);
}

static void on_progress(void *context, const char *path, uint64_t done, uint64_t total)
{
	(void)context;
	message_progress(path, done, total);
}

const struct profile_hooks read_hooks = {.note = on_note, .progress = on_progress};

bool read_inputs(struct profile *p, char *const *paths, size_t path_count,
	const struct selection *selection)
{
	profile_select(p, selection);
	for (size_t i = 0; i < path_count; i++) {
		struct ptf_error err = {0};
		int rc = profile_add_file(p, paths[i], &read_hooks, &err);

		message_progress_end();
		if (rc < 0) {
			message_read_error(paths[i], rc, &err);
			return false;
		}
	}
	profile_finish(p);
	return !selection || selection_finds(selection, p);
}
