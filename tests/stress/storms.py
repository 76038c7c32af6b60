"""Programs that are hard on a recorder, recorded at 10 kHz: nothing may change.

    sh tests/stress/run.sh [OPTION...]          TIME=SECONDS (1200), O=build
        --only churn,alarms   --python 3.12     --seed N       --rate HZ
        --only leaks          --children 10000

Each program of programs/ (and the native tests/support/calm) runs alone first,
then recorded, again and again in an order by chance, on every interpreter that
is found and from both sources of ticks, some of the time with somebody who
stops it and lets it go on again, and some of the time with its memory.  Its output, its errors and its exit status must be
the same, it must end, the trace must be whole, and rows must sum to the CPU
time of each process.  At last 10,000 children are started under one prec, which
must have no more of anything after it.  A test is one program on one interpreter from one source.
"""
import argparse
import os
import random
import resource
import sys

sys.path.insert(0, os.environ["PTF_ROOT"] + "/tests/e2e")
from ptftest import *
from interpreters import SUPPORTED, interpreters

STORMS = ROOT / "tests" / "stress" / "programs"
# Rounds for about a second of running alone.
ROUNDS = {"churn": 120, "children": 12, "unwinding": 40, "alarms": 4, "pressure": 4,
          "libraries": 5, "calm": 25, "swarm": 30, "crowd": 6}


class Storm:
    def __init__(self, name, version, python, source):
        self.name, self.version, self.source = name, version, source
        if name == "calm":
            self.command = [SUPPORT / "calm", ROUNDS[name]]
        else:
            self.command = [python, "-X", "faulthandler", STORMS / f"{name}.py", ROUNDS[name]]
        self.runs = 0
        self.failures = []

    @property
    def title(self):
        version = "native" if self.version is None else "CPython %d.%d" % self.version
        return f"{self.name}, {version}, {self.source}"


def child_of(pid):
    """The recorded program; prec has no other child when it runs."""
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if len(children) == 1 else None


def disturb(recorder, until, chance):
    """Stops the program and lets it go on, a few times."""
    time.sleep(0.4)
    while recorder.poll() is None and time.monotonic() < until:
        child = child_of(recorder.pid)
        if child:
            try:
                os.kill(child, signal.SIGSTOP)
                time.sleep(chance.uniform(0.001, 0.05))
            finally:
                try:
                    os.kill(child, signal.SIGCONT)
                except ProcessLookupError:
                    pass
        time.sleep(chance.uniform(0.05, 0.3))


def answer_of(command, limit, prepare=None):
    """(status, stdout, stderr, seconds), with None for the status of a hang."""
    begin = time.monotonic()
    # In a group of its own, so that a hang can be ended with all its children.
    child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                             stdout=open("out", "wb"), stderr=open("err", "wb"),
                             start_new_session=True)
    try:
        if prepare:
            prepare(child)
        status = child.wait(limit)
    except subprocess.TimeoutExpired:
        status = None
    if status is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    out, err = (pathlib.Path(name).read_bytes().decode(errors="replace")
                for name in ("out", "err"))
    return status, out, err, time.monotonic() - begin


alone = {}


def wanted(storm):
    """What the program does without prec; said twice, or it is no measure."""
    key = storm.name, storm.version
    if key not in alone:
        first, second = (answer_of(storm.command, 100) for _ in range(2))
        if first[:3] != second[:3] or first[0] != 0:
            alone[key] = None
            skipped[storm.name, storm.version] = \
                f"it does not do the same twice without prec: {first[:3]} {second[:3]}"[:500]
        else:
            alone[key] = first[:3] + (max(first[3], second[3]),)
    return alone[key]


skipped = {}


def blow(storm, rate, memory_share, chance):
    """One recording; says what is wrong with it."""
    want = wanted(storm)
    if want is None:
        return
    pathlib.Path("storm.ptf").unlink(missing_ok=True)
    # Slowed by the recording, a busy machine and being stopped, but not for ever.
    limit = 60 + 20 * want[3]
    # A stop itself cuts short some system calls, which calm would notice.
    stops = storm.name != "calm" and chance.random() < 0.2
    memory = ["--memory-interval", "16K"] if chance.random() < memory_share else []
    status, out, err, _ = answer_of(
        [PREC, "--quiet", "-o", "storm.ptf", "-F", rate, "--source", storm.source, *memory, "--",
         *storm.command], limit,
        (lambda child: disturb(child, time.monotonic() + limit, chance)) if stops else None)
    storm.runs += 1
    wrong = []
    if status is None:
        wrong.append(f"it hung for {limit:.0f} s")
    for what, got, expected in zip(("status", "stdout", "stderr"), (status, out, err), want):
        if got != expected:
            wrong.append(f"{what} {got!r:.600}, alone {expected!r:.300}")
    losses = {}
    try:
        section = whole("storm.ptf")
        losses = section["losses"]
        seen = collections.Counter()
        for thread, cls, _, _, ns in section.rows:
            if cls in ALL_CPU:
                seen[section.threads[thread]["process"]] += ns
        for process in section.processes.values():
            # Threads of an instant are less than the clock's own grain.
            if abs(seen[process["id"]] - process["cpu_ns"]) > 0.01 * process["cpu_ns"] + 5e6:
                wrong.append(f"rows of {process['pid']} sum to {seen[process['id']] / 1e9:.4f} s "
                             f"CPU of {process['cpu_ns'] / 1e9:.4f} s; losses {losses}")
    except Exception as error:
        wrong.append(f"the trace: {error}")
    how = f"{', stopped' if stops else ''}{', memory' if memory else ''}"
    print(f"{storm.title}{how}: {'; '.join(wrong) if wrong else 'as alone'}; losses {losses}",
          file=sys.stderr, flush=True)
    if wrong:
        kept = f"failed-{len(list(pathlib.Path('.').glob('failed-*.ptf')))}.ptf"
        if pathlib.Path("storm.ptf").exists():
            os.rename("storm.ptf", kept)
        storm.failures.append("; ".join(wrong) + f" ({kept})")
        note(f"{storm.title}, run {storm.runs}{how}: {storm.failures[-1]}")


def leaks(children, python):
    """What prec and the program have more of after so many children."""
    done = run(PREC, "--quiet", "-o", "leaks.ptf", "--", python, STORMS / "swarm.py",
               children // 8, "LEAKS", timeout=None)
    told = json.loads(done.stdout)
    more = told["more"]
    wrong = [f"{more[key]} {key} more" for key in ("descriptors", "own", "children", "zombies")
             if more[key] > 2]
    # What libptf keeps of each process and thread; of a child about three of them.
    if more["memory"] > 4096 + told["count"] * 6:
        wrong.append(f"{more['memory']} KiB of memory more")
    section = whole("leaks.ptf")
    if section["losses"].get("no_slot") or section["losses"].get("child_not_followed"):
        wrong.append(f"losses {section['losses']}")
    text = f"{told['count']} children, {len(section.threads)} threads: {more}"
    print(f"FAIL leaks: {'; '.join(wrong)} ({text})" if wrong else f"ok leaks: {text}", flush=True)
    return not wrong


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--only", default=",".join([*ROUNDS, "leaks"]))
    options.add_argument("--python", default="")
    options.add_argument("--source", default="perf,timer")
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--rate", type=int, default=10000)
    options.add_argument("--memory", type=float, default=0.3, metavar="SHARE",
                         help="of the recordings that record memory (%(default)s)")
    options.add_argument("--children", type=int, default=10000, help="of the test of leaks")
    options.add_argument("--time", type=float, default=1200)
    chosen = options.parse_args()
    chance = random.Random(chosen.seed)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    note(f"for {chosen.time:g} s, --seed {chosen.seed}")

    found = interpreters(PYTHON)
    names = chosen.only.split(",")
    storms = []
    for version in sorted(set(SUPPORTED) | set(found)):
        text = "%d.%d" % version
        if chosen.python and text not in chosen.python.split(","):
            continue
        if version not in found:
            print(f"skip CPython {text}: no such interpreter in PATH, /usr/bin or pyenv")
            continue
        storms += [Storm(name, version, found[version][0], source)
                   for name in names if name in ROUNDS and name != "calm" for source in chosen.source.split(",")]
    if "calm" in names:
        storms += [Storm("calm", None, None, source) for source in chosen.source.split(",")]

    end = time.monotonic() + chosen.time
    while time.monotonic() < end:
        for storm in chance.sample(storms, len(storms)):
            if time.monotonic() < end:
                blow(storm, chosen.rate, chosen.memory, chance)
    late = 0
    for storm in storms:
        if storm.failures:
            print(f"FAIL {storm.title}: {len(storm.failures)} of {storm.runs} recordings: "
                  f"{storm.failures[0]}"[:700].replace("\n", " "))
        elif (storm.name, storm.version) in skipped:
            print(f"skip {storm.title}: {skipped[storm.name, storm.version]}")
        elif not storm.runs:
            late += 1
        else:
            print(f"ok {storm.title}: {storm.runs} recordings")
    sound = "leaks" not in names or leaks(chosen.children, PYTHON)
    if late:
        print(f"skip {late} of {len(storms)} tests: there was no time for them")
    sys.exit(not sound or any(storm.failures for storm in storms))


main()
