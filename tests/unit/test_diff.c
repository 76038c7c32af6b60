/*
 * core/diff.h on made up runs: what is found, what became of lines and
 * functions, what is said when there is too little, and what is refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/version_trace.h"
#include "tools/core/diff_facts.h"
#include "tools/core/diff_gate.h"
#include "tools/emit/diff_words.h"

static const char base_text[] = "import data\n"
				"def load(path):\n"
				"    rows = data.read(path)\n"
				"    return [parse(row) for row in rows]\n"
				"def solve(rows):\n"
				"    total = 0\n"
				"    for row in rows:\n"
				"        total += weigh(row, 100)\n"
				"    return total\n"
				"def report(total):\n"
				"    text = render(total)\n"
				"    print(text, flush=True)\n"
				"report(solve(load('in.csv')))\n";

/* Line 8 of the base, by the line; the rest by what they are. */
static const struct version_times base_times = {
	.ms = {[2] = 40, [3] = 60, [6] = 30, [7] = 100, [10] = 50, [11] = 20}};

static const struct version base_version = {.folder = "/home/one",
	.file = "program.py",
	.text = base_text,
	.python = "3.11.2"};

struct pair {
	struct profile *base, *new;
	struct diff d;
};

static const struct diff_options usual = {.alpha = 0.01,
	.views = 1u << DIFF_LINE | 1u << DIFF_FUNCTION | 1u << DIFF_FILE};

static void compare(struct pair *p, const struct diff_options *options)
{
	struct ptf_error err;

	assert_true(diff_make(&p->d, p->base, p->new, options, &err) >= 0);
	diff_judge(&p->d);
}

static void forget(struct pair *p)
{
	diff_free(&p->d);
	profile_free(p->base);
	if (p->new != p->base)
		profile_free(p->new);
}

/* Ten runs a side that vary by 2 %. */
static struct pair ten_runs(const struct version *v, const struct version_times *t)
{
	struct pair p = {.base = version_runs(&base_version, &base_times, 0, 10, 0.04),
		.new = version_runs(v, t, 100, 10, 0.04)};

	compare(&p, &usual);
	return p;
}

static const struct diff_node *find(const struct pair *p, const char *title)
{
	for (size_t i = 0; i < p->d.nodes.count; i++) {
		char *text = diff_node_title(&p->d, &p->d.nodes.item[i]);
		bool same = !strcmp(text, title);

		free(text);
		if (same)
			return &p->d.nodes.item[i];
	}
	fail_msg("there is no node %s", title);
	return NULL;
}

/* "program.py:8 slower, solve (program.py:5) slower": by themselves, in order. */
static void expect_named(const struct pair *p, const char *wanted)
{
	struct diff_names names = {0};
	char got[2048] = "";

	diff_name_changes(&p->d, &names);
	for (size_t i = 0; i < names.item.count; i++) {
		const struct diff_node *node = &p->d.nodes.item[names.item.item[i].node];
		size_t length = strlen(got);
		char *title;

		if (names.item.item[i].is_total)
			continue;
		title = diff_node_title(&p->d, node);
		snprintf(got + length, sizeof(got) - length, "%s%s %s",
			length ? ", " : "", title,
			diff_verdict_words(&p->d, &node->self_measured));
		free(title);
	}
	vec_free(&names.item);
	assert_string_equal(got, wanted);
}

static void equal_runs(void **state)
{
	struct pair p = ten_runs(&base_version, &base_times);

	(void)state;
	expect_named(&p, "");
	assert_int_equal(p.d.nodes.item[0].total_measured.verdict, DIFF_UNCLEAR);
	assert_true(p.d.nodes.item[0].total_measured.detectable <
		0.05 * p.d.nodes.item[0].total_measured.base);
	forget(&p);
}

static void one_slower_line(void **state)
{
	struct version_times t = base_times;
	struct pair p;
	const struct diff_measured *m;

	(void)state;
	t.ms[7] *= 1.2;
	p = ten_runs(&base_version, &t);
	expect_named(&p, "program.py:8 slower, solve (program.py:5) slower");
	m = &find(&p, "program.py:8")->self_measured;
	assert_true(m->interval.low < 20e6 && m->interval.high > 20e6);
	assert_true(m->interval.low > 10e6 && m->interval.high < 30e6);
	forget(&p);
}

/* Five per cent of one line, which the others' noise hides in the total. */
static void five_percent(void **state)
{
	struct version_times t = base_times;
	struct pair p;

	(void)state;
	t.ms[7] *= 0.95;
	p = ten_runs(&base_version, &t);
	assert_int_equal(find(&p, "program.py:8")->self_measured.verdict, DIFF_LESS);
	assert_int_equal(find(&p, "program.py:3")->self_measured.verdict, DIFF_UNCLEAR);
	forget(&p);
}

/*
 * Lines above, a function elsewhere, one renamed, one removed, one new, a line
 * rewritten: the times stay where they belong.
 */
static void edited_text(void **state)
{
	static const char text[] = "import data\n"
				   "# a remark\n"
				   "def report(total):\n"
				   "    text = render(total)\n"
				   "    print(text, flush=True)\n"
				   "def read_all(path):\n"
				   "    rows = data.read(path)\n"
				   "    return [parse(row) for row in rows]\n"
				   "def solve(rows):\n"
				   "    total = 0\n"
				   "    check(rows)\n"
				   "    for row in rows:\n"
				   "        total += weigh(row, 120)\n"
				   "    return total\n"
				   "report(solve(read_all('in.csv')))\n";
	static const struct version edited = {.folder = "/tmp/two",
		.file = "program.py",
		.text = text};
	static const struct version_times t = {.ms = {[3] = 50,
						       [4] = 20,
						       [6] = 40,
						       [7] = 60,
						       [10] = 45,
						       [11] = 30,
						       [12] = 150}};
	struct pair p = ten_runs(&edited, &t);

	(void)state;
	expect_named(&p,
		"solve (program.py:9) slower, program.py:13 slower, program.py:11 "
		"slower");
	assert_int_equal(find(&p, "program.py:13")->fate, DIFF_REWRITTEN);
	assert_int_equal(find(&p, "program.py:13")->line[DIFF_BASE], 8);
	assert_int_equal(find(&p, "program.py:11")->fate, DIFF_ADDED);
	assert_int_equal(find(&p, "program.py:12")->line[DIFF_BASE], 7);
	assert_int_equal(find(&p, "program.py:4")->line[DIFF_BASE], 11);
	assert_int_equal(find(&p, "report (program.py:3)")->fate, DIFF_MOVED);
	assert_int_equal(find(&p, "read_all (program.py:6)")->fate, DIFF_RENAMED);
	assert_int_equal(find(&p, "program.py:7")->line[DIFF_BASE], 3);
	assert_int_equal(find(&p, "program.py:7")->self_measured.verdict, DIFF_UNCLEAR);
	forget(&p);
}

static void removed_function(void **state)
{
	static const char text[] = "import data\n"
				   "def load(path):\n"
				   "    rows = data.read(path)\n"
				   "    return [parse(row) for row in rows]\n"
				   "def solve(rows):\n"
				   "    total = 0\n"
				   "    for row in rows:\n"
				   "        total += weigh(row, 100)\n"
				   "    return total\n"
				   "solve(load('in.csv'))\n";
	static const struct version removed = {.folder = "/home/one",
		.file = "program.py",
		.text = text};
	struct version_times t = base_times;
	struct pair p;

	(void)state;
	t.ms[10] = t.ms[11] = 0;
	p = ten_runs(&removed, &t);
	expect_named(&p,
		"report (program.py:10) faster, program.py:11 faster, program.py:12 "
		"faster");
	assert_int_equal(find(&p, "report (program.py:10)")->fate, DIFF_VANISHED);
	assert_int_equal(find(&p, "program.py:11")->fate, DIFF_VANISHED);
	forget(&p);
}

/* Another name of the file, no text at all, and code that took no time. */
static void files_and_texts(void **state)
{
	static const struct version renamed = {.folder = "/home/one",
		.file = "faster.py",
		.text = base_text};
	struct version_times t = base_times;
	struct pair p;

	(void)state;
	p = ten_runs(&renamed, &base_times);
	expect_named(&p, "");
	assert_int_equal(find(&p, "faster.py")->fate, DIFF_RENAMED);
	forget(&p);
	/* In no stack of the new side, but in its text. */
	t.ms[10] = t.ms[11] = 0;
	p = ten_runs(&base_version, &t);
	assert_int_equal(find(&p, "report (program.py:10)")->fate, DIFF_KEPT);
	assert_int_equal(find(&p, "program.py:11")->fate, DIFF_KEPT);
	assert_int_equal(find(&p, "program.py:11")->self_measured.verdict, DIFF_LESS);
	forget(&p);
}

static void rates_may_differ(void **state)
{
	static const struct version slow_rate = {.folder = "/home/one",
		.file = "program.py",
		.text = base_text,
		.period_ns = 4000000};
	struct pair p = ten_runs(&slow_rate, &base_times);

	(void)state;
	expect_named(&p, "");
	assert_true(fabs(diff_relative(&p.d.nodes.item[0].total_measured)) < 0.02);
	forget(&p);
}

/* Never "no change" where no change could have been seen. */
static void too_few_runs(void **state)
{
	struct version_times t = base_times;
	struct pair p = {.base = version_runs(&base_version, &base_times, 0, 3, 0.04),
		.new = NULL};

	(void)state;
	t.ms[7] *= 3;
	p.new = version_runs(&base_version, &t, 100, 3, 0.04);
	compare(&p, &usual);
	expect_named(&p, "");
	for (size_t i = 0; i < p.d.nodes.count; i++)
		assert_true(p.d.nodes.item[i].self_measured.verdict == DIFF_SMALL ||
			p.d.nodes.item[i].self_measured.verdict == DIFF_INSUFFICIENT);
	forget(&p);
}

static void one_run_a_side(void **state)
{
	struct version_times t = base_times;
	struct pair p = {.base = version_runs(&base_version, &base_times, 0, 1, 0),
		.new = version_runs(&base_version, &base_times, 0, 1, 0)};
	const struct diff_measured *m;

	(void)state;
	compare(&p, &usual);
	m = &find(&p, "program.py:8")->self_measured;
	assert_int_equal(m->verdict, DIFF_INSUFFICIENT);
	assert_false(m->beyond_sampling);
	assert_true(m->interval.low < 0 && m->interval.high > 0);
	assert_true(fabs(m->base - 100e6) < 1);
	forget(&p);

	t.ms[7] *= 2;
	p = (struct pair){.base = version_runs(&base_version, &base_times, 0, 1, 0),
		.new = version_runs(&base_version, &t, 0, 1, 0)};
	compare(&p, &usual);
	m = &find(&p, "program.py:8")->self_measured;
	assert_int_equal(m->verdict, DIFF_INSUFFICIENT);
	assert_true(m->beyond_sampling);
	assert_false(find(&p, "program.py:3")->self_measured.beyond_sampling);
	forget(&p);
}

static void busy_host(void **state)
{
	static const struct version busy = {.folder = "/home/one",
		.file = "program.py",
		.text = base_text,
		.runnable_ns = 500000000};
	struct diff_options with = usual;
	struct pair p = ten_runs(&busy, &base_times);

	(void)state;
	assert_int_equal(p.d.nodes.item[0].total_measured.verdict, DIFF_UNCLEAR);
	forget(&p);
	with.runnable = true;
	p = (struct pair){.base = version_runs(&base_version, &base_times, 0, 10, 0.04),
		.new = version_runs(&busy, &base_times, 0, 10, 0.04)};
	compare(&p, &with);
	assert_int_equal(p.d.nodes.item[0].total_measured.verdict, DIFF_MORE);
	forget(&p);
}

/* Twice the work in twice the time: the same share, and the same for a unit. */
static void scales(void **state)
{
	struct version v[2] = {base_version, base_version};
	struct version_times t = base_times;
	struct diff_options o = usual;
	struct pair p;

	(void)state;
	v[0].unit_count = 5;
	v[1].unit_count = 10;
	for (int i = 0; i < VERSION_LINES_MAX; i++)
		t.ms[i] *= 2;
	for (enum diff_scale scale = DIFF_ABSOLUTE; scale <= DIFF_PER_UNIT; scale++) {
		o.scale = scale;
		o.unit = "step";
		p = (struct pair){.base = version_runs(&v[0], &base_times, 0, 10, 0.04),
			.new = version_runs(&v[1], &t, 100, 10, 0.04)};
		compare(&p, &o);
		assert_int_equal(find(&p, "program.py:8")->self_measured.verdict,
			scale == DIFF_ABSOLUTE ? DIFF_MORE : DIFF_UNCLEAR);
		if (scale == DIFF_PER_UNIT)
			assert_true(fabs(find(&p, "program.py:8")->self_measured.base -
					    20e6) < 1e6);
		if (scale == DIFF_SHARE)
			assert_true(fabs(find(&p, "program.py:8")->self_measured.base -
					    1.0 / 3) < 0.02);
		forget(&p);
	}
}

/*
 * Runs on a machine that is now and then half as fast again, all lines alike; and
 * of each line another per cent or two.
 */
static struct profile *unsteady_runs(const struct version *v,
	const struct version_times *t, int first, int count)
{
	struct profile *p = profile_new();

	for (int run = first; run < first + count; run++) {
		struct version_times varied = version_vary(t, run, 0.04);
		double slow = run % 3 == 1 ? 1.5 : run % 5 == 2 ? 1.2 : 1;

		for (int i = 0; i < VERSION_LINES_MAX; i++)
			varied.ms[i] *= slow;
		version_add(p, v, &varied);
	}
	profile_finish(p);
	return p;
}

static struct pair unsteady(const struct version *v, const struct version_times *t,
	enum diff_scale scale)
{
	struct diff_options o = usual;
	struct pair p = {.base = unsteady_runs(&base_version, &base_times, 0, 10),
		.new = unsteady_runs(v, t, 100, 10)};

	o.scale = scale;
	compare(&p, &o);
	return p;
}

/* What is the same shows the speed; against that, a line is 20 % slower. */
static void equal_speed(void **state)
{
	static const char text[] = "import data\n"
				   "def load(path):\n"
				   "    rows = data.read(path)\n"
				   "    return [parse(row) for row in rows]\n"
				   "def solve(rows):\n"
				   "    total = 0\n"
				   "    for row in rows:\n"
				   "        total += weigh(row, 120)\n"
				   "    return total\n"
				   "def report(total):\n"
				   "    text = render(total)\n"
				   "    print(text, flush=True)\n"
				   "report(solve(load('in.csv')))\n";
	static const struct version edited = {.folder = "/home/one",
		.file = "program.py",
		.text = text,
		.python = "3.11.2"};
	struct version_times t = base_times;
	const struct diff_measured *m;
	struct pair p;

	(void)state;
	t.ms[7] *= 1.2;
	p = unsteady(&edited, &t, DIFF_ABSOLUTE);
	expect_named(&p, "");
	assert_int_equal(p.d.speed.use, DIFF_SPEED_NOT_ASKED);
	forget(&p);

	p = unsteady(&edited, &t, DIFF_EQUAL_SPEED);
	expect_named(&p, "program.py:8 slower, solve (program.py:5) slower");
	assert_int_equal(p.d.speed.use, DIFF_SPEED_USED);
	assert_int_equal(p.d.speed.functions.count, 2);
	assert_true(p.d.speed.spread > 0.1 && p.d.speed.spread < 0.3);
	assert_int_equal(p.d.nodes.item[0].total_measured.verdict, DIFF_MORE);
	m = &find(&p, "program.py:8")->self_measured;
	assert_true(fabs(diff_relative(m) - 0.2) < 0.03);
	assert_true(m->interval.low / m->base < 0.2 && m->interval.high / m->base > 0.2);
	/* Numbers of classes are those of their place. */
	assert_true(fabs(diff_class_mean(&p.d, find(&p, "program.py:8"), DIFF_NEW,
				 PTF_CLASS_PYTHON) +
			    diff_class_mean(&p.d, find(&p, "program.py:8"), DIFF_NEW,
				    PTF_CLASS_NATIVE) -
			    m->new) < 1);
	forget(&p);

	/* What is not there takes no time at any speed. */
	t = base_times;
	t.ms[7] = 0;
	p = unsteady(&base_version, &t, DIFF_EQUAL_SPEED);
	m = &find(&p, "program.py:8")->self_measured;
	assert_int_equal(m->verdict, DIFF_LESS);
	assert_true(m->new == 0 && fabs(m->base - 120e6) < 20e6);
	forget(&p);

	/* A function that is the same, but takes twice as long, is no measure. */
	t = base_times;
	t.ms[2] *= 2;
	t.ms[3] *= 2;
	p = unsteady(&base_version, &t, DIFF_EQUAL_SPEED);
	expect_named(&p,
		"load (program.py:2) slower, program.py:4 slower, program.py:3 slower");
	assert_int_equal(p.d.speed.use, DIFF_SPEED_USED);
	forget(&p);
}

/* Where everything is slower that is no matter of single runs. */
static void other_speed(void **state)
{
	struct version_times t = base_times;
	struct diff_options o = usual;
	struct pair p;

	(void)state;
	for (int i = 0; i < VERSION_LINES_MAX; i++)
		t.ms[i] *= 1.2;
	o.scale = DIFF_EQUAL_SPEED;
	p = (struct pair){.base = version_runs(&base_version, &base_times, 0, 10, 0.04),
		.new = version_runs(&base_version, &t, 100, 10, 0.04)};
	compare(&p, &o);
	assert_int_equal(p.d.speed.use, DIFF_SPEED_DIFFERS);
	assert_int_equal(p.d.speed.measured.verdict, DIFF_MORE);
	assert_int_equal(p.d.nodes.item[0].total_measured.verdict, DIFF_MORE);
	assert_true(fabs(diff_relative(&find(&p, "program.py:8")->self_measured) - 0.2) <
		0.03);
	forget(&p);

	/* Too few runs, and no code that is the same on both sides. */
	p = (struct pair){.base = version_runs(&base_version, &base_times, 0, 3, 0.04),
		.new = version_runs(&base_version, &base_times, 100, 3, 0.04)};
	compare(&p, &o);
	assert_int_equal(p.d.speed.use, DIFF_SPEED_FEW_RUNS);
	forget(&p);
	t = (struct version_times){.ms = {[7] = 100}};
	p = (struct pair){.base = version_runs(&base_version, &t, 0, 10, 0.04)};
	t = (struct version_times){.ms = {[2] = 100}};
	p.new = version_runs(&base_version, &t, 100, 10, 0.04);
	compare(&p, &o);
	assert_int_equal(p.d.speed.use, DIFF_SPEED_UNKNOWN);
	expect_named(&p,
		"program.py:8 faster, solve (program.py:5) faster, program.py:3 slower, "
		"load (program.py:2) slower");
	forget(&p);
}

/* One odd run of ten hides a difference of means, not one of medians. */
static void medians(void **state)
{
	struct version_times t = base_times, odd = base_times;
	struct diff_options o = usual;

	(void)state;
	/* By ranks, an odd run costs more certainty than by how odd it is. */
	o.alpha = 0.05;
	t.ms[7] *= 1.1;
	odd.ms[7] *= 4;
	for (enum diff_statistic s = DIFF_MEAN; s <= DIFF_MEDIAN; s++) {
		struct pair p = {.base = profile_new(),
			.new = version_runs(&base_version, &t, 100, 10, 0.04)};

		for (int run = 0; run < 10; run++) {
			struct version_times varied =
				version_vary(run == 3 ? &odd : &base_times, run, 0.04);

			version_add(p.base, &base_version, &varied);
		}
		profile_finish(p.base);
		o.statistic = s;
		compare(&p, &o);
		assert_int_equal(find(&p, "program.py:8")->self_measured.verdict,
			s == DIFF_MEAN ? DIFF_UNCLEAR : DIFF_MORE);
		forget(&p);
	}
}

/* Sections of one file are runs; recordings of one section are by their run.id. */
static void merged_runs(void **state)
{
	struct version v = base_version;
	struct pair p = {.base = profile_new(), .new = profile_new()};

	(void)state;
	v.run_id = "00112233445566778899aabbccddeeff";
	version_add(p.base, &v, &base_times);
	v.run_id = "ff112233445566778899aabbccddeeff";
	version_add(p.base, &v, &base_times);
	version_add(p.new, &v, &base_times);
	profile_finish(p.base);
	profile_finish(p.new);
	compare(&p, &usual);
	assert_int_equal(p.d.columns[DIFF_BASE], 2);
	assert_int_equal(p.d.side[DIFF_BASE].which.of.item[1].id.size, 32);
	assert_true(fabs(p.d.nodes.item[0].total_measured.base - 300e6) < 1);
	assert_true(fabs(p.d.nodes.item[0].total_measured.new - 300e6) < 1);
	forget(&p);
}

/* A recording that goes on in other files is one run of all of them. */
static void parts(void **state)
{
	struct version v = base_version;
	struct pair p = {.base = profile_new(), .new = profile_new()};

	(void)state;
	v.trace_id = 77;
	version_add(p.base, &v, &base_times);
	version_add(p.base, &base_version, &base_times);
	v.origin_ns = 10000000000;
	version_add(p.base, &v, &base_times);
	version_add(p.new, &base_version, &base_times);
	profile_finish(p.base);
	profile_finish(p.new);
	compare(&p, &usual);
	assert_int_equal(p.d.columns[DIFF_BASE], 2);
	assert_int_equal(p.d.side[DIFF_BASE].which.double_count, 0);
	assert_true(fabs(p.d.side[DIFF_BASE].runs.item[0].amount - 600e6) < 1);
	assert_true(fabs(p.d.side[DIFF_BASE].runs.item[1].amount - 300e6) < 1);
	assert_int_equal(profile_elapsed_ns(p.base) / 10000000000, 1);
	assert_int_equal(profile_elapsed_ns(p.new) / 10000000000, 0);
	forget(&p);
}

/* The same recording twice is one run, merged or not. */
static void doubles(void **state)
{
	struct version v = base_version;
	struct pair p = {.base = profile_new(), .new = profile_new()};

	(void)state;
	v.trace_id = 77;
	version_add(p.base, &v, &base_times);
	version_add(p.base, &base_version, &base_times);
	version_add(p.base, &v, &base_times);
	v.run_id = "00112233445566778899aabbccddeeff";
	version_add(p.new, &v, &base_times);
	version_add(p.new, &v, &base_times);
	profile_finish(p.base);
	profile_finish(p.new);
	compare(&p, &usual);
	assert_int_equal(p.d.columns[DIFF_BASE], 2);
	assert_int_equal(p.d.side[DIFF_BASE].which.double_count, 1);
	assert_int_equal(p.d.columns[DIFF_NEW], 1);
	assert_int_equal(p.d.side[DIFF_NEW].which.double_count, 1);
	assert_true(fabs(p.d.nodes.item[0].total_measured.base - 300e6) < 1);
	assert_true(fabs(p.d.nodes.item[0].total_measured.new - 300e6) < 1);
	assert_true(p.d.side[DIFF_BASE].unplaced_amount == 0);
	forget(&p);
}

static bool has_fact(const struct diff_facts *facts, const char *what, bool refuses)
{
	for (size_t i = 0; i < facts->item.count; i++)
		if (!strcmp(facts->item.item[i].what, what) &&
			facts->item.item[i].is_refusal == refuses)
			return true;
	return false;
}

static void check_facts(const struct version *new, const char *what, bool refuses)
{
	struct pair p = {.base = version_runs(&base_version, &base_times, 0, 1, 0),
		.new = version_runs(new, &base_times, 0, 1, 0)};
	struct diff_facts facts;

	compare(&p, &usual);
	diff_facts_find(&facts, &p.d);
	if (what)
		assert_true(has_fact(&facts, what, refuses));
	else
		assert_int_equal(facts.item.count, 0);
	assert_int_equal(facts.refuses, refuses);
	diff_facts_free(&facts);
	forget(&p);
}

static void comparability(void **state)
{
	static const struct ptf_metric cycles = {.kind = PTF_METRIC_WEIGHT};
	struct version v;

	(void)state;
	check_facts(&base_version, NULL, false);
	v = base_version;
	v.python = "3.12.1";
	check_facts(&v, "Python", false);
	v = base_version;
	v.period_ns = 4000000;
	check_facts(&v, "rate", false);
	v = base_version;
	v.is_cut = true;
	check_facts(&v, "cut", true);
	v = base_version;
	v.lost = 30; /* of 330 */
	check_facts(&v, "losses", true);
	v.lost = 10;
	check_facts(&v, NULL, false);
	v = base_version;
	v.metric = &cycles;
	check_facts(&v, "metric", true);
}

/* ------------------------------------------------------------------ memory */

static const struct version with_memory = {.folder = "/home/one",
	.file = "program.py",
	.text = base_text,
	.python = "3.11.2",
	.has_memory = true};

/* Line 3 reads and holds, line 4 drops, line 8 keeps; line 11 copies. */
static const struct version_times memory_times = {.ms = {[2] = 40, [3] = 60, [7] = 100},
	.blocks = {[2] = {40, 100000, 0, VERSION_HELD},
		[3] = {60, 20000, 0, VERSION_DROPPED},
		[7] = {30, 10000, 0, VERSION_KEPT},
		[10] = {0, 0, 5000000, VERSION_DROPPED}}};

static struct diff_options options_of(enum diff_metric metric)
{
	struct diff_options o = usual;

	o.metric = metric;
	o.scale = DIFF_EQUAL_SPEED;
	return o;
}

static struct pair ten_of_memory(const struct version_times *t, enum diff_metric metric)
{
	const struct diff_options o = options_of(metric);
	struct pair p = {.base = version_runs(&with_memory, &memory_times, 0, 10, 0.1),
		.new = version_runs(&with_memory, t, 100, 10, 0.1)};

	compare(&p, &o);
	return p;
}

/* One line takes twice the memory: it alone is named, of what it is true of. */
static void doubled_memory(void **state)
{
	static const char *const named[DIFF_METRIC_COUNT] = {
		[DIFF_ALLOCATED] = "program.py:3 larger, load (program.py:2) larger",
		[DIFF_LIVE] = "",
		[DIFF_PEAK] = "program.py:3 larger, load (program.py:2) larger",
		[DIFF_LEAKED] = "",
		[DIFF_COPIED] = "",
	};
	struct version_times t = memory_times;
	const struct diff_measured *m;

	(void)state;
	t.blocks[2].count *= 2;
	for (enum diff_metric metric = DIFF_ALLOCATED; metric < DIFF_METRIC_COUNT;
		metric++) {
		struct pair p = ten_of_memory(&t, metric);

		expect_named(&p, named[metric]);
		assert_int_equal(p.d.speed.use, DIFF_SPEED_NOT_ASKED);
		if (metric == DIFF_PEAK) {
			m = &find(&p, "program.py:3")->self_measured;
			assert_true(m->interval.low < 4e6 && m->interval.high > 4e6);
			assert_true(fabs(m->base_amount - 4e6) < 2e5);
			/* What was dropped before is in no peak. */
			assert_true(
				find(&p, "program.py:4")->self_measured.base <= 20000);
			m = &p.d.nodes.item[0].total_measured;
			assert_int_equal(m->verdict, DIFF_MORE);
		}
		if (metric == DIFF_ALLOCATED) {
			/* 40 blocks of 100000, 60 of 20000, 30 of 10000 */
			m = &p.d.nodes.item[0].total_measured;
			assert_true(fabs(m->base_amount - 5.5e6) < 3e5);
			assert_true(fabs(m->new_amount - 9.5e6) < 6e5);
		}
		if (metric == DIFF_COPIED)
			assert_true(
				find(&p, "program.py:11")->self_measured.base_amount ==
				5e6);
		forget(&p);
	}
}

/* What is kept shows at the end; what is kept again and again is a leak. */
static void kept_memory(void **state)
{
	struct version_times t = memory_times;

	(void)state;
	t.blocks[7].count *= 3;
	for (enum diff_metric metric = DIFF_ALLOCATED; metric < DIFF_COPIED; metric++) {
		struct pair p = ten_of_memory(&t, metric);
		const struct diff_measured *m = &find(&p, "program.py:8")->self_measured;

		assert_int_equal(m->verdict, DIFF_MORE);
		assert_true(fabs(m->difference - 600000) < 60000);
		forget(&p);
	}
	/* What leaks on one side is compared with the same line, which does not there. */
	for (int swapped = 0; swapped < 2; swapped++) {
		const struct diff_options o = options_of(DIFF_LEAKED);
		struct version_times few = memory_times;
		struct pair p;

		few.blocks[7].count = 30;
		p = (struct pair){.base = version_runs(&with_memory, swapped ? &few : &t,
					  0, 10, 0.1),
			.new = version_runs(&with_memory, swapped ? &t : &few, 100, 10,
				0.1)};
		compare(&p, &o);
		assert_true(
			fabs(fabs(find(&p, "program.py:8")->self_measured.difference) -
				600000) < 60000);
		forget(&p);
	}
}

/* One run a side: what sampling alone may be off by. */
static void memory_of_one_run(void **state)
{
	struct version_times t = memory_times;
	struct diff_options o = options_of(DIFF_ALLOCATED);
	struct version v = with_memory;
	const struct diff_measured *m;
	struct pair p;

	(void)state;
	/* Blocks far smaller than the distance of samples stand for it. */
	v.interval_bytes = 20000;
	t.blocks[3].count = 66;
	p = (struct pair){.base = version_runs(&v, &memory_times, 0, 1, 0),
		.new = version_runs(&v, &t, 0, 1, 0)};
	compare(&p, &o);
	m = &find(&p, "program.py:4")->self_measured;
	assert_int_equal(m->verdict, DIFF_INSUFFICIENT);
	assert_false(m->beyond_sampling);
	/* 2.58 times the root of 60 + 66 and 2 samples. */
	assert_true(fabs(m->interval.high - m->difference - 2.576 * 20000 * sqrt(128)) <
		3000);
	/* A hundred times the distance is counted exactly. */
	m = &find(&p, "program.py:3")->self_measured;
	assert_true(m->interval.high - m->interval.low < 2 * 2.576 * 20000 * sqrt(16));
	forget(&p);

	t.blocks[3].count = 180;
	p = (struct pair){.base = version_runs(&v, &memory_times, 0, 1, 0),
		.new = version_runs(&v, &t, 0, 1, 0)};
	compare(&p, &o);
	assert_true(find(&p, "program.py:4")->self_measured.beyond_sampling);
	assert_false(find(&p, "program.py:3")->self_measured.beyond_sampling);
	forget(&p);
}

static void memory_by_thread(void **state)
{
	struct diff_options o = options_of(DIFF_ALLOCATED);
	struct pair p = {.base = version_runs(&with_memory, &memory_times, 0, 5, 0.1),
		.new = version_runs(&with_memory, &memory_times, 100, 5, 0.1)};

	(void)state;
	o.views |= 1u << DIFF_THREAD;
	compare(&p, &o);
	assert_true(fabs(find(&p, " (main) of ")->self_measured.base -
			    p.d.nodes.item[0].total_measured.base) < 1);
	diff_free(&p.d);
	o.metric = DIFF_PEAK;
	compare(&p, &o);
	for (size_t i = 0; i < p.d.nodes.count; i++)
		assert_true(p.d.nodes.item[i].view != DIFF_THREAD);
	forget(&p);
}

/* Of time, a diff tells memory besides: one family of tests for all its metrics. */
static void memory_beside_time(void **state)
{
	struct version_times t = memory_times;
	const struct diff_options o = options_of(DIFF_TIME);
	struct ptf_error err;
	struct diff_memory memory;
	struct diff_print print = {.memory = &memory};
	struct diff_names names = {0};
	struct pair p;
	char *text;

	(void)state;
	t.blocks[2].count *= 2;
	p = (struct pair){.base = version_runs(&with_memory, &memory_times, 0, 10, 0.1),
		.new = version_runs(&with_memory, &t, 100, 10, 0.1)};
	compare(&p, &o);
	expect_named(&p, "");
	print.d = &p.d;
	assert_true(diff_memory_make(&memory, &p.d, false, &err) >= 0);
	assert_int_equal(memory.count, 3);
	assert_null(memory.why_not);
	diff_name_memory(&print, 0, &names);
	assert_int_equal(names.item.count, 2);
	vec_free(&names.item);
	text = diff_sentence(&print, 1);
	assert_non_null(strstr(text, "Memory: peak"));
	assert_non_null(strstr(text, "larger"));
	free(text);
	assert_int_equal(memory.of[0].tested_count, memory.of[1].tested_count);
	diff_memory_free(&memory);
	forget(&p);

	p = (struct pair){.base = version_runs(&base_version, &base_times, 0, 5, 0.1),
		.new = version_runs(&with_memory, &t, 100, 5, 0.1)};
	compare(&p, &o);
	assert_true(diff_memory_make(&memory, &p.d, false, &err) >= 0);
	assert_int_equal(memory.count, 0);
	diff_memory_free(&memory);
	forget(&p);
}

static void check_memory_facts(const struct version *new, enum diff_metric metric,
	const char *what, bool refuses)
{
	const struct diff_options o = options_of(metric);
	struct pair p = {.base = version_runs(&with_memory, &memory_times, 0, 1, 0),
		.new = version_runs(new, &memory_times, 0, 1, 0)};
	struct diff_facts facts;

	compare(&p, &o);
	diff_facts_find(&facts, &p.d);
	if (what)
		assert_true(has_fact(&facts, what, refuses));
	else
		assert_int_equal(facts.item.count, 0);
	assert_int_equal(facts.refuses, refuses);
	diff_facts_free(&facts);
	forget(&p);
}

static void comparability_of_memory(void **state)
{
	struct version v = with_memory;
	struct diff_options o = options_of(DIFF_PEAK);
	struct diff_facts facts;
	struct pair p;

	(void)state;
	check_memory_facts(&v, DIFF_PEAK, NULL, false);
	v.interval_bytes = 50000;
	check_memory_facts(&v, DIFF_PEAK, "memory", false);
	check_memory_facts(&v, DIFF_TIME, "memory", false);
	v = with_memory;
	v.has_memory = false;
	check_memory_facts(&v, DIFF_PEAK, "memory", true);
	check_memory_facts(&v, DIFF_TIME, "memory", false);
	v = with_memory;
	v.lost_blocks = 100; /* of 400 */
	check_memory_facts(&v, DIFF_ALLOCATED, "losses", true);
	check_memory_facts(&v, DIFF_TIME, NULL, false);
	v.lost_blocks = 5;
	check_memory_facts(&v, DIFF_ALLOCATED, NULL, false);
	/* A run without memory did not use none. */
	v = with_memory;
	v.has_memory = false;
	p = (struct pair){.base = version_runs(&with_memory, &memory_times, 0, 2, 0),
		.new = profile_new()};
	version_add(p.new, &with_memory, &memory_times);
	version_add(p.new, &v, &memory_times);
	profile_finish(p.new);
	compare(&p, &o);
	diff_facts_find(&facts, &p.d);
	assert_true(has_fact(&facts, "memory", true));
	diff_facts_free(&facts);
	forget(&p);
}

static enum gate_outcome gate_of(struct pair *p, double above, double min_amount)
{
	struct gate gate;
	enum gate_outcome outcome;

	gate_judge(&gate, &p->d, &(struct gate_options){above, min_amount});
	outcome = gate.outcome;
	gate_free(&gate);
	return outcome;
}

/* Relative and absolute and significant. */
static void gates(void **state)
{
	struct version_times t = base_times;
	struct pair p;

	(void)state;
	t.ms[7] *= 1.2;
	p = ten_runs(&base_version, &t);
	assert_int_equal(gate_of(&p, 0.05, 10e6), GATE_REGRESSED);
	assert_int_equal(gate_of(&p, 0.5, 10e6), GATE_PASSED);
	assert_int_equal(gate_of(&p, 0.05, 50e6), GATE_PASSED);
	forget(&p);
	p = ten_runs(&base_version, &base_times);
	assert_int_equal(gate_of(&p, 0.05, 0), GATE_PASSED);
	/* So little cannot be excluded. */
	assert_int_equal(gate_of(&p, 0.001, 0), GATE_INSUFFICIENT);
	forget(&p);
	p = (struct pair){.base = version_runs(&base_version, &base_times, 0, 1, 0),
		.new = version_runs(&base_version, &t, 0, 1, 0)};
	compare(&p, &usual);
	assert_int_equal(gate_of(&p, 0.05, 0), GATE_INSUFFICIENT);
	forget(&p);
}

static void self_check(void **state)
{
	struct pair p = {.base = version_runs(&base_version, &base_times, 0, 20, 0.1),
		.new = profile_new()};
	struct diff_options even = usual;
	struct diff_self_check c;
	struct ptf_error err;

	(void)state;
	profile_finish(p.new);
	assert_true(diff_make(&p.d, p.base, p.new, &usual, &err) >= 0);
	diff_check_itself(&p.d, 100, &c);
	assert_int_equal(c.split_count, 100);
	/* Nominal is 1 of 100; 6 or more have a chance of 0.05 %. */
	assert_true(c.program_alarms <= 5 && c.node_alarms <= 5);
	assert_true(c.program_floor > 0.001 && c.program_floor < 0.05);
	forget(&p);

	/* Half of the runs twice as slow: the splits see it as noise, not as alarms. */
	p.base = profile_new();
	p.new = profile_new();
	for (int run = 0; run < 20; run++) {
		struct version_times t = version_vary(&base_times, run, 0.04);

		for (int i = 0; i < VERSION_LINES_MAX && run % 2; i++)
			t.ms[i] *= 2;
		version_add(p.base, &base_version, &t);
	}
	profile_finish(p.base);
	profile_finish(p.new);
	assert_true(diff_make(&p.d, p.base, p.new, &usual, &err) >= 0);
	diff_check_itself(&p.d, 100, &c);
	assert_true(c.program_alarms <= 5);
	assert_true(c.program_floor > 0.1);
	assert_true(c.program_spread > 0.2);
	forget(&p);

	/* Their speed explains it. */
	even.scale = DIFF_EQUAL_SPEED;
	p = (struct pair){.base = unsteady_runs(&base_version, &base_times, 0, 20),
		.new = profile_new()};
	profile_finish(p.new);
	assert_true(diff_make(&p.d, p.base, p.new, &even, &err) >= 0);
	diff_check_itself(&p.d, 100, &c);
	assert_true(c.any_alarms <= 5);
	assert_true(c.program_spread > 0.1 && c.program_even_spread < 0.02);
	assert_true(c.program_floor < 0.02);
	forget(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_runs),
		cmocka_unit_test(one_slower_line),
		cmocka_unit_test(five_percent),
		cmocka_unit_test(edited_text),
		cmocka_unit_test(removed_function),
		cmocka_unit_test(files_and_texts),
		cmocka_unit_test(rates_may_differ),
		cmocka_unit_test(too_few_runs),
		cmocka_unit_test(one_run_a_side),
		cmocka_unit_test(busy_host),
		cmocka_unit_test(scales),
		cmocka_unit_test(equal_speed),
		cmocka_unit_test(other_speed),
		cmocka_unit_test(medians),
		cmocka_unit_test(merged_runs),
		cmocka_unit_test(parts),
		cmocka_unit_test(doubles),
		cmocka_unit_test(comparability),
		cmocka_unit_test(doubled_memory),
		cmocka_unit_test(kept_memory),
		cmocka_unit_test(memory_of_one_run),
		cmocka_unit_test(memory_by_thread),
		cmocka_unit_test(memory_beside_time),
		cmocka_unit_test(comparability_of_memory),
		cmocka_unit_test(gates),
		cmocka_unit_test(self_check),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
