#include "tools/core/class_style.h"

const enum ptf_class class_stack_order[PTF_CLASS_KIND_COUNT] = {
	PTF_CLASS_PYTHON,
	PTF_CLASS_NATIVE,
	PTF_CLASS_KERNEL,
	PTF_CLASS_UNKNOWN,
	PTF_CLASS_GIL,
	PTF_CLASS_RUNNABLE,
	PTF_CLASS_WAIT,
};

const struct class_style *class_style(uint32_t class_kind)
{
	/* Contrast of text on its area is at least 4.5 to 1. */
	static const struct class_style styles[PTF_CLASS_KIND_COUNT] = {
		[PTF_CLASS_UNKNOWN] = {"#8f8f8f", "#000000", "#808080", "#000000"},
		[PTF_CLASS_PYTHON] = {"#0072b2", "#ffffff", "#4ba3e3", "#000000"},
		[PTF_CLASS_NATIVE] = {"#009e73", "#000000", "#2fbf93", "#000000"},
		[PTF_CLASS_KERNEL] = {"#b0569b", "#ffffff", "#d98ac6", "#000000"},
		[PTF_CLASS_RUNNABLE] = {"#e69f00", "#000000", "#f0b840", "#000000"},
		[PTF_CLASS_GIL] = {"#d55e00", "#000000", "#ef7d3a", "#000000"},
		[PTF_CLASS_WAIT] = {"#b4bfcd", "#000000", "#5f6d80", "#ffffff"},
	};

	return &styles[class_kind < PTF_CLASS_KIND_COUNT ? class_kind
							 : PTF_CLASS_UNKNOWN];
}
