"""Every process of a run is in its trace, with its own time.

PTF_PROCESSES=full measures every interpreter that is found.
"""
from ptftest import *

sys.path.insert(0, str(ROOT / "tests" / "support"))
from interpreters import interpreters

FAMILY = PROGRAMS / "family.py"


def truths(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def by_pid(section):
    return {process["pid"]: process for process in section.processes.values()}


def function_times(section, process):
    """CPU seconds of the two functions in one process."""
    times = collections.Counter()
    for stack, cls, thread, ns in section.stacks():
        if cls in ON_CPU and section.threads[thread]["process"] == process:
            for name in {frame[0] for frame in stack} & {"spin_short", "spin_long"}:
                times[name] += ns / 1e9
    return times


def compare(section, told, kinds, parent=None):
    """Time of each process that told its own, and of its two functions."""
    equal(sorted(truth["kind"] for truth in told), sorted(kinds), "what ran")
    there = by_pid(section)
    wrong = []
    for truth in told:
        process = there.get(truth["pid"])
        check(process, f"{truth} is not among {sorted(there)}")
        total = section.total(classes=ALL_CPU, processes={process["id"]}) / 1e9
        # It ends a little after it has told: some milliseconds of leaving.
        if not -0.01 * truth["cpu"] - 0.005 < total - truth["cpu"] < 0.01 * truth["cpu"] + 0.05:
            wrong.append(f"{truth['kind']}: {total:.3f} s, truly {truth['cpu']:.3f} s")
        if abs(process["cpu_ns"] / 1e9 - total) > 0.001 * total + 0.0001:
            wrong.append(f"{truth['kind']}: rows {total:.4f} s, its end {process['cpu_ns'] / 1e9:.4f} s")
        # Each sample stands for a period: four standard deviations of a share.
        seen = function_times(section, process["id"])
        rate = float(section["attributes"]["sampling.rate_hz"])
        slack = 4 * (truth["cpu"] / rate / 4) ** 0.5 + 0.02 * truth["cpu"]
        for name in ("short", "long"):
            if abs(seen["spin_" + name] - truth[name]) > slack:
                wrong.append(f"{truth['kind']}: {name} {seen['spin_' + name]:.3f} s, "
                             f"truly {truth[name]:.3f} s")
    check(not wrong, "; ".join(wrong))
    equal(section["losses"].get("child_not_followed", 0), 0, "children not followed")
    equal(section["losses"].get("ring_full", 0), 0, "samples lost")


def family(kind, kinds, python=PYTHON, options=(), seconds=0.4):
    done = record("family.ptf", python, FAMILY, kind, seconds,
                  options=["-F", "1000", *options])
    section = whole("family.ptf")
    told = truths(done.stdout)
    compare(section, told, kinds)
    return section, told


def relation(section, told, child, parent):
    """The process of kind child has the one of kind parent as its parent."""
    there = by_pid(section)
    pids = {truth["kind"]: truth["pid"] for truth in told}
    equal(there[pids[child]]["parent"], there[pids[parent]]["id"], f"parent of the {child}")


@test
def forks():
    section, told = family("forks", ["fork"] * 3 + ["first"])
    there = by_pid(section)
    first = there[told[-1]["pid"]]
    equal(first["parent"], 0, "parent of the first")
    for truth in told[:-1]:
        child = there[truth["pid"]]
        equal(child["parent"], first["id"], "parent of a fork")
        equal(child["args"], first["args"], "arguments of a fork")
    equal(sorted(there[truth["pid"]]["exit_status"] for truth in told[:-1]), [0, 1, 2], "exit statuses")


@test
def grandchildren():
    section, told = family("grandchildren", ["child", "grandchild", "first"])
    relation(section, told, "grandchild", "child")
    relation(section, told, "child", "first")
    pids = {truth["kind"]: truth["pid"] for truth in told}
    equal(by_pid(section)[pids["child"]]["exit_status"], 7, "exit status of the child")


@test
def subprocesses():
    section, told = family("subprocesses", ["alone"] * 5 + ["first"])
    # What a process became by exec is what counts.
    there = {process["pid"]: process for process in pinfo("family.ptf")["processes"]}
    for truth in told[:-1]:
        process = there[truth["pid"]]
        equal(process["arguments"][1:], [str(FAMILY), "alone", "0.4"], "arguments")
        check("python" in process["executable"], process["executable"])


@test
def spawn_system_and_popen():
    family("spawned", ["alone"] * 5 + ["first"])


@test
def pools():
    for method in ("fork", "forkserver", "spawn"):
        family(method, ["job"] * 3 + ["first"], seconds=0.3)


@test
def executors():
    done = record("family.ptf", PYTHON, FAMILY, "executor", 0.2, options=["-F", "1000"])
    section, told = whole("family.ptf"), truths(done.stdout)
    # A worker tells its whole time at each of its jobs: the last one counts.
    last = {truth["pid"]: truth for truth in told}
    for pid, truth in last.items():
        process = by_pid(section)[pid]
        total = section.total(classes=ALL_CPU, processes={process["id"]}) / 1e9
        # What it does after its last job is not told.
        check(-0.01 * truth["cpu"] - 0.005 < total - truth["cpu"] < 0.01 * truth["cpu"] + 0.15,
              f"{total:.3f} s, truly {truth['cpu']:.3f} s")


@test
def a_root_of_its_own():
    if os.getuid() != 0:
        skip("only root may chroot")
    shutil.rmtree("jail", ignore_errors=True)
    family("jailed", ["jailed", "first"])


@test
def a_daemon_that_is_waited_for():
    done = run(PREC, "-q", "--wait-all", "-o", "daemon.ptf", "-F", "1000", "--", PYTHON, FAMILY,
               "daemon", 0.5)
    section, told = whole("daemon.ptf"), truths(done.stdout)
    compare(section, told, ["daemon", "first"])


@test
def a_daemon_that_is_not():
    program = ("import os, time\n"
               "if os.fork() == 0:\n"
               "    os.setsid()\n    os.closerange(0, 3)\n"
               "    while not os.path.exists('go'): sum(range(500))\n"
               "    open('daemon.done', 'w').close()\n    os._exit(0)\n"
               "end = time.process_time() + 0.5\n"
               "while time.process_time() < end: sum(range(500))\n")
    done = run(PREC, "-o", "left.ptf", "--", PYTHON, "-c", program)
    equal(done.returncode, 0, "status")
    check("1 process still runs" in done.stderr and "--wait-all" in done.stderr,
          f"nothing is said of it: {done.stderr!r}")
    section = whole("left.ptf")
    equal(len(section.processes), 2, "processes")
    pathlib.Path("go").touch()
    check(wait_until(lambda: os.path.exists("daemon.done"), 60), "the daemon was disturbed")


@test
def children_that_are_not_wanted():
    done = record("family.ptf", PYTHON, FAMILY, "forks", 0.3, options=["--no-children"])
    section = whole("family.ptf")
    equal(len(section.processes), 1, "processes")
    equal(section["losses"].get("child_not_followed"), 3, "children that are counted")
    first = truths(done.stdout)[-1]
    check(abs(section.total(classes=ALL_CPU) / 1e9 - first["cpu"]) < 0.05, "its own time")


@test
def all_interpreters():
    if not os.environ.get("PTF_PROCESSES"):
        skip("PTF_PROCESSES=full does it")
    wrong = []
    for version, (python, _) in interpreters(PYTHON).items():
        for kind, kinds in (("forks", ["fork"] * 3 + ["first"]),
                            ("subprocesses", ["alone"] * 5 + ["first"]),
                            ("spawned", ["alone"] * 5 + ["first"]),
                            ("fork", ["job"] * 3 + ["first"]),
                            ("forkserver", ["job"] * 3 + ["first"]),
                            ("spawn", ["job"] * 3 + ["first"])):
            try:
                family(kind, kinds, python=python, seconds=0.3)
            except AssertionError as error:
                wrong.append(f"{version} {kind}: {error}")
    check(not wrong, "; ".join(wrong))


main()
