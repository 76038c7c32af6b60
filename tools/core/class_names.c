#include "tools/core/class_names.h"

static const struct {
	const char *label, *name;
} names[PTF_CLASS_KIND_COUNT] = {
	[PTF_CLASS_UNKNOWN] = {"unsampled", "unknown"},
	[PTF_CLASS_PYTHON] = {"Python", "python"},
	[PTF_CLASS_NATIVE] = {"native", "native"},
	[PTF_CLASS_KERNEL] = {"kernel", "kernel"},
	[PTF_CLASS_RUNNABLE] = {"ready", "runnable"},
	[PTF_CLASS_GIL] = {"GIL", "gil"},
	[PTF_CLASS_WAIT] = {"wait", "wait"},
};

const char *class_label(uint32_t class_kind)
{
	return names[class_kind < PTF_CLASS_KIND_COUNT ? class_kind : 0].label;
}

const char *class_name(uint32_t class_kind)
{
	return names[class_kind < PTF_CLASS_KIND_COUNT ? class_kind : 0].name;
}
