#include "format/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/fail.h"

#define WINDOW_BYTES ((size_t)1 << 18)

/* Reads what a pipe gives until its end. */
static int read_whole(struct ptf_input *in, int fd, struct ptf_error *err)
{
	for (;;) {
		uint8_t *to = ptf_buf_reserve(&in->window, WINDOW_BYTES);
		ssize_t n;

		if (!to)
			return ptf_fail_nomem(err);
		n = read(fd, to, WINDOW_BYTES);
		if (n == 0)
			break;
		if (n > 0)
			in->window.size += (size_t)n;
		else if (errno != EINTR)
			return ptf_fail_errno(err, "read");
	}
	in->memory = ptf_buf_view(&in->window);
	in->size = in->memory.size;
	return 0;
}

int ptf_input_open(struct ptf_input *in, const char *path, struct ptf_error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat st;
	int fd, rc = 0;

	*in = (struct ptf_input){.fd = -1};
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ptf_fail_errno(err, "open");
	if (fstat(fd, &st) < 0) {
		rc = ptf_fail_errno(err, "fstat");
	} else if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		rc = ptf_fail_errno(err, "read");
	} else if (is_stdin || !S_ISREG(st.st_mode)) {
		rc = read_whole(in, fd, err);
	} else {
		in->fd = fd;
		in->size = (uint64_t)st.st_size;
		return 0;
	}
	if (!is_stdin)
		close(fd);
	if (rc < 0)
		ptf_buf_finish(&in->window);
	return rc;
}

void ptf_input_open_memory(struct ptf_input *in, const void *data, size_t size)
{
	*in = (struct ptf_input){.fd = -1, .size = size, .memory = {data, size}};
}

void ptf_input_close(struct ptf_input *in)
{
	if (in->fd >= 0)
		close(in->fd);
	ptf_buf_finish(&in->window);
}

static int fill_window(struct ptf_input *in, uint64_t offset, size_t want,
	struct ptf_error *err)
{
	uint8_t *to;

	ptf_buf_clear(&in->window);
	in->window_offset = offset;
	to = ptf_buf_reserve(&in->window, want);
	if (!to)
		return ptf_fail_nomem(err);
	while (in->window.size < want) {
		ssize_t n = pread(in->fd, to + in->window.size, want - in->window.size,
			(off_t)(offset + in->window.size));

		if (n == 0) {
			/* Shorter than it was: what is gone is gone. */
			in->size = offset + in->window.size;
			break;
		}
		if (n > 0)
			in->window.size += (size_t)n;
		else if (errno != EINTR)
			return ptf_fail_errno(err, "read");
	}
	return 0;
}

int ptf_input_view(struct ptf_input *in, uint64_t offset, size_t want,
	struct ptf_view *out, struct ptf_error *err)
{
	uint64_t left = offset < in->size ? in->size - offset : 0;
	size_t skip;

	if (want > left)
		want = (size_t)left;
	*out = (struct ptf_view){0};
	if (want == 0)
		return 0;
	if (in->fd < 0) {
		*out = (struct ptf_view){in->memory.data + offset, want};
		return 0;
	}
	if (offset < in->window_offset || offset - in->window_offset > in->window.size ||
		in->window.size - (offset - in->window_offset) < want) {
		size_t fill = want > WINDOW_BYTES ? want : WINDOW_BYTES;
		int rc = fill_window(in, offset, fill < left ? fill : (size_t)left, err);

		if (rc < 0)
			return rc;
	}
	skip = (size_t)(offset - in->window_offset);
	if (in->window.size - skip < want)
		want = in->window.size - skip;
	*out = (struct ptf_view){in->window.data + skip, want};
	return 0;
}

int ptf_input_refresh(struct ptf_input *in, struct ptf_error *err)
{
	struct stat st;

	if (in->fd < 0)
		return 0;
	if (fstat(in->fd, &st) < 0)
		return ptf_fail_errno(err, "fstat");
	if ((uint64_t)st.st_size <= in->size)
		return 0;
	in->size = (uint64_t)st.st_size;
	/* The window may have ended in the middle of what was there. */
	ptf_buf_clear(&in->window);
	return 1;
}
