#include "tools/core/used_nodes.h"

void used_nodes_add(bool *used, const struct profile *p, uint32_t node)
{
	used[0] = used[0] || !node;
	for (; node && !used[node]; node = profile_get_node(p, node).parent)
		used[node] = true;
}

bool *used_nodes(const struct profile *p, unsigned class_mask)
{
	bool *used = memory_zeroed(p->nodes.items.count + 1, sizeof(*used));

	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];

		if (class_mask & 1u << profile_get_class(p, c->class_id).kind)
			used_nodes_add(used, p, c->node);
	}
	return used;
}
