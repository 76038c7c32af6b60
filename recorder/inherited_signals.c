/* What signals did before prec; see inherited_signals.h. */
#include "recorder/inherited_signals.h"

#include <stdbool.h>
#include <stddef.h>

static const struct {
	int number;
	__sighandler_t ours;
} replaced[] = {
	/* Ignored, it would let children vanish unseen. */
	{SIGCHLD, SIG_DFL},
	/* A reader of the trace that goes away, a file that must not grow. */
	{SIGPIPE, SIG_IGN},
	{SIGXFSZ, SIG_IGN},
};

#define REPLACED_COUNT (sizeof replaced / sizeof *replaced)

static struct sigaction before[REPLACED_COUNT];
static sigset_t mask_before;
static bool is_replaced;

void inherited_signals_replace(const sigset_t *waited_for)
{
	sigprocmask(SIG_BLOCK, waited_for, &mask_before);
	for (size_t i = 0; i < REPLACED_COUNT; i++) {
		struct sigaction action = {.sa_handler = replaced[i].ours};
		sigaction(replaced[i].number, &action, &before[i]);
	}
	is_replaced = true;
}

void inherited_signals_restore(void)
{
	if (!is_replaced)
		return;
	for (size_t i = 0; i < REPLACED_COUNT; i++)
		sigaction(replaced[i].number, &before[i], NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}
