/* Finding and starting the program; see target.h. */
#include "recorder/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/inherited_signals.h"
#include "recorder/agent/preload_check.h"
#include "recorder/ring.h"
#include "recorder/say.h"
#include "recorder/unfollowed.h"

/* Whether path is a file that can be executed; else errno says why. */
static bool is_executable(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return false;
	}
	return access(path, X_OK) == 0;
}

/* As execvp looks: NULL with errno when there is nothing to execute. */
static char *search_path(const char *name)
{
	const char *path = getenv("PATH");
	int failure = ENOENT;

	if (strchr(name, '/'))
		return is_executable(name) ? strdup(name) : NULL;
	for (const char *at = path ? path : "/bin:/usr/bin"; at;) {
		size_t length = strcspn(at, ":");
		char *candidate;
		if (asprintf(&candidate, "%.*s%s%s", (int)length, at, length ? "/" : "",
			    name) < 0)
			return NULL;
		if (is_executable(candidate))
			return candidate;
		if (errno == EACCES)
			failure = errno;
		free(candidate);
		at = at[length] ? at + length + 1 : NULL;
	}
	errno = failure;
	return NULL;
}

/* Says why name cannot be run and gives the exit code of shells for it. */
static int refuse(const char *name, bool is_command)
{
	int failure = errno;

	if (failure == ENOENT && is_command && !strchr(name, '/'))
		complain("%s: command not found", name);
	else
		complain("%s: %s", name, strerror(failure));
	return failure == ENOENT || failure == ENOTDIR ? TARGET_NOT_FOUND
						       : TARGET_NOT_EXECUTABLE;
}

static bool ends_with(const char *text, const char *end)
{
	size_t text_length = strlen(text), end_length = strlen(end);

	return text_length >= end_length && !strcmp(text + text_length - end_length, end);
}

/* Whether a file of this name is there and is no binary program. */
static bool is_text(const char *name)
{
	unsigned char magic[4];
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_binary = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
		!memcmp(magic, "\177ELF", sizeof magic);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && !is_binary;
}

/*
 * A script that the interpreter must be named for: by its name, or a folder
 * that Python can run.
 */
static bool is_python_script(const char *name)
{
	char main_file[PATH_MAX];
	int length = snprintf(main_file, sizeof main_file, "%s/__main__.py", name);

	return ends_with(name, ".py") || ends_with(name, ".pyw") ||
		ends_with(name, ".pyz") || ends_with(name, ".pyc") ||
		(length > 0 && (size_t)length < sizeof main_file &&
			access(main_file, R_OK) == 0);
}

static size_t count_words(char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

static bool is_python(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *base = slash ? slash + 1 : program;

	return !strncmp(base, "python", 6) &&
		base[6 + strspn(base + 6, "0123456789.")] == '\0';
}

/* `python3 -X dev walk.py` is walk.py to its user, and `python3 -m json.tool` a module.
 */
static void name_what_python_runs(struct target *target, char *const *words)
{
	for (size_t i = 1; words[i]; i++) {
		const char *word = words[i];
		if (word[0] != '-') {
			target->subject = word;
			return;
		}
		/* Of the options in one word only the last may have a value. */
		const char *option = word + 1 + strcspn(word + 1, "cmWX");
		const char *value = *option && option[1] ? option + 1 : words[i + 1];
		if (!word[1] || *option == 'c' || (*option && !value))
			return;
		if (*option == 'm') {
			target->subject = value;
			target->is_module = true;
			return;
		}
		if (value == words[i + 1] && *option)
			i++;
	}
}

/*
 * `python3` may be a script of a version manager that starts the interpreter. What is
 * recorded is the interpreter, started as that script starts it.
 */
static void follow_wrapper(struct target *target)
{
	struct wrapped *w = &target->wrapped;

	if (!is_text(target->executable) || !wrapper_follow(w, target->executable))
		return;
	if (is_text(w->executable) || !is_executable(w->executable)) {
		wrapper_free(w);
		return;
	}
	free(target->executable);
	target->executable = w->executable;
	w->executable = NULL;
}

/* The words that the program is called with; heap, NULL = out of memory. */
static char **make_arguments(const struct target *target,
	const struct target_request *request, char *program)
{
	static char dash_m[] = "-m", dash_c[] = "-c";
	char *just_program[] = {program, NULL};
	char *const *first = target->wrapped.words ? target->wrapped.words : just_program;
	/* Or it is Python that runs a script, a module or code. */
	char *const *words = request->words + (program == request->words[0]);
	size_t first_count = count_words(first), count = count_words(words);
	size_t n = first_count;
	char **arguments = calloc(first_count + 2 + count + 1, sizeof *arguments);

	if (!arguments)
		return NULL;
	memcpy(arguments, first, first_count * sizeof *first);
	if (request->module || request->code) {
		arguments[n++] = request->module ? dash_m : dash_c;
		arguments[n++] = request->module ? request->module : request->code;
	}
	memcpy(arguments + n, words, count * sizeof *words);
	return arguments;
}

int target_resolve(struct target *target, const struct target_request *request)
{
	static char python3[] = "python3";
	char *const *words = request->words;
	bool is_inline = request->module || request->code;
	/* An interpreter that was named runs other scripts too, and "-". */
	bool is_script = !is_inline &&
		(is_python_script(words[0]) ||
			(request->python &&
				(!strcmp(words[0], "-") || is_text(words[0]))));
	char *program = words[0];

	if (is_inline || is_script)
		program = request->python ? request->python : python3;
	*target = (struct target){
		.subject = request->module           ? request->module
			: request->code              ? python3
			: strcmp(words[0], "-") == 0 ? program
						     : words[0],
		.is_module = request->module != NULL,
	};
	if (!is_inline && !is_script && is_python(program))
		name_what_python_runs(target, words);
	if (is_script && strcmp(words[0], "-") != 0 && access(words[0], R_OK) != 0)
		return refuse(words[0], false);
	target->executable = search_path(program);
	if (!target->executable)
		return refuse(program, true);
	if (is_inline || is_script || is_python(program))
		follow_wrapper(target);
	target->no_agent = preload_check(target->executable);
	if (target->no_agent)
		note("%s %s: only its total time is recorded", target->executable,
			unfollowed_words(target->no_agent));
	target->arguments = make_arguments(target, request, program);
	if (!target->arguments) {
		complain("out of memory");
		return 1;
	}
	return 0;
}

void target_finish(struct target *target)
{
	free(target->executable);
	free(target->arguments);
	wrapper_free(&target->wrapped);
	*target = (struct target){0};
}

/*
 * The environment of the program with our two variables in it; our library
 * comes first in LD_PRELOAD, which stays in its place. Made once, for the life
 * of prec. NULL = out of memory.
 */
static char **make_environment(char *const *given, const char *agent,
	const char *shm_path)
{
	static const char variable[] = "LD_PRELOAD=";
	const char *preload = NULL;
	size_t count = count_words(given), place = 0;
	char **copy = calloc(count + 3, sizeof *copy);

	if (!copy)
		return NULL;
	memcpy(copy, given, count * sizeof *copy);
	while (place < count && strncmp(copy[place], variable, sizeof variable - 1) != 0)
		place++;
	if (place == count)
		count++;
	else
		preload = copy[place] + sizeof variable - 1;
	if (asprintf(&copy[place], "%s%s%s%s", variable, agent, preload ? ":" : "",
		    preload ? preload : "") < 0 ||
		asprintf(&copy[count], PREC_SHM_VARIABLE "=%s 0 %u", shm_path,
			PREC_FIRST_PROCESS) < 0)
		return NULL;
	return copy;
}

/* In the child: never returns. The failure of exec goes into the pipe. */
static _Noreturn void become(const struct target *target, char **environment,
	struct prec_shm *shm, bool output_to_stderr, int report)
{
	if (output_to_stderr)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	atomic_store(&shm->target_pid, (uint32_t)getpid());
	inherited_signals_restore();
	execve(target->executable, target->arguments, environment);
	int failure = errno;
	if (failure == ENOEXEC) {
		/* As shells and execvp do with a script without "#!". */
		static char shell[] = "/bin/sh";
		size_t count = count_words(target->arguments);
		char **words = calloc(count + 2, sizeof *words);
		if (words) {
			words[0] = shell;
			words[1] = target->executable;
			memcpy(words + 2, target->arguments + 1,
				(count - 1) * sizeof *words);
			execve(shell, words, environment);
		}
	}
	if (write(report, &failure, sizeof failure) < 0)
		_exit(TARGET_NOT_FOUND);
	_exit(TARGET_NOT_EXECUTABLE);
}

pid_t target_start(const struct target *target, const char *agent, const char *shm_path,
	struct prec_shm *shm, bool output_to_stderr, int *exit_code)
{
	char **given =
		target->wrapped.environment ? target->wrapped.environment : environ;
	char **environment =
		target->no_agent ? given : make_environment(given, agent, shm_path);
	int report[2], failure = 0;
	pid_t pid = -1;

	*exit_code = 1;
	if (!environment || pipe2(report, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		complain("cannot start %s: %s", target->executable, strerror(errno));
		return -1;
	}
	if (pid == 0)
		become(target, environment, shm, output_to_stderr, report[1]);
	close(report[1]);
	ssize_t got = read(report[0], &failure, sizeof failure);
	close(report[0]);
	if (got == sizeof failure) {
		errno = failure;
		*exit_code = refuse(target->executable, false);
		return -1;
	}
	return pid;
}
