#include "tools/core/used_nodes.h"

bool *used_nodes(const struct profile *p, unsigned class_mask)
{
	bool *used = memory_zeroed(p->nodes.items.count + 1, sizeof(*used));

	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];
		uint32_t node = c->node;

		if (!(class_mask & 1u << profile_get_class(p, c->class_id).kind))
			continue;
		used[0] = used[0] || !node;
		for (; node && !used[node]; node = profile_get_node(p, node).parent)
			used[node] = true;
	}
	return used;
}
