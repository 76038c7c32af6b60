"""What a recording says is the truth, for every Python, source and user.

A cell of the matrix is an interpreter, a source of ticks, a user (root or an
ordinary one) and a phase of programs/matrix.py.  `make check` does a few;

    PTF_MATRIX=3.8 sh tests/e2e/run.sh matrix      all of one version, for longer
    make check-matrix                              all of all

How far a share may be off
--------------------------
Two points, or what the sampling itself allows, whichever is more.  A part of
the work runs in `pieces` that begin and end where they will between two ticks,
a period of P seconds apart.  A piece of d seconds then gets floor(d / P) ticks
or one more: the variance of its time is f * (1 - f) * P^2, f being what is left
of d / P over whole periods.  f * (1 - f) is at most 1/4, and at most d / P, so
for all pieces of a part, which spent C seconds,

    sigma = P * sqrt(sum of min(1/4, d / P)) <= P * sqrt(min(pieces / 4, C / P))

Three sigmas are given.  The sum is exact however, so what other parts got too
much this one has too little: the sum of all has no more than its own share of
the error, which the bound covers.

Times off the processor are measured by the kernel and exact in sum; which wait
they belong to is looked at every POLL seconds at most.  A wait that another one follows
within that time can be taken for it: the same formula with POLL for P, but only
for parts whose thread waits in more than one place.
"""
from ptftest import *
import math
import tempfile

from interpreters import MATRIX, SUPPORTED, interpreters, versions_to_test

SUPPORT_SOURCES = ROOT / "tests" / "support"
PROGRAM = PROGRAMS / "matrix.py"
RATE = {"perf": 1000, "timer": 250}
POLL = 0.015
NOBODY = 65534

# Phase: seconds in the short and in the full form.
PHASES = {"mixed": (1.5, 4), "threads": (1.2, 3), "gil2": (1, 3), "gil4": (1, 3),
          "bursts": (1.5, 4), "pipeline": (1.0, 3)}
CLASSES = {"python": {PYTHON_CPU}, "native": {NATIVE}, "kernel": {KERNEL}}


FOUND = interpreters(PYTHON)


def perf_is_allowed(user):
    """By the system's own word; what prec finds is what is tested."""
    if user == "root":
        return True
    return int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text()) < 2


class Cell:
    def __init__(self, version, source, user, phase, seconds):
        self.version, self.source, self.user, self.phase = version, source, user, phase
        self.seconds = seconds
        self.python, self.prefix = FOUND[version]

    def measure(self):
        place = pathlib.Path(tempfile.mkdtemp(dir="."))
        trace = place.resolve() / "cell.ptf"
        command = [PREC, "-o", trace, "-F", RATE[self.source]]
        # Who may not have perf events gets timers without asking.
        if self.source == "perf" or perf_is_allowed(self.user):
            command += ["--source", self.source]
        command += ["--", self.python, PROGRAM, self.phase, self.seconds,
                    1 / RATE[self.source]]
        if self.user == "user" and os.geteuid() == 0:
            os.chown(place, NOBODY, NOBODY)
            command = [PYTHON, SUPPORT_SOURCES / "ordinary.py", NOBODY, ROOT, BIN.parent,
                       self.prefix, place.resolve(), "--"] + command
        done = run(*command, cwd=place)
        if done.returncode == 125 and "ordinary.py" in str(command[1]):
            skip("no mount namespace can be made here")
        check(done.returncode == 0, f"prec ended with {done.returncode}: {done.stderr}")
        if self.source == "timer" and not perf_is_allowed(self.user):
            check("perf events cannot be used" in done.stderr and "sysctl" in done.stderr,
                  f"nothing says why there is no better source: {done.stderr!r}")
        section = whole(trace)
        equal(section["attributes"]["sampling.source"], self.source, "the source")
        first, last = done.stdout.splitlines()
        answer = {**json.loads(first), **json.loads(last)}, section
        shutil.rmtree(place)
        return answer


def allowed(part, period, total):
    """Points of total that a part's share may be off, see above."""
    sigma = period * math.sqrt(min(part["pieces"] / 4, part["cpu"] / period))
    return max(2.0, 3 * sigma / total * 100)


def innermost_rows(section):
    """{(tid, file, line, function, class): ns}"""
    result = collections.Counter()
    for thread, cls, stack, _, ns in section.rows:
        frame = section.innermost(stack) or (None, None, None, None)
        result[section.threads[thread]["tid"], frame[1], frame[2], frame[0], cls] += ns
    return result


def on_cpu(truth, section, rows):
    """What is wrong with the shares by line and class."""
    wrong = []
    total = truth["cpu"]
    period = section["period_ns"] / 1e9
    # Threads of one name do the same work on the same lines: each is judged alone.
    for part in truth["parts"]:
        if not part["lines"] or part["class"] == "wait":
            continue
        points = allowed(part, period, total)
        for kind, classes in CLASSES.items():
            seen = sum(ns for (tid, file, line, _, cls), ns in rows.items()
                       if tid == part["tid"] and file == truth["file"]
                       and line in part["lines"] and cls in classes) / 1e9 / total * 100
            true = part["cpu"] / total * 100 if part["class"] == kind else 0.0
            print(f"{part['name']:16} {part['tid']:7} {kind:7} true {true:6.2f} %  seen "
                  f"{seen:6.2f} %  allowed {points:.2f}", file=sys.stderr)
            if abs(seen - true) > points:
                wrong.append(f"{part['name']} {kind} {seen:.2f} %, truly {true:.2f} % "
                             f"({points:.1f} allowed)")
    # What no part has: starting, ending, measuring.
    known = {(part["tid"], line) for part in truth["parts"] for line in part["lines"]}
    rest_true = 100 - sum(part["cpu"] for part in truth["parts"] if part["lines"]) / total * 100
    rest_seen = 100 - sum(ns for (tid, file, line, _, cls), ns in rows.items()
                          if file == truth["file"] and (tid, line) in known
                          and cls in ON_CPU) / 1e9 / total * 100
    pieces = sum(part["pieces"] for part in truth["parts"] if part["lines"])
    points = allowed({"pieces": pieces, "cpu": total}, period, total)
    print(f"{'the rest':32} true {rest_true:6.2f} %  seen {rest_seen:6.2f} %  allowed "
          f"{points:.2f}", file=sys.stderr)
    if abs(rest_seen - rest_true) > points:
        wrong.append(f"the rest {rest_seen:.2f} %, truly {rest_true:.2f} %")
    return wrong


def off_cpu(truth, section, rows):
    """What is wrong with waits, and with the time threads were ready to run."""
    wrong = []

    def compare(what, seen, true, elapsed, points=2.0):
        print(f"{what:32} true {true:7.3f} s  seen {seen:7.3f} s of {elapsed:.3f} s, allowed "
              f"{points:.2f} points", file=sys.stderr)
        if abs(seen - true) / elapsed * 100 > points:
            wrong.append(f"{what} {seen:.3f} s, truly {true:.3f} s of {elapsed:.3f} s "
                         f"({points:.1f} points allowed)")

    def sum_of(tid, classes, lines=None):
        return sum(ns for (t, file, line, _, cls), ns in rows.items()
                   if t == tid and cls in classes
                   and (lines is None or file == truth["file"] and line in lines)) / 1e9

    whole_threads = [part for part in truth["parts"] if part["name"] == "thread"]
    for part in whole_threads:
        off = part["wall"] - part["cpu"] - part["queue"]
        compare(f"thread {part['tid']} off", sum_of(part["tid"], {WAIT, GIL}), off, part["wall"])
        compare(f"thread {part['tid']} ready", sum_of(part["tid"], {RUNNABLE}), part["queue"],
                part["wall"])
    if truth["phase"].startswith("gil"):
        # These threads wait for nothing else.
        for part in whole_threads:
            compare(f"thread {part['tid']} GIL", sum_of(part["tid"], {GIL}),
                    part["wall"] - part["cpu"] - part["queue"], part["wall"])
    if truth["phase"] == "mixed":
        elapsed = sum(part["wall"] for part in truth["parts"])
        waits = [part for part in truth["parts"] if part["class"] == "wait"]
        for part in truth["parts"]:
            off = part["wall"] - part["cpu"] - part["queue"]
            sigma = POLL * math.sqrt(min(part["pieces"] / 4, off / POLL)) \
                if part in waits else 0
            compare(f"{part['name']} waits", sum_of(part["tid"], {WAIT}, part["lines"]), off,
                    elapsed, max(2.0, 3 * sigma / elapsed * 100))
        compare("not waiting for the GIL", sum_of(truth["main"], {GIL}), 0.0, elapsed)
        compare("ready", sum_of(truth["main"], {RUNNABLE}), truth["main_queue"], elapsed)
    if truth["phase"] == "bursts":
        # A sleep ends, then the thread waits for the GIL, on the same line; and in
        # its bursts, which others' bursts interrupt, where one may be taken for the other.
        for part in truth["parts"]:
            if part["class"] == "wait":
                off = sum(other["wall"] - other["cpu"] - other["queue"]
                          for other in truth["parts"]
                          if other["tid"] == part["tid"] and other["class"] != "wait")
                sigma = POLL * math.sqrt(min(part["pieces"] / 4, max(0.0, off) / POLL))
                compare(f"{part['name']}", sum_of(part["tid"], {WAIT, GIL}, part["lines"]),
                        part["wall"] - part["cpu"] - part["queue"], part["wall"],
                        max(2.0, 3 * sigma / part["wall"] * 100))
    return wrong


def nothing_unknown(truth, section):
    """Lines that cannot run, frames that are not resolved."""
    lines = {int(line): names for line, names in truth["lines"].items()}
    wrong = {(name, line) for stack, _, _, _ in section.stacks()
             for name, file, line, kind in stack
             if kind == "python" and file == truth["file"]
             and name not in lines.get(line, ())}
    check(not wrong, f"no such line of such a function: {sorted(wrong)[:5]}")
    bad = [frame for frame in section.frames.values() if frame[3] == "python"
           and not (frame[0] and frame[1] and frame[2] and frame[2] > 0)]
    check(not bad, f"{len(bad)} Python frames without name, file or line, such as {bad[:3]}")


def frameless(truth, section, rows):
    """What has no Python frame at all."""
    # Before the interpreter runs and after it there is none to have, nor while a
    # new thread waits for the GIL for the first time, which it tells itself.
    starts = [part["frameless"] for part in truth["parts"] if part["name"] == "thread"]
    of_starts = sum(starts) + 3 * POLL * math.sqrt(len(starts) / 4)
    wrong = []
    for what, classes, most in (("CPU time", ON_CPU, 0.06),
                                ("waits", (WAIT, GIL), 0.03 + of_starts)):
        bare = sum(ns for (_, file, _, _, cls), ns in rows.items()
                   if cls in classes and file is None) / 1e9
        total = section.total(classes) / 1e9
        print(f"{what} without a Python frame: {bare:.4f} of {total:.4f} s, {most:.3f} allowed",
              file=sys.stderr)
        if bare > most:
            wrong.append(f"{bare:.3f} s of {total:.3f} s {what} have no Python frame")
    return wrong


def totals(truth, section):
    seen = section.total(classes=ALL_CPU) / 1e9
    error = abs(seen / truth["cpu"] - 1) * 100
    print(f"CPU {seen:.4f} s, getrusage {truth['cpu']:.4f} s: {error:.2f} % off",
          file=sys.stderr)
    # The kernel still takes the process apart after its last word.
    most = max(0.01 * truth["cpu"], 0.010)
    if abs(seen - truth["cpu"]) > most:
        return [f"rows sum to {seen:.4f} s of CPU, getrusage says {truth['cpu']:.4f} s"]
    return []


def judge(cell):
    truth, section = cell.measure()
    rows = innermost_rows(section)
    if cell.version in SUPPORTED:
        nothing_unknown(truth, section)
        wrong = (on_cpu(truth, section, rows) + off_cpu(truth, section, rows)
                 + frameless(truth, section, rows))
    else:
        # Recorded as native code: never guessed.
        frames = [f for f in section.frames.values() if f[3] == "python"]
        wrong = [f"{len(frames)} Python frames of an unknown version"] if frames else []
    return wrong + totals(truth, section)


def cells():
    versions = versions_to_test(FOUND)
    users = ["root", "user"] if os.geteuid() == 0 else ["user"]
    for version in versions:
        for source in ("perf", "timer"):
            for user in users:
                if not MATRIX and (source == "perf") != (user == users[0]):
                    continue
                for phase, (short, long) in PHASES.items():
                    if not MATRIX and version != versions[0] and phase not in (
                            "mixed", "gil2", "bursts"):
                        continue
                    yield version, source, user, phase, long if MATRIX else short


def one(version, source, user, phase, seconds):
    def cell():
        if version not in FOUND:
            skip("no such interpreter in PATH, /usr/bin or pyenv")
        if source == "perf" and not perf_is_allowed(user):
            skip("the system does not allow perf events to its users "
                 "(sysctl kernel.perf_event_paranoid)")
        measured(lambda: judge(Cell(version, source, user, phase, seconds)))
    cell.__name__ = (f"CPython {version[0]}.{version[1]}, {source}, {user}: {phase}")
    return cell


for found in cells():
    test(one(*found))
main()
