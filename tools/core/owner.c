#include "tools/core/owner.h"

size_t stack_owner(const struct profile *p, const struct id_list *places)
{
	size_t innermost_with_file = places->count;

	for (size_t i = 0; i < places->count; i++) {
		struct profile_place place = profile_get_place(p, places->item[i]);
		struct profile_function f = profile_get_function(p, place.function);

		if (f.kind == PTF_FUNCTION_PYTHON)
			return i;
		if (f.file && innermost_with_file == places->count)
			innermost_with_file = i;
	}
	return innermost_with_file < places->count ? innermost_with_file : 0;
}
