/* pdiff --self-check, in words. */
#include <string.h>

#include "tools/core/units.h"
#include "tools/emit/diff_words.h"
#include "tools/emit/table_header.h"

void diff_self_check_print(FILE *out, const struct terminal *terminal,
	const struct diff *d, const struct diff_self_check *c)
{
	const struct run *first = d->side[DIFF_BASE].which.of.item;
	size_t runs = d->columns[DIFF_BASE];
	double splits = (double)c->split_count, nominal = 100 * d->options.alpha;
	char text[512];

	snprintf(text, sizeof(text),
		"%zu runs (%.200s, ...), split at random %zu times into %zu and %zu.",
		runs, first->path, c->split_count, runs / 2, runs - runs / 2);
	table_prose(out, terminal, text);
	if (c->split_count == 0)
		return;
	snprintf(text, sizeof(text),
		"False alarms: %zu splits named the program (%.1f %%), %zu any of %zu "
		"places (%.1f %%), %zu either (%.1f %%). Nominal is %g %%.",
		c->program_alarms, 100 * (double)c->program_alarms / splits,
		c->node_alarms, d->tested_count, 100 * (double)c->node_alarms / splits,
		c->any_alarms, 100 * (double)c->any_alarms / splits, nominal);
	table_prose(out, terminal, text);
	snprintf(text, sizeof(text),
		"Noise floor: 95 %% of the splits differ by less than %.1f %% in the "
		"program's %s, and by less than %.1f %% at the noisiest place. Single "
		"runs vary by %.1f %% (standard deviation)%s",
		100 * c->program_floor, diff_metric_noun(d), 100 * c->node_floor,
		100 * c->program_spread, d->speed.use == DIFF_SPEED_USED ? "" : ".");
	if (d->speed.use == DIFF_SPEED_USED)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			", by %.1f %% when their speed is taken out, as it is above "
			"(--absolute: it is not).",
			100 * c->program_even_spread);
	table_prose(out, terminal, text);
	if (!diff_has_enough_runs(d)) {
		snprintf(text, sizeof(text),
			"Insufficient: so few runs cannot name anything at all; %zu a "
			"side can.",
			statistics_runs_needed(d->options.alpha));
		table_prose(out, terminal, text);
	}
}
