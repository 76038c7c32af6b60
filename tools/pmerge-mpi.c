/*
 * pmerge-mpi: pmerge by the ranks of an MPI job.
 *
 * Every rank merges its share of the inputs; then each takes in what the ranks
 * below it made, in a binomial tree, until rank 0 has it all. That merges can be
 * grouped at will (core/merge.h) makes the result that of pmerge.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mpi.h>

#include <ptf/version.h>

#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/core/temporary.h"
#include "tools/emit/merge_command.h"

/* Of one message. */
#define PIECE_BYTES (64 << 20)

enum { TAG_SIZE = 1, TAG_PIECE };

static const char doc[] =
	"Merge profile traces into one, as pmerge does, spread over the ranks of an MPI "
	"job. All ranks must see the inputs under the same names.\v"
	"Examples:\n"
	"  mpirun -n 4 pmerge-mpi -o all.ptf results/\n"
	"  srun -n 64 pmerge-mpi --as-runs --aggregate -o base.ptf @traces.txt\n\n"
	"The result is that of pmerge. Reading, and summing up with --aggregate, is "
	"shared by the ranks; the one file that comes of it is written by rank 0. "
	"Shares are merged in files without a name in TMPDIR (/var/tmp).\n\n"
	"Exit status: 0 when all went well, 1 after a failure, 2 after wrong use.";

struct job {
	struct merge_command command;
	struct inputs inputs;
	int rank, size;
};

/* The way out for one rank alone: the others would wait for ever. */
static void abandon(void)
{
	MPI_Abort(MPI_COMM_WORLD, EXIT_STATUS_FAILED);
	exit(EXIT_STATUS_FAILED);
}

static void no_memory(void)
{
	message_error("", "out of memory");
	abandon();
}

/* A file that is gone with its descriptor. Its path names the descriptor. */
struct partial {
	int fd;
	char path[32];
};

static struct partial new_partial(void)
{
	const char *folder;
	struct partial p = {.fd = temporary_open(&folder)};

	if (p.fd < 0) {
		message_error("", "a temporary file in %s: %s", folder, strerror(errno));
		abandon();
	}
	snprintf(p.path, sizeof(p.path), "/proc/self/fd/%d", p.fd);
	return p;
}

/* ------------------------------------------------------------- messages */

static void send_partial(const struct partial *p, int to)
{
	struct stat st;
	long long size;
	char *piece = malloc(PIECE_BYTES);

	if (!piece)
		no_memory();
	if (fstat(p->fd, &st) < 0) {
		message_error("", "a temporary file: %s", strerror(errno));
		abandon();
	}
	size = st.st_size;
	MPI_Send(&size, 1, MPI_LONG_LONG, to, TAG_SIZE, MPI_COMM_WORLD);
	for (long long at = 0; at < size;) {
		ssize_t n = pread(p->fd, piece, PIECE_BYTES, at);

		if (n <= 0) {
			message_error("", "a temporary file: %s",
				n < 0 ? strerror(errno) : "cut short");
			abandon();
		}
		MPI_Send(piece, (int)n, MPI_BYTE, to, TAG_PIECE, MPI_COMM_WORLD);
		at += n;
	}
	free(piece);
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			message_error("", "a temporary file: %s", strerror(errno));
			abandon();
		}
		data += n;
		size -= (size_t)n;
	}
}

/* False when that rank had nothing. */
static bool receive_partial(struct partial *p, int from)
{
	long long size;
	char *piece = malloc(PIECE_BYTES);

	if (!piece)
		no_memory();
	MPI_Recv(&size, 1, MPI_LONG_LONG, from, TAG_SIZE, MPI_COMM_WORLD,
		MPI_STATUS_IGNORE);
	if (size)
		*p = new_partial();
	for (long long at = 0; at < size;) {
		MPI_Status status;
		int n;

		MPI_Recv(piece, PIECE_BYTES, MPI_BYTE, from, TAG_PIECE, MPI_COMM_WORLD,
			&status);
		MPI_Get_count(&status, MPI_BYTE, &n);
		write_all(p->fd, piece, (size_t)n);
		at += n;
	}
	free(piece);
	return size != 0;
}

/* ----------------------------------------------------------------- work */

static void fail_reading(const char *path, int rc, const struct ptf_error *err)
{
	message_read_error(path ? path : "", rc, err);
	abandon();
}

/* Into a file of its own; recordings that came twice are counted. */
static struct partial write_partial(struct merge *m, size_t *doubles)
{
	struct partial p = new_partial();
	struct ptf_error err = {0};
	struct merge_plan plan;
	const char *path = NULL;
	int rc = merge_plan(m, &plan, &err);

	if (rc == 0)
		rc = merge_write(m, p.fd, &path, &err);
	if (rc < 0)
		fail_reading(path, rc, &err);
	message_progress_end();
	*doubles += plan.double_count;
	return p;
}

static void take_partial(struct merge *m, const struct partial *p)
{
	struct ptf_error err = {0};
	int rc = merge_add(m, p->path, &err);

	if (rc < 0)
		fail_reading("a share of the inputs", rc, &err);
}

/* Ranks whose share this one takes in: rank + 1, + 2, + 4, ... */
static int child_count(const struct job *job)
{
	int count = 0;

	for (int step = 1; step < job->size && !(job->rank & step); step *= 2)
		count += job->rank + step < job->size;
	return count;
}

static int parent_of(const struct job *job)
{
	return job->rank & (job->rank - 1);
}

/* Only what is about inputs is told of shares; rank 0 tells of the result. */
static void on_share_note(void *context, const char *path, const char *text)
{
	if (path)
		message_note(path, "%s", text);
	(void)context;
}

/* -1 after a message of some rank, else how many inputs all ranks left out. */
static int scan_shares(struct job *job, struct merge *m)
{
	int left_out = merge_command_scan(&job->command, m, &job->inputs,
		(size_t)job->rank, (size_t)job->size);
	int mine[2] = {left_out < 0, left_out}, all[2];

	MPI_Allreduce(mine, all, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	return all[0] ? -1 : all[1];
}

static bool has_share(const struct job *job, const struct merge *m)
{
	return (size_t)job->rank < job->inputs.count && !merge_is_empty(m);
}

static void tell_left_out(const struct job *job, int left_out)
{
	if (job->rank == 0 && left_out)
		message_note("", "%d of %zu inputs left out (--keep-going)", left_out,
			job->inputs.count);
}

/* What this rank and those below it have; false: nothing. */
static bool gather(struct job *job, struct merge *m, struct merge *below, size_t *doubles)
{
	int children = child_count(job);
	bool has_any = false;

	if (has_share(job, m)) {
		struct partial own = write_partial(m, doubles);

		take_partial(below, &own);
		has_any = true;
	}
	for (int i = 0, step = 1; i < children; i++, step *= 2) {
		struct partial p;

		if (receive_partial(&p, job->rank + step)) {
			take_partial(below, &p);
			has_any = true;
		}
	}
	return has_any;
}

static void hand_up(struct job *job, struct merge *below, bool has_any, size_t *doubles)
{
	struct partial p;
	long long nothing = 0;

	if (!has_any) {
		MPI_Send(&nothing, 1, MPI_LONG_LONG, parent_of(job), TAG_SIZE,
			MPI_COMM_WORLD);
		return;
	}
	p = write_partial(below, doubles);
	send_partial(&p, parent_of(job));
	close(p.fd);
}

static bool merge_as_tree(struct job *job, struct merge *m, struct merge *below)
{
	unsigned long long mine, all = 0;
	size_t doubles = 0;
	bool has_any = gather(job, m, below, &doubles), ok = true;

	if (job->rank)
		hand_up(job, below, has_any, &doubles);
	else
		ok = merge_command_write(&job->command, below);
	mine = doubles;
	MPI_Reduce(&mine, &all, 1, MPI_UNSIGNED_LONG_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
	if (all && ok)
		message_note(job->command.out ? job->command.out : "",
			"%llu recording%s within the shares came more than once, taken "
			"once",
			all, all == 1 ? "" : "s");
	return ok;
}

static bool run(struct job *job)
{
	struct merge_hooks hooks = merge_command_hooks(&job->command),
			   share_hooks = hooks;
	struct merge *m, *below;
	int left_out;
	bool ok = true;

	share_hooks.note = on_share_note;
	m = merge_new(&job->command.merge, job->size > 1 ? &share_hooks : &hooks);
	below = merge_new(&job->command.merge, job->rank ? &share_hooks : &hooks);
	left_out = scan_shares(job, m);
	if (left_out == (int)job->inputs.count) {
		if (job->rank == 0)
			message_error("", "no trace is left to merge");
		left_out = -1;
	}
	if (left_out >= 0) {
		tell_left_out(job, left_out);
		ok = job->size > 1 ? merge_as_tree(job, m, below)
				   : merge_command_write(&job->command, m);
	}
	merge_free(m);
	merge_free(below);
	return ok && left_out >= 0;
}

/* ----------------------------------------------------------------- start */

/* Rank 0 alone finds out what the command line names. */
static bool name_inputs(struct job *job)
{
	bool ok = true;

	for (size_t i = 0; ok && i < job->command.name_count; i++) {
		ok = strcmp(job->command.names[i], "-") != 0;
		if (!ok)
			message_error("",
				"standard input cannot be shared by ranks; name a file");
		ok = ok && inputs_add(&job->inputs, job->command.names[i]);
	}
	return ok;
}

static bool share_inputs(struct job *job)
{
	long long size = -1;
	char *names = NULL;

	if (job->rank == 0 && name_inputs(job)) {
		size = 0;
		for (size_t i = 0; i < job->inputs.count; i++)
			size += (long long)strlen(job->inputs.path[i]) + 1;
	}
	MPI_Bcast(&size, 1, MPI_LONG_LONG, 0, MPI_COMM_WORLD);
	if (size < 0)
		return false;
	names = calloc(1, (size_t)size + 1);
	if (!names)
		no_memory();
	for (size_t i = 0, at = 0; i < job->inputs.count; i++) {
		strcpy(names + at, job->inputs.path[i]);
		at += strlen(names + at) + 1;
	}
	MPI_Bcast(names, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD);
	for (long long at = 0; job->rank && at < size;
		at += (long long)strlen(names + at) + 1)
		if (!inputs_add_path(&job->inputs, names + at))
			abandon();
	free(names);
	return true;
}

/* Wrong use is the same for all ranks; one of them tells it. */
static bool is_first_by_environment(void)
{
	static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
		"PMI_RANK", "SLURM_PROCID", NULL};

	for (size_t i = 0; variables[i]; i++) {
		const char *value = getenv(variables[i]);

		if (value)
			return atoi(value) == 0;
	}
	return true;
}

static void be_silent(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&merge_argp, 0, NULL, 0},
		CLI_ARGP_CHILD,
		{0},
	};
	static const struct argp argp = {NULL, parse, "INPUT...", doc, children, NULL,
		NULL};
	struct job job = {0};
	int streams[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
	bool ok;

	if (!is_first_by_environment())
		be_silent();
	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &job.command);
	dup2(streams[0], STDOUT_FILENO);
	dup2(streams[1], STDERR_FILENO);
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &job.rank);
	MPI_Comm_size(MPI_COMM_WORLD, &job.size);
	ok = share_inputs(&job) && run(&job);
	MPI_Finalize();
	inputs_free(&job.inputs);
	merge_command_free(&job.command);
	return ok ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}
