/* pinfo: what is in a trace, and is it whole. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ptf/ptf.h>

#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/text.h"
#include "tools/core/digest.h"
#include "tools/core/report.h"
#include "tools/core/trace_info.h"
#include "tools/core/units.h"
#include "tools/emit/dump.h"
#include "tools/emit/info.h"
#include "tools/emit/read_inputs.h"

/* Compressing every part by itself costs as much as writing the trace did. */
#define MEASURE_FILE_BYTES (16 << 20)

#define FOLLOW_POLL_NS 250000000

enum {
	KEY_JSON = CLI_KEY_FIRST,
	KEY_DUMP,
	KEY_DIGEST,
	KEY_SUMMARY,
	KEY_SIZES,
	KEY_ALL,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "Instead of the report, one of:", 1},
	{"summary", KEY_SUMMARY, NULL, 0, "A few lines, as prec shows at its end", 1},
	{"json", KEY_JSON, NULL, 0, "As JSON, complete and stable", 1},
	{"dump", KEY_DUMP, NULL, 0, "Every record as a line of text, in file order", 1},
	{"digest", KEY_DIGEST, NULL, 0,
		"A hash of the content, the same for traces that say the same", 1},
	{"follow", 'f', NULL, 0, "Watch a recording grow until it ends; then the report",
		1},

	{NULL, 0, NULL, 0, "What the report shows (--sizes: --json too):", 2},
	{"all", KEY_ALL, NULL, 0, "Long lists to their ends", 2},
	{"sizes", KEY_SIZES, NULL, 0, "Measure what each part takes, also in large files",
		2},
	{0},
};

static const char doc[] =
	"Tell what is in profile traces, and whether they are whole. Several are taken "
	"together.\v"
	"Examples:\n"
	"  pinfo walk.ptf                 the report\n"
	"  pinfo --summary walk.ptf       the hot spots in a few lines\n"
	"  pinfo --json walk.ptf | jq .cpu_ns\n"
	"  pinfo --dump walk.ptf | grep ^sample\n"
	"  pinfo --digest a.ptf b.ptf     one number for both together\n"
	"  pinfo --follow walk.ptf        while prec writes it\n\n"
	"Exit status: 0 when all went well, 1 after a failure, 2 after wrong use.";

enum mode {
	MODE_TEXT,
	MODE_SUMMARY,
	MODE_JSON,
	MODE_DUMP,
	MODE_DIGEST,
	MODE_FOLLOW,
};

struct arguments {
	char **paths;
	size_t path_count;
	enum mode mode;
	bool sizes, all;
};

static void set_mode(struct arguments *a, struct argp_state *state, enum mode mode)
{
	if (a->mode != MODE_TEXT && a->mode != mode)
		argp_error(state,
			"only one of --summary, --json, --dump, --digest, --follow");
	a->mode = mode;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	(void)arg;
	switch (key) {
	case KEY_SUMMARY:
		set_mode(a, state, MODE_SUMMARY);
		break;
	case KEY_JSON:
		set_mode(a, state, MODE_JSON);
		break;
	case KEY_DUMP:
		set_mode(a, state, MODE_DUMP);
		break;
	case KEY_DIGEST:
		set_mode(a, state, MODE_DIGEST);
		break;
	case 'f':
		set_mode(a, state, MODE_FOLLOW);
		break;
	case KEY_SIZES:
		a->sizes = true;
		break;
	case KEY_ALL:
		a->all = true;
		break;
	case ARGP_KEY_ARGS:
		a->paths = state->argv + state->next;
		a->path_count = (size_t)(state->argc - state->next);
		break;
	case ARGP_KEY_END:
		if (a->path_count == 0)
			argp_error(state, "no trace given");
		if (a->mode == MODE_FOLLOW && a->path_count > 1)
			argp_error(state, "--follow takes one trace");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int fail(const char *path, int rc, const struct ptf_error *err)
{
	message_read_error(path, rc, err);
	return EXIT_STATUS_FAILED;
}

/* ------------------------------------------------------ text and JSON */

static bool wants_sizes(const struct arguments *a)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < a->path_count; i++) {
		struct stat st;

		if (!stat(a->paths[i], &st) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	}
	return a->sizes || (a->mode != MODE_SUMMARY && bytes <= MEASURE_FILE_BYTES);
}

static int write_info(struct trace_info *info, const struct arguments *a)
{
	struct info_view view = {.all = a->all,
		.terminal = terminal_of(stdout, cli_color())};
	struct ptf_error err = {0};
	int rc;

	trace_info_finish(info);
	rc = a->mode == MODE_SUMMARY ? info_write_summary(stdout, info, &view, &err)
				     : trace_info_find_memory(info, &err);
	if (rc < 0) {
		message_error("", "%s", err.message);
		return EXIT_STATUS_FAILED;
	}
	if (a->mode == MODE_JSON)
		info_write_json(stdout, info);
	else if (a->mode == MODE_TEXT)
		info_write_text(stdout, info, &view);
	return EXIT_STATUS_OK;
}

static int tell(const struct arguments *a)
{
	const struct ptf_reader_options reading = {.measure_sizes = wants_sizes(a)};
	/* The summary lists the damage; who sees it need not be told twice. */
	bool told =
		a->mode == MODE_TEXT && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
	struct profile_hooks hooks = read_hooks;
	int status = EXIT_STATUS_OK;
	struct trace_info info;

	if (told)
		hooks.note = NULL;
	trace_info_init(&info);
	for (size_t i = 0; i < a->path_count && status == EXIT_STATUS_OK; i++) {
		struct ptf_error err = {0};
		int rc = trace_info_add(&info, a->paths[i], &reading, &hooks, &err);

		message_progress_end();
		if (rc < 0)
			status = fail(a->paths[i], rc, &err);
	}
	if (status == EXIT_STATUS_OK)
		status = write_info(&info, a);
	trace_info_free(&info);
	return status;
}

/* ---------------------------------------------------- dump and digest */

/* Hands every Block of every file to a function, without a profile. */
static int each_block(const struct arguments *a,
	void (*take)(void *, const struct ptf_block *), void (*end_file)(void *),
	void *context)
{
	for (size_t i = 0; i < a->path_count; i++) {
		const char *path = a->paths[i];
		struct ptf_error err = {0};
		struct ptf_reader *reader;
		struct ptf_block block;
		const struct ptf_error *note;
		int rc = ptf_reader_open(&reader, path, NULL, &err);

		if (rc < 0)
			return fail(path, rc, &err);
		while ((rc = ptf_reader_next(reader, &block, &err)) > 0) {
			take(context, &block);
			message_progress(path, block.file_offset,
				ptf_reader_file_bytes(reader));
		}
		message_progress_end();
		for (size_t k = 0; rc >= 0 && (note = ptf_reader_note(reader, k)) != NULL;
			k++)
			message_read_note(path, note);
		ptf_reader_close(reader);
		if (rc < 0)
			return fail(path, rc, &err);
		end_file(context);
	}
	return EXIT_STATUS_OK;
}

static void take_dump(void *context, const struct ptf_block *block)
{
	dump_block(context, block);
}

static void end_dump(void *context)
{
	(void)context;
}

static int dump(const struct arguments *a)
{
	struct dump *d = dump_new(stdout);
	int status = each_block(a, take_dump, end_dump, d);

	dump_free(d);
	return status;
}

static void take_digest(void *context, const struct ptf_block *block)
{
	digest_block(context, block);
}

static void end_digest(void *context)
{
	digest_end_file(context);
}

static int digest(const struct arguments *a)
{
	struct digest *d = digest_new();
	int status = each_block(a, take_digest, end_digest, d);
	char text[33];

	digest_finish(d, text);
	if (status == EXIT_STATUS_OK)
		puts(text);
	return status;
}

/* -------------------------------------------------------------- follow */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static void put_state(const struct profile *p, uint64_t file_bytes, bool rewrite)
{
	struct class_times all;
	char elapsed[UNITS_SIZE], count[UNITS_SIZE], size[UNITS_SIZE], text[256];
	size_t process_count = profile_process_count(p);
	struct text_style style = {0};
	double sum;

	profile_class_times(p, all.ns);
	sum = (double)class_times_sum(&all);
	snprintf(text, sizeof(text),
		"%s, %s samples, %s, %zu process%s, %zu thread%s;"
		" Python %.0f %%, native %.0f %%, system %.0f %%",
		units_time(elapsed, profile_elapsed_ns(p)),
		units_count(count, p->sample_count), units_bytes(size, file_bytes),
		process_count, process_count == 1 ? "" : "es", p->threads.count,
		p->threads.count == 1 ? "" : "s",
		units_percent((double)all.ns[PTF_CLASS_PYTHON], sum),
		units_percent((double)all.ns[PTF_CLASS_NATIVE], sum),
		units_percent((double)class_times_system(&all), sum));
	fputs(rewrite ? "\r\033[K" : "", stdout);
	/* A line that wraps could not be written over. */
	style.max_columns = rewrite ? terminal_of(stdout, COLOR_NEVER).columns - 1 : 0;
	text_put(stdout, text, strlen(text), &style);
	fputs(rewrite ? "" : "\n", stdout);
	fflush(stdout);
}

/* Waits until there is a first byte. */
static int open_growing(struct ptf_reader **reader, const char *path,
	struct ptf_error *err)
{
	const struct timespec pause = {0, FOLLOW_POLL_NS};
	int rc;

	while ((rc = ptf_reader_open(reader, path, NULL, err)) == PTF_ERR_EMPTY &&
		!interrupted)
		nanosleep(&pause, NULL);
	return rc;
}

/* Until the last section that was begun has its end. */
static int follow_reader(struct profile *p, const char *path, struct ptf_reader *reader,
	struct ptf_error *err)
{
	const struct timespec pause = {0, FOLLOW_POLL_NS};
	struct profile_feed *feed = profile_feed_new(p, path);
	bool on_terminal = isatty(STDOUT_FILENO);
	uint64_t shown_samples = UINT64_MAX;
	struct profile_input input = {.path = path};
	unsigned polls = 0;
	int rc;

	for (;;) {
		struct ptf_block block;
		bool ended;

		for (; (rc = ptf_reader_next(reader, &block, err)) > 0;
			input.block_count++)
			profile_feed_block(feed, &block);
		/* Not one Block yet is no error while more may come. */
		if (rc < 0 && rc != PTF_ERR_EMPTY)
			break;
		ended = p->sections.count &&
			p->sections.item[p->sections.count - 1].has_end;
		if (on_terminal ||
			((polls++ % 4 == 0 || ended) &&
				p->sample_count != shown_samples)) {
			put_state(p, ptf_reader_file_bytes(reader), on_terminal);
			shown_samples = p->sample_count;
		}
		if (ended || interrupted || ferror(stdout))
			break;
		nanosleep(&pause, NULL);
		rc = ptf_reader_refresh(reader, err);
		if (rc < 0)
			break;
	}
	if (on_terminal)
		putchar('\n');
	profile_feed_free(feed);
	/* As much of it can be read again. */
	if (rc >= 0)
		vec_push(&p->inputs, input);
	return rc;
}

static int follow(const struct arguments *a)
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	struct ptf_error err = {0};
	struct ptf_reader *reader;
	struct trace_info info;
	int rc, status = EXIT_STATUS_OK;

	sigaction(SIGINT, &action, NULL);
	rc = open_growing(&reader, a->paths[0], &err);
	if (rc < 0)
		return fail(a->paths[0], rc, &err);
	trace_info_init(&info);
	rc = follow_reader(info.profile, a->paths[0], reader, &err);
	if (rc >= 0) {
		trace_info_take(&info, a->paths[0], reader, 0);
		status = write_info(&info, a);
	}
	ptf_reader_close(reader);
	trace_info_free(&info);
	return rc < 0 ? fail(a->paths[0], rc, &err) : status;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {options, parse, "FILE...", doc, cli_children,
		NULL, NULL};
	struct arguments a = {0};

	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &a);
	switch (a.mode) {
	case MODE_TEXT:
	case MODE_SUMMARY:
	case MODE_JSON:
		return tell(&a);
	case MODE_DUMP:
		return dump(&a);
	case MODE_DIGEST:
		return digest(&a);
	case MODE_FOLLOW:
		return follow(&a);
	}
	return EXIT_STATUS_FAILED;
}
