#!/usr/bin/env python3
"""What pdiff finds, measured: power, and false alarms.

    O=build python3 tests/stress/diff_truth.py [--runs 10] [--equal 40] [--keep DIR]

Records versions of one program that differ in one known thing each, RUNS runs of
each and of the base by turns, and EQUAL runs of two of them. Then

  truth    the line or function that was changed is named, and no other, at 0.01
  alarms   of 200 random splits of the equal runs, how many name anything
  power    of 50 draws of RUNS, and of twice as many, a side among the equal runs of
           the base and of the version that is 5 % slower, how many name the line

and the same of memory, with the programs of tests/e2e/t_diff.py: of two of them, one
line allocates and holds twice as much.

Prints figures, and a line "ok ..." or "FAIL ..." for each check. A run takes about a
second. How much is found depends on how much the machine's runs vary, so a change is
missed only when it is larger than what pdiff itself says it would have found.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("O", "build"))
BIN = (BIN if BIN.is_absolute() else ROOT / BIN) / "bin"
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")
ALPHA = "0.01"

PROGRAM = """\
import sys

def first(rounds):
    total = 0
    for _ in range(rounds):
        total += sum(range(2000))
    return total

def second(rounds):
    found = 0
    for number in range(rounds * 12):
        found += number % 7 == 3
        found ^= number & 5
    return found

def third(rounds):
    text = ""
    for number in range(rounds):
        text = "".join(map(str, range(number % 50, 130)))
    return len(text)

def main():
    for _ in range(60):
        first(400)
        second(400)
        third(400)

main()
"""
SLOW_LINE = "total += sum(range(2000))"


def moved(text):
    start, end = text.index("def first"), text.index("def second")
    body = text[start:end]
    return text.replace(body, "").replace("def main", body + "def main")


VERSIONS = {
    "2x": lambda text: text.replace("range(2000)", "range(4000)"),
    "20 %": lambda text: text.replace("range(2000)", "range(2400)"),
    "5 %": lambda text: text.replace("range(2000)", "range(2100)"),
    "moved": moved,
    "renamed": lambda text: text.replace("second", "another"),
    "removed": lambda text: text.replace(text[text.index("def third"):
                                              text.index("def main")], "")
                                .replace("        third(400)\n", ""),
}
# What may be named: the changed line and function by themselves.
TRUTH = {
    "2x": {"work.py:6", "first"},
    "20 %": {"work.py:6", "first"},
    "5 %": {"work.py:6", "first"},
    "moved": set(),
    "renamed": set(),
    "removed": {"work.py:18", "work.py:19", "work.py:20", "work.py:21", "third"},
}
# How much the line that must be named changed, in relation to the base.
MUST = {"2x": ("work.py:6", 1.0), "20 %": ("work.py:6", 0.2), "5 %": ("work.py:6", 0.05),
        "removed": ("work.py:19", 1.0)}
PROGRAMS = ROOT / "tests" / "e2e" / "programs"
# Of memory.
HOLDING = {name: PROGRAMS / f"{name}.py" for name in ("hold_before", "hold_after")}
# Whether the doubled line shows in each metric; read() has given it back at the end.
MEMORY_TRUTH = {"alloc": True, "peak": True, "live": False, "leaked": False, "copy": False}
HOLDING_LINE, HOLDING_FUNCTION = "rows.append", "read"

FATES = {"moved": ("first", "moved"), "renamed": ("another", "renamed"),
         "removed": ("third", "vanished")}

_failures = 0


def verdict(name, why=""):
    global _failures
    _failures += bool(why)
    print(f"FAIL {name}: {why}" if why else f"ok {name}", flush=True)


def figure(text):
    print(f"       {text}", flush=True)


class Recorder:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.traces = {}

    def record(self, version):
        folder = self.folder / version.replace(" %", "")
        folder.mkdir(exist_ok=True)
        name = version.removesuffix("-equal")
        program, options, arguments = folder / "work.py", ("-F", "1000"), ()
        if name in HOLDING:
            program, options, arguments = HOLDING[name], ("--memory",), ("20",)
        elif not program.exists():
            program.write_text(VERSIONS.get(name, str)(PROGRAM))
        traces = self.traces.setdefault(version, [])
        trace = folder / f"{len(traces)}.ptf"
        if not trace.exists():
            subprocess.run([BIN / "prec", "-q", *options, "-o", trace, "--", PYTHON,
                            program, *arguments], check=True, stdout=subprocess.DEVNULL)
        traces.append(str(trace))


def pdiff(*arguments):
    done = subprocess.run([BIN / "pdiff", *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"pdiff ended with {done.returncode}")
    return done.stdout


def compare(base, new, *options):
    return json.loads(pdiff(*base, "--", *new, "--alpha", ALPHA, "--to", "json", *options))


def short(node):
    """work.py:6, or a function without its place."""
    return node["name"] if node["view"] == "line" else node["name"].split(" ")[0]


def named(body):
    return {short(node) for node in body["nodes"]
            if node["view"] in ("line", "function")
            and node["self"]["verdict"] in ("slower", "faster", "larger", "smaller")}


def detectable(body, name):
    """What would have been found of a line, in relation to its base."""
    for node in body["nodes"]:
        if node["view"] == "line" and short(node) == name and node["self"].get("detectable"):
            return node["self"]["detectable"] / node["self"]["base"]
    return None


def truth(recorder):
    for version in VERSIONS:
        sides = recorder.traces["base"], recorder.traces[version]
        body, plain = compare(*sides), compare(*sides, "--absolute")
        found, problems = named(body), []
        name, change = MUST.get(version, ("work.py:6", 0))
        least = detectable(body, name)
        figure(f"{version:8} named: {', '.join(sorted(found)) or 'nothing'}"
               + (f"; of {name} {100 * least:.0f} % would be" if least else "")
               + f"; by --absolute: {', '.join(sorted(named(plain))) or 'nothing'}")
        figure(f"         speed: {body['speed']['use']}, varies by "
               f"{100 * body['speed']['spread']:.0f} %")
        if found - TRUTH[version]:
            problems.append(f"{sorted(found - TRUTH[version])} named, too")
        if least and change > least and name not in found:
            problems.append(f"{name} missed")
        fates = {short(node): node["fate"] for node in body["nodes"]
                 if node["view"] == "function" and "work.py" in node["name"]}
        function, fate = FATES.get(version, ("main", "kept"))
        if fates.get(function) != fate:
            problems.append(f"{function} is {fates.get(function)}, not {fate}")
        verdict(f"the version {version}", "; ".join(problems))


def memory_truth(recorder):
    lines = HOLDING["hold_after"].read_text().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if HOLDING_LINE in line)
    right = {f"hold_after.py:{number}", HOLDING_FUNCTION}
    for metric, shows in MEMORY_TRUTH.items():
        body = compare(recorder.traces["hold_before"], recorder.traces["hold_after"],
                       "--metric", metric)
        found, program = named(body), body["nodes"][0]["total"]
        figure(f"{metric:8} {program['base'] / 1e6:.1f} -> {program['new'] / 1e6:.1f} MB, "
               f"{body['tested']} tested; named: {', '.join(sorted(found)) or 'nothing'}")
        verdict(f"{metric} of a memory line doubled",
                "" if found == (right if shows else set()) else f"{sorted(found)} are named")


def binomial_limit(splits, level):
    """The count that chance stays below in 999 of 1000 cases, were all independent."""
    chance, term, count = 0, (1 - level) ** splits, 0
    while chance + term < 0.999:
        chance += term
        term *= (splits - count) / (count + 1) * level / (1 - level)
        count += 1
    return count


def alarms(traces, *options):
    text = pdiff("--self-check", *traces, "--splits", 200, "--alpha", ALPHA, *options)
    what = " ".join(options)
    for line in text.splitlines()[1:]:
        figure(f"{what}: {line}")
    words = text[text.index("False alarms:"):].split()
    count, limit = int(words[words.index("either") - 1]), binomial_limit(200, float(ALPHA))
    verdict(f"alarms {what}", f"{count} of 200, chance gives up to {limit}"
            if count > limit else "")


def power(base, slower, sizes, draws=50):
    for option, runs in itertools.product(("--equal-speed", "--absolute"), sizes):
        chance = random.Random(1)
        found = others = 0
        for _ in range(draws):
            names = named(compare(chance.sample(base, runs), chance.sample(slower, runs),
                                  option))
            found += "work.py:6" in names
            others += bool(names - TRUTH["5 %"])
        figure(f"{option}: 5 % found in {found} of {draws} draws of {runs} and {runs} "
               f"runs, another place in {others}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--equal", type=int, default=40)
    parser.add_argument("--keep", help="folder of the traces, used again when there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recorder = Recorder(arguments.keep or scratch)
        recorder.folder.mkdir(exist_ok=True)
        for _ in range(arguments.runs):
            for version in ("base", *VERSIONS, *HOLDING):
                recorder.record(version)
        for _ in range(arguments.equal):
            recorder.record("base-equal")
            recorder.record("5 %-equal")
            recorder.record("hold_before-equal")
        truth(recorder)
        memory_truth(recorder)
        for option in ("--equal-speed", "--absolute", "--share", "--median"):
            alarms(recorder.traces["base-equal"], option)
        for metric in ("alloc", "peak", "live", "copy"):
            alarms(recorder.traces["hold_before-equal"], "--metric", metric)
        power(recorder.traces["base-equal"], recorder.traces["5 %-equal"],
              [arguments.runs, min(2 * arguments.runs, arguments.equal)])
    sys.exit(_failures > 0)


main()
