/* The colours of the classes can be read and told apart: core/class_style.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/core/class_style.h"

/* Relative luminance as WCAG defines it. */
static double luminance(const char *color)
{
	static const double weight[] = {0.2126, 0.7152, 0.0722};
	unsigned channel[3];
	double sum = 0;

	assert_int_equal(strlen(color), 7);
	assert_int_equal(sscanf(color, "#%2x%2x%2x", &channel[0], &channel[1],
				 &channel[2]),
		3);
	for (int i = 0; i < 3; i++) {
		double c = channel[i] / 255.0;

		sum += weight[i] *
			(c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(const char *a, const char *b)
{
	double x = luminance(a), y = luminance(b);

	return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static void text_can_be_read(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++) {
		const struct class_style *s = class_style(kind);

		assert_true(contrast(s->light, s->text_on_light) >= 4.5);
		assert_true(contrast(s->dark, s->text_on_dark) >= 4.5);
	}
}

static void all_differ(void **state)
{
	(void)state;
	for (uint32_t a = 0; a < PTF_CLASS_KIND_COUNT; a++)
		for (uint32_t b = 0; b < a; b++) {
			assert_string_not_equal(class_style(a)->light,
				class_style(b)->light);
			assert_string_not_equal(class_style(a)->dark,
				class_style(b)->dark);
		}
	/* A class of the future looks unknown. */
	assert_ptr_equal(class_style(PTF_CLASS_KIND_COUNT),
		class_style(PTF_CLASS_UNKNOWN));
}

static void order_has_every_class_once(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (int i = 0; i < PTF_CLASS_KIND_COUNT; i++)
		seen |= 1u << class_stack_order[i];
	assert_int_equal(seen, (1u << PTF_CLASS_KIND_COUNT) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_can_be_read),
		cmocka_unit_test(all_differ),
		cmocka_unit_test(order_has_every_class_once),
	};

	return cmocka_run_group_tests_name("class_style", tests, NULL, NULL);
}
