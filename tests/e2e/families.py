"""Families of processes that know what they spend: programs/family.py, and whether a
trace says the same."""
from ptftest import *

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


def ends_with(seen, told):
    """A process has told its CPU seconds and then ended: the kernel still takes it apart,
    a pool still hears of its last job."""
    return -0.01 * told - 0.001 < seen - told < 0.01 * told + 0.010


def compare(section, told, kinds):
    """Time of each process that told its own, and of its two functions."""
    equal(sorted(truth["kind"] for truth in told), sorted(kinds), "what ran")
    there = by_pid(section)
    wrong = []
    for truth in told:
        process = there.get(truth["pid"])
        check(process, f"{truth} is not among {sorted(there)}")
        total = section.total(classes=ALL_CPU, processes={process["id"]}) / 1e9
        if not ends_with(total, truth["cpu"]):
            wrong.append(f"{truth['kind']}: {total:.3f} s, truly {truth['cpu']:.3f} s")
        if abs(process["cpu_ns"] / 1e9 - total) > 0.001 * total + 0.0001:
            wrong.append(f"{truth['kind']}: rows {total:.4f} s, its end {process['cpu_ns'] / 1e9:.4f} s")
        # Each sample stands for a period: four standard deviations of a share.
        seen = function_times(section, process["id"])
        period = section["period_ns"] / 1e9
        slack = 4 * (truth["cpu"] * period / 4) ** 0.5 + 0.02 * truth["cpu"]
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
