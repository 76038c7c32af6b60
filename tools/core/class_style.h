/*
 * How the classes of time look: the same in every picture (page, flame graph,
 * plots), so that who has learnt them once can read all.
 *
 * The hues are those of Okabe and Ito, which people who see red and green alike
 * can tell; where two are near in hue they differ in lightness, so that they
 * survive a grey printer too. Terminals have no such choice: cli/terminal.c uses
 * the nearest of its own (Python blue, native green, system purple). The words
 * are report_class_label()'s.
 */
#ifndef TOOLS_CORE_CLASS_STYLE_H
#define TOOLS_CORE_CLASS_STYLE_H

#include <stdint.h>

#include <ptf/types.h>

/* "#rrggbb": an area on a light or a dark page, and text upon that area. */
struct class_style {
	const char *light, *text_on_light;
	const char *dark, *text_on_dark;
};

const struct class_style *class_style(uint32_t class_kind);

/*
 * Classes from the bottom of a stacked area to its top, or from left to right in
 * a bar: CPU time first, what is most the program's own outermost.
 */
extern const enum ptf_class class_stack_order[PTF_CLASS_KIND_COUNT];

#endif
