"""Pools, servers, runners of tests and many threads: each process, thread and line of
them has its own time.  `make check` does it with the interpreter of the tests;

    PTF_MATRIX=3.8 sh tests/e2e/run.sh crowds      another, both sources, for longer

Families of processes are there done with that interpreter, too.
"""
from ptftest import *
import math

from families import *
from interpreters import MATRIX, interpreters, versions_to_test

CROWDS = PROGRAMS / "crowds.py"
FOUND = interpreters(PYTHON)
# What it is, and the rate: of 500 threads each lives for ten milliseconds.
KINDS = {"pool": ("a pool of 64 processes", 1000), "threads": ("500 threads", 5000),
         "server": ("a prefork server under load", 1000), "runner": ("tests in workers", 1000)}
CLASSES = {"python": PYTHON_CPU, "native": NATIVE}
FAMILIES = {"forks": ["fork"] * 3, "grandchildren": ["child", "grandchild"],
            "subprocesses": ["alone"] * 5, "spawned": ["alone"] * 5,
            "fork": ["job"] * 3, "forkserver": ["job"] * 3, "spawn": ["job"] * 3}


def truth_of(output):
    *threads, whole_truth = map(json.loads, output.splitlines())
    return {**whole_truth, "threads": threads}


def totals(truth, section):
    seen = section.total(classes=ALL_CPU) / 1e9
    # The kernel takes the first process apart after its last word.
    if abs(seen - truth["cpu"]) > max(0.01 * truth["cpu"], 0.010):
        return [f"all have {seen:.3f} s, truly {truth['cpu']:.3f} s"]
    return []


def processes_and_threads(truth, section):
    threads, processes, told, wrong = collections.Counter(), collections.Counter(), {}, []
    for thread, cls, _, _, ns in section.rows:
        if cls in ALL_CPU:
            thread = section.threads[thread]
            pid = section.processes[thread["process"]]["pid"]
            threads[pid, thread["tid"]] += ns / 1e9
            processes[pid] += ns / 1e9
    for thread in truth["threads"]:
        pid, tid = thread["pid"], thread["tid"]
        told[pid] = max(told.get(pid, 0), thread["process_cpu"])
        # What threads still use when they have ended is the main thread's.
        if tid != pid and not ends_with(threads[pid, tid], thread["cpu"]):
            wrong.append(f"thread {tid} of {pid} has {threads[pid, tid]:.4f} s, truly "
                         f"{thread['cpu']:.4f} s")
    for pid, cpu in told.items():
        if not ends_with(processes[pid], cpu):
            wrong.append(f"process {pid} has {processes[pid]:.4f} s, truly {cpu:.4f} s")
    return wrong


def lines(truth, section):
    """Of all processes together, in points of their time."""
    if not precise(section):
        # Where processors are scarce threads begin to run at the kernel's ticks, of
        # which timers are made: they meet more of the begin of a piece than of its end.
        return []
    period, wrong = section["period_ns"] / 1e9, []
    seen = collections.Counter()
    for _, cls, stack, _, ns in section.rows:
        frame = section.innermost(stack)
        if frame and frame[1] == truth["file"]:
            seen[frame[2], cls] += ns / 1e9 / truth["cpu"] * 100
    pieces = sum(thread["pieces"] for thread in truth["threads"])
    for name, part in truth["parts"].items():
        cpu = sum(thread["parts"][name] for thread in truth["threads"])
        true = cpu / truth["cpu"] * 100
        got = sum(seen[line, CLASSES[part["class"]]] for line in part["lines"])
        # Three sigmas: t_matrix.py explains it.
        points = max(2.0, 3 * period * math.sqrt(min(pieces / 4, cpu / period)) / truth["cpu"] * 100)
        print(f"{name} {got:.2f} %, truly {true:.2f} %, {points:.2f} allowed", file=sys.stderr)
        if abs(got - true) > points:
            wrong.append(f"{name} has {got:.2f} %, truly {true:.2f} % ({points:.1f} allowed)")
    return wrong


def crowd(python, source, kind, seconds):
    # More descriptors than a recorder may take for itself.
    done = run("sh", "-c", 'ulimit -n 1024; exec "$@"', "sh", PREC, "-q", "-o", "crowd.ptf",
               "-F", KINDS[kind][1], "--source", source, "--", python, CROWDS, kind, seconds)
    equal((done.returncode, done.stderr), (0, ""), "status and stderr")
    section, truth = whole("crowd.ptf"), truth_of(done.stdout)
    lost = [f"{section['losses'][loss]} losses of the kind {loss}"
            for loss in ("no_slot", "ring_full", "child_not_followed") if loss in section["losses"]]
    return lost + totals(truth, section) + processes_and_threads(truth, section) + lines(truth, section)


def cell(version, source, what, exercise):
    def one():
        if version not in FOUND:
            skip("no such interpreter in PATH, /usr/bin or pyenv")
        if source == "perf" and not perf_works():
            skip("perf events cannot be used here")
        exercise(FOUND[version][0])
    one.__name__ = f"CPython {version[0]}.{version[1]}, {source}: {what}"
    test(one)


def cells(version, source):
    seconds = 6 if MATRIX else 3
    for kind, (what, _) in KINDS.items():
        cell(version, source, what,
             lambda python, kind=kind: measured(lambda: crowd(python, source, kind, seconds)))
    if MATRIX:
        for kind, children in FAMILIES.items():
            cell(version, source, kind,
                 lambda python, kind=kind, children=children: family(
                     kind, children + ["first"], python, ["--source", source], seconds=1))


SUITE = {"conftest.py": """
import json, os, time
spent = 0

def pytest_unconfigure():
    with open("told", "a") as file:
        file.write(json.dumps([os.getpid(), time.process_time(), spent]) + "\\n")
""", "test_suite.py": """
import time
import conftest
import pytest

def count():
    total = 0
    for i in range(60000):
        total += i & 7

@pytest.mark.parametrize("number", range(300))
def test_counting(number):
    begin = time.thread_time()
    count()
    conftest.spent += time.thread_time() - begin
""", "run.py": """
import os, resource, subprocess, sys
words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "4"]
subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(sum(usage.ru_utime + usage.ru_stime for usage in usages), flush=True)
os._exit(0)
"""}


def pytest_with_xdist():
    if run(PYTHON, "-c", "import xdist").returncode:
        skip("no pytest-xdist (Debian: python3-pytest-xdist)")
    for name, text in SUITE.items():
        pathlib.Path(name).write_text(text)
    cpu = float(record("suite.ptf", PYTHON, "run.py", options=["-F", "1000"]).stdout)
    section = whole("suite.ptf")
    told = [json.loads(line) for line in open("told")]
    equal(len(told), 5, "processes of pytest")
    there, wrong = by_pid(section), totals({"cpu": cpu}, section)
    for pid, least, _ in told:
        seen = section.total(classes=ALL_CPU, processes={there[pid]["id"]}) / 1e9
        # Its end takes long: what more it is all of them tell.
        if seen < 0.99 * least:
            wrong.append(f"{there[pid]['args']} has {seen:.3f} s, truly {least:.3f} s")
    if precise(section):
        true = sum(spent for *_, spent in told) / cpu * 100
        got = section.functions()[("count", os.path.abspath("test_suite.py"))] / 1e9 / cpu * 100
        if abs(got - true) > 2:
            wrong.append(f"count() has {got:.2f} %, truly {true:.2f} %")
    check(not wrong, "; ".join(wrong))


if MATRIX:
    for source in ("perf", "timer"):
        cells(versions_to_test(FOUND)[0], source)
else:
    cells(versions_to_test(FOUND)[0], "auto")
    test(pytest_with_xdist)
main()
