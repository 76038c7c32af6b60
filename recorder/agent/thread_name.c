/*
 * Names of threads: what Python's threading calls the one that is being
 * started, and what a thread calls itself. Interposes pthread_setname_np;
 * prctl is in seccomp.c.
 */
#include "recorder/agent/agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

typedef void *object;

/* Of the stable C API of CPython, the same in all versions. */
static struct {
	bool is_there, was_sought;
	object (*state_of_thread)(void);
	object (*state_that_runs)(void);
	object (*globals)(void);
	object (*locals)(void);
	object (*item)(object dict, const char *key);
	object (*attribute)(object, object name);
	object (*new_text)(const char *);
	const char *(*utf8)(object);
	void (*release)(object);
	void (*take_error)(object *, object *, object *);
	void (*put_error)(object, object, object);
} api;

#define FIND(member, name)                                                               \
	(api.member = (__typeof__(api.member))dlsym(RTLD_DEFAULT, name))

static bool find_api(void)
{
	if (!api.was_sought)
		api.is_there = FIND(state_of_thread, "PyGILState_GetThisThreadState") &&
			(FIND(state_that_runs, "_PyThreadState_UncheckedGet") ||
				FIND(state_that_runs, "PyThreadState_GetUnchecked")) &&
			FIND(globals, "PyEval_GetGlobals") &&
			FIND(locals, "PyEval_GetLocals") &&
			FIND(item, "PyDict_GetItemString") &&
			FIND(attribute, "PyObject_GenericGetAttr") &&
			FIND(new_text, "PyUnicode_FromString") &&
			FIND(utf8, "PyUnicode_AsUTF8") && FIND(release, "Py_DecRef") &&
			FIND(take_error, "PyErr_Fetch") &&
			FIND(put_error, "PyErr_Restore");
	api.was_sought = true;
	return api.is_there;
}

/*
 * Whether this thread has the GIL. PyGILState_Check will not do: it says yes before
 * there is an interpreter, and everywhere once there are two.
 */
static bool has_gil(void)
{
	object state = api.state_of_thread();

	return state && state == api.state_that_runs();
}

/* Of a text that is cut off, whole characters of UTF-8. */
static void copy_name(char to[PREC_THREAD_NAME_MAX], const char *from)
{
	size_t length = strnlen(from, PREC_THREAD_NAME_MAX - 1);

	while (from[length] && length && (from[length] & 0xc0) == 0x80)
		length--;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* self._name in Thread.start(); no code of the program's is run for it. */
static void read_name(char name[PREC_THREAD_NAME_MAX])
{
	object globals = api.globals();
	object module = globals ? api.item(globals, "__name__") : NULL;
	const char *text = module ? api.utf8(module) : NULL;

	if (!text || strcmp(text, "threading") != 0)
		return;
	object locals = api.locals();
	object self = locals ? api.item(locals, "self") : NULL;
	object key = self ? api.new_text("_name") : NULL;
	object value = key ? api.attribute(self, key) : NULL;
	text = value ? api.utf8(value) : NULL;
	if (text)
		copy_name(name, text);
	if (value)
		api.release(value);
	if (key)
		api.release(key);
}

void agent_name_of_new_thread(char name[PREC_THREAD_NAME_MAX])
{
	object type, value, trace;

	name[0] = '\0';
	if (!agent.python.version || !find_api() || !has_gil())
		return;
	api.take_error(&type, &value, &trace);
	read_name(name);
	api.put_error(type, value, trace);
}

void agent_tell_thread_name(const char *name)
{
	struct prec_thread_name record = {.time_ns = agent_clock_ns(CLOCK_MONOTONIC)};
	int saved_errno = errno;

	if (!agent_is_here() || !agent_thread.slot || agent_thread.in_handler)
		return;
	strncpy(record.name, name, sizeof record.name - 1);
	record.record =
		(struct prec_record){sizeof record / 8, PREC_RECORD_THREAD_NAME, 0};
	agent_write_record(&record, sizeof record, NULL, 0);
	errno = saved_errno;
}

AGENT_EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	AGENT_REAL(pthread_setname_np);
	int failed = real(thread, name);

	if (!failed && thread == pthread_self())
		agent_tell_thread_name(name);
	return failed;
}
