#include "format/stamps.h"

#include <stdlib.h>

/*
 * Steps of the unshifted grid since row 0. Weights repeat, so the division is
 * done once for a run of equal ones.
 */
struct walker {
	int64_t last_weight, quotient;
	uint64_t remainder, carried, resolution;
};

static int64_t walk(struct walker *w, int64_t weight)
{
	int64_t step;

	if (weight != w->last_weight) {
		bool moves = weight > 0 && weight <= PTF_GRID_WEIGHT_LIMIT;
		uint64_t ns = moves ? (uint64_t)weight : 0;

		w->last_weight = weight;
		w->quotient = (int64_t)(ns / w->resolution);
		w->remainder = ns % w->resolution;
	}
	step = w->quotient;
	w->carried += w->remainder;
	if (w->carried >= w->resolution) {
		w->carried -= w->resolution;
		step++;
	}
	return step;
}

static struct walker walker(const struct ptf_grid *grid)
{
	return (struct walker){.resolution = grid->resolution_ns};
}

static int64_t weight_at(const struct ptf_grid *grid, size_t row)
{
	return grid->weight_ns ? grid->weight_ns[row] : (int64_t)grid->period_ns;
}

/* ------------------------------------------------------------- reading */

static bool outside(int64_t value, int64_t limit)
{
	return (uint64_t)value + (uint64_t)limit > 2 * (uint64_t)limit;
}

bool ptf_stamps_decode(struct ptf_arena *arena, const struct ptf_grid *grid,
	const struct ptf_stamp_columns *columns, int64_t *time_ns)
{
	int64_t limit = PTF_TIME_LIMIT / (int64_t)grid->resolution_ns;
	int64_t resolution = (int64_t)grid->resolution_ns;
	int64_t place = columns->start, highest = -limit;
	struct walker w = walker(grid);
	size_t shift_count, next = 0;
	uint32_t *shift_row = ptf_column_rows(arena, columns->shift_gap, columns->shift,
		grid->count, &shift_count);
	int64_t *shift =
		shift_row ? ptf_column_s64(arena, columns->shift, shift_count) : NULL;
	int64_t *late = NULL;

	if (!shift || outside(place, limit))
		return false;
	if (columns->late.size) {
		late = ptf_column_s64(arena, columns->late, grid->count);
		if (!late)
			return false;
	}
	for (size_t row = 0; row < grid->count; row++) {
		size_t shift_at = next < shift_count ? shift_row[next] : grid->count;
		int64_t stamp;

		if (row > 0)
			place += walk(&w, weight_at(grid, row));
		if (shift_at == row) {
			if (outside(shift[next], PTF_TIME_LIMIT))
				return false;
			place += shift[next++];
			shift_at = next < shift_count ? shift_row[next] : grid->count;
		}
		if (outside(place, limit))
			return false;
		stamp = place;
		if (late) {
			if (outside(late[row], PTF_TIME_LIMIT))
				return false;
			stamp += late[row];
			if (outside(stamp, limit))
				return false;
		}
		if (stamp < highest)
			stamp = highest;
		highest = stamp;
		time_ns[row] = stamp * resolution;
		if (late || w.remainder || stamp != place)
			continue;
		/* Most rows follow the grid, whole steps apart. */
		while (row + 1 < shift_at && weight_at(grid, row + 1) == w.last_weight &&
			place <= limit - w.quotient) {
			place += w.quotient;
			time_ns[++row] = place * resolution;
		}
		highest = place;
	}
	return true;
}

/* ------------------------------------------------------------- writing */

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * With steps longer than 1 ns a stamp may err by less than a step, so that
 * for each row one or two offsets from the grid will do. Runs that share an
 * offset need no byte; this finds the fewest runs. low[] is the lower offset
 * of each row, exact where the row lies on the step.
 */
static void code_with_dead_band(struct ptf_pair *shift, const int64_t *low,
	const bool *is_exact, size_t count, int64_t first_step, int64_t *start)
{
	int64_t previous = 0;
	size_t row = 0;

	ptf_pair_clear(shift);
	while (row < count) {
		size_t begin = row;
		int64_t from = low[row], to = low[row] + !is_exact[row], chosen;

		if (row == 0 && from < first_step)
			from = to = first_step;
		for (row++; row < count; row++) {
			int64_t lo = low[row], hi = low[row] + !is_exact[row];

			if (lo > to || hi < from)
				break;
			if (lo > from)
				from = lo;
			if (hi < to)
				to = hi;
		}
		chosen = to <= previous ? to : from;
		if (begin == 0) {
			*start = chosen;
		} else {
			ptf_pair_row(shift, begin);
			ptf_buf_signed(&shift->value, chosen - previous);
		}
		previous = chosen;
	}
	ptf_pair_end(shift, count);
}

static int compare_s64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

#define LOOK_AHEAD_ROWS 15

static int64_t median_from(const int64_t *low, size_t row, size_t count)
{
	int64_t near[LOOK_AHEAD_ROWS] = {0};
	size_t n = 0;

	while (n < LOOK_AHEAD_ROWS && row + n < count) {
		near[n] = low[row + n];
		n++;
	}
	qsort(near, n, sizeof(near[0]), compare_s64);
	return near[n / 2];
}

static bool is_far(int64_t a, int64_t b, int64_t far_steps)
{
	return a > b ? a - b > far_steps : b - a > far_steps;
}

/*
 * Lateness row by row against a grid that moves only when two rows running
 * are far from it: one late row is not a move.
 */
static void code_lateness(struct ptf_pair *shift, struct ptf_buf *late,
	const int64_t *low, size_t count, int64_t far_steps, int64_t first_step,
	int64_t *start)
{
	int64_t anchor = median_from(low, 0, count);

	ptf_pair_clear(shift);
	ptf_buf_clear(late);
	*start = anchor;
	for (size_t row = 0; row < count; row++) {
		int64_t offset = row == 0 && low[0] < first_step ? first_step : low[row];

		if (row > 0 && is_far(offset, anchor, far_steps) &&
			(row + 1 == count || is_far(low[row + 1], anchor, far_steps))) {
			int64_t moved = median_from(low, row, count);

			if (moved != anchor) {
				ptf_pair_row(shift, row);
				ptf_buf_signed(&shift->value, moved - anchor);
				anchor = moved;
			}
		}
		ptf_buf_signed(late, offset - anchor);
	}
	ptf_pair_end(shift, count);
}

/* For rows without a grid: the distance to the row before, and nothing else. */
static void code_distances(struct ptf_pair *shift, const int64_t *low, size_t count,
	int64_t first_step, int64_t *start)
{
	int64_t previous = low[0] < first_step ? first_step : low[0];

	ptf_pair_clear(shift);
	*start = previous;
	for (size_t row = 1; row < count; row++) {
		if (low[row] == previous)
			continue;
		ptf_pair_row(shift, row);
		ptf_buf_signed(&shift->value, low[row] - previous);
		previous = low[row];
	}
	ptf_pair_end(shift, count);
}

static size_t pair_bytes(const struct ptf_pair *pair)
{
	return pair->gap.size + pair->value.size;
}

static bool reserve(struct ptf_stamp_encoder *e, size_t count)
{
	int64_t *offset;

	if (count <= e->capacity)
		return true;
	offset = realloc(e->offset, count * (sizeof(*offset) + sizeof(bool)));
	if (!offset)
		return false;
	e->offset = offset;
	e->capacity = count;
	return true;
}

static bool is_all_zero(struct ptf_view late)
{
	for (size_t i = 0; i < late.size; i++)
		if (late.data[i])
			return false;
	return true;
}

bool ptf_stamps_encode(struct ptf_stamp_encoder *e, const struct ptf_grid *grid,
	const int64_t *time_ns, int64_t first_step, struct ptf_stamp_columns *columns,
	int64_t *last_step)
{
	int64_t resolution = (int64_t)grid->resolution_ns, steps = 0, far_steps;
	size_t count = grid->count;
	struct walker w = walker(grid);
	struct ptf_pair *shift = &e->other_shift;
	int64_t last_low, *low, other_start;
	bool *is_exact, use_late;

	if (!reserve(e, count))
		return false;
	low = e->offset;
	is_exact = (bool *)(low + e->capacity);
	for (size_t row = 0; row < count; row++) {
		int64_t quotient = floor_divide(time_ns[row], resolution);

		if (row > 0)
			steps += walk(&w, weight_at(grid, row));
		low[row] = quotient - steps;
		is_exact[row] = quotient * resolution == time_ns[row];
	}
	last_low = steps + low[count - 1] + !is_exact[count - 1];

	far_steps = (int64_t)(grid->period_ns / 8 / grid->resolution_ns);
	if (far_steps < 64)
		far_steps = 64;
	code_lateness(&e->shift, &e->late, low, count, far_steps, first_step,
		&columns->start);
	use_late = true;

	code_distances(shift, low, count, first_step, &other_start);
	if (pair_bytes(shift) < pair_bytes(&e->shift) + e->late.size) {
		struct ptf_pair swap = e->shift;

		e->shift = *shift;
		*shift = swap;
		columns->start = other_start;
		use_late = false;
	}
	if (resolution > 1) {
		size_t cost = pair_bytes(&e->shift) + (use_late ? e->late.size : 0);

		code_with_dead_band(shift, low, is_exact, count, first_step,
			&other_start);
		if (pair_bytes(shift) <= cost) {
			struct ptf_pair swap = e->shift;

			e->shift = *shift;
			*shift = swap;
			columns->start = other_start;
			use_late = false;
		}
	}
	columns->shift_gap = ptf_buf_view(&e->shift.gap);
	columns->shift = ptf_buf_view(&e->shift.value);
	columns->late = use_late && !is_all_zero(ptf_buf_view(&e->late))
		? ptf_buf_view(&e->late)
		: (struct ptf_view){0};
	/*
	 * An upper bound is enough: it is below the last time plus one step, so
	 * that the next Block of the thread can always begin there.
	 */
	*last_step = last_low > first_step ? last_low : first_step;
	return !e->shift.gap.failed && !e->shift.value.failed && !e->late.failed &&
		!e->other_shift.gap.failed && !e->other_shift.value.failed;
}

void ptf_stamp_encoder_finish(struct ptf_stamp_encoder *e)
{
	free(e->offset);
	ptf_pair_finish(&e->shift);
	ptf_pair_finish(&e->other_shift);
	ptf_buf_finish(&e->late);
	*e = (struct ptf_stamp_encoder){0};
}
