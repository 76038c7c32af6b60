#include "format/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/fail.h"

/* A file can be wrong in more places than anybody reads. */
#define NOTES_MAX 1000

static bool push(struct ptf_error ***list, size_t *count, size_t *capacity,
	struct ptf_error *note)
{
	if (*count == *capacity) {
		size_t wanted = *capacity ? 2 * *capacity : 16;
		struct ptf_error **grown = realloc(*list, wanted * sizeof(*grown));

		if (!grown)
			return false;
		*list = grown;
		*capacity = wanted;
	}
	(*list)[(*count)++] = note;
	return true;
}

static bool add(struct ptf_notes *n, int code, uint64_t offset, const char *text)
{
	struct ptf_error *note;

	if (n->count >= NOTES_MAX)
		return false;
	for (size_t i = 0; i < n->count; i++)
		if (n->item[i]->code == code && n->item[i]->offset == offset &&
			strcmp(n->item[i]->message, text) == 0)
			return false;
	note = malloc(sizeof(*note));
	if (!note)
		return false;
	if (n->count == NOTES_MAX - 1)
		ptf_fail_at(note, code, offset, "more is wrong; the rest is not listed");
	else
		ptf_fail_at(note, code, offset, "%s", text);
	if (!push(&n->item, &n->count, &n->capacity, note)) {
		free(note);
		return false;
	}
	return true;
}

#define FORMAT_TEXT(text)                                                                \
	char text[sizeof(((struct ptf_error *)0)->message)];                             \
	va_list args;                                                                    \
	va_start(args, format);                                                          \
	vsnprintf(text, sizeof(text), format, args);                                     \
	va_end(args)

void ptf_notes_add(struct ptf_notes *n, int code, uint64_t offset, const char *format,
	...)
{
	FORMAT_TEXT(text);

	ptf_notes_withdraw_provisional(n);
	add(n, code, offset, text);
}

void ptf_notes_add_provisional(struct ptf_notes *n, int code, uint64_t offset,
	const char *format, ...)
{
	FORMAT_TEXT(text);

	if (add(n, code, offset, text))
		n->provisional++;
}

void ptf_notes_withdraw_provisional(struct ptf_notes *n)
{
	while (n->provisional) {
		struct ptf_error *note = n->item[--n->count];

		n->provisional--;
		if (!push(&n->withdrawn, &n->withdrawn_count, &n->withdrawn_capacity,
			    note))
			free(note);
	}
}

void ptf_notes_finish(struct ptf_notes *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->item[i]);
	for (size_t i = 0; i < n->withdrawn_count; i++)
		free(n->withdrawn[i]);
	free(n->item);
	free(n->withdrawn);
	*n = (struct ptf_notes){0};
}
