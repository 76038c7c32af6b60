"""Marks that a program sets are in its trace, and select what ran in them."""
from ptftest import *
from interpreters import SUPPORTED, interpreters
from timedmarks import Timed

MODULE = ROOT / "tools" / "python"


def region_cpu(trace, name):
    """CPU seconds of what ran in a region, as pconv tells."""
    done = run(PCONV, trace, "--to", "json", "--region", name, "--metric", "cpu", "--min", "0")
    check(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)["ptf_all_ns"] / 1e9


def marks_of(trace):
    return json.loads(run(PINFO, "--json", trace).stdout)["marks"]


def near(got, wanted, what):
    # A row at the border of a region counts whole or not: a period (4 ms) each,
    # two regions of a name.
    check(abs(got - wanted) < 0.018, f"{what}: {got:.4f} s, truly {wanted:.4f} s")


def check_python(python, trace):
    done = record(trace, python, PROGRAMS / "marked.py", MODULE)
    answer = json.loads(done.stdout)
    check(answer["recorded"], "the module does not find the recorder")
    kinds = collections.Counter((m["name"], m["kind"]) for m in marks_of(trace))
    equal(kinds, {("load", "begin"): 2, ("load", "end"): 2, ("größe\n<b>", "instant"): 1,
                  ("train", "begin"): 2, ("train", "end"): 2, ("wait for it", "begin"): 1,
                  ("wait for it", "end"): 1, ("never", "begin"): 1, ("never", "end"): 1},
          "marks")
    near(region_cpu(trace, "load"), answer["spent"]["load"], "region load")
    return answer


@test
def marks_of_every_Python():
    found = interpreters(PYTHON)
    for version, (python, _) in sorted(found.items()):
        if version in SUPPORTED:
            check_python(python, "marks-%d.%d.ptf" % version)
    check(found, "no interpreter was found")
    note("CPython " + ", ".join("%d.%d" % version for version in sorted(found)))


@test
def a_region_of_a_thread_is_its_own_one_of_main_is_everybodys():
    answer = check_python(PYTHON, "marks.ptf")
    by_thread = collections.Counter()
    for stack, cls, thread, ns in whole("marks.ptf").stacks():
        if cls in ALL_CPU and any(frame[0] == "train" for frame in stack):
            by_thread[thread] += ns
    equal(len(by_thread), 2, "threads that train")
    # The worker trains while main burns "beside", which is in no region.
    near(region_cpu("marks.ptf", "train"), answer["spent"]["train"], "region train")


@test
def a_region_selects_what_ran_in_it():
    timed = Timed("timed.ptf")
    timed.check_marks([(mark["name"], mark["kind"], mark["time_ns"]) for mark in marks_of("timed.ptf")])
    selected = pconv_json("timed.ptf", "--region", "phase", "--metric", "cpu", "--min", "0")
    times = {function["line"]: function["ptf_total_ns"]
             for file in selected["files"].values() for function in file["functions"]}
    # A period at each of its borders.
    slack_ns = 2 * len(timed.phases()) * timed.period_ns
    check(abs(times["inside"] - timed.spent["inside"] * 1e9) < slack_ns,
          f"inside() has {times['inside']} ns, truly {timed.spent['inside']} s")
    check(times.get("outside", 0) < slack_ns, f"outside() has {times.get('outside')} ns of the region")


@test
def marks_of_a_C_program():
    build = subprocess.run(["cc", "-O1", "-I", ROOT / "include", PROGRAMS / "marked.c", "-o", "marks",
                            "-pthread", "-ldl"], stderr=subprocess.PIPE, text=True)
    check(build.returncode == 0, build.stderr)
    equal(run("./marks").stdout, "alone\n", "without prec")
    equal(record("c.ptf", "./marks").stdout, "recorded\n", "with prec")
    near(region_cpu("c.ptf", "load"), 0.2, "region load")
    near(region_cpu("c.ptf", "worker"), 0.3, "region worker")
    equal([m["name"] for m in marks_of("c.ptf") if m["kind"] == "instant"], ["größe"], "instants")


@test
def without_a_recorder_the_module_does_nothing():
    done = run(PYTHON, PROGRAMS / "marked.py", MODULE)
    check(done.returncode == 0, done.stderr)
    check(not json.loads(done.stdout)["recorded"], "it believes to be recorded")


@test
def regions_that_are_not_there_are_told():
    done = run(PCONV, "marks.ptf", "--region", "nope")
    equal(done.returncode, 1, "status")
    check("no region has a name that matches --region nope" in done.stderr, done.stderr)


@test
def a_storm_of_marks_is_counted():
    code = ("import sys; sys.path.insert(0, sys.argv[1])\nimport ptf\n"
            "for i in range(300000): ptf.mark('x' * 200)\n")
    record("storm.ptf", PYTHON, "-c", code, MODULE)
    info = json.loads(run(PINFO, "--json", "storm.ptf").stdout)
    lost = sum(loss["count"] for loss in info["losses"] if loss["kind"] == "mark")
    equal(len(info["marks"]) + lost, 300000, "marks that are there or counted")


main()
