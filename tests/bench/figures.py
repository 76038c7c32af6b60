"""The figures of `make bench`, as tables.  Standard library only.

    figures.py BIN SUPPORT [PAIRS]

Cost is the ratio of the CPU time that the program needs when it is recorded to
the time it needs alone, each measured by the program itself.  Runs alternate,
so that a machine that gets slower or faster meanwhile does not decide; shown
are the median of the pairs' ratios and a 95 % interval of it (by ranks).
"""
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN, SUPPORT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
PAIRS = int(sys.argv[3]) if len(sys.argv) > 3 else 11
WORKLOAD = [sys.executable, str(HERE / "workload.py")]


def interval(values):
    """Ranks that hold the median with at least 95 % (binomial)."""
    ordered, n = sorted(values), len(values)
    below = 0.0
    for rank in range(n // 2):
        below += math.comb(n, rank) / 2 ** n
        if 2 * below > 0.05:
            return ordered[max(rank - 1, 0)], ordered[n - 1 - max(rank - 1, 0)], rank > 0
    return ordered[0], ordered[-1], False


def run(command, **options):
    """The program's own answer, and the CPU time of all that ran."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stdin=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, **options)
        message = child.stderr.read()
        child.stderr.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"bench: {command[0]} ended with {child.returncode}: {message.decode()}")
        out.seek(0)
        return json.load(out), usage.ru_utime + usage.ru_stime


def rows_of(trace):
    raw = json.loads(subprocess.run([SUPPORT / "rawrows", trace], check=True,
                                    stdout=subprocess.PIPE).stdout)
    return sum(section["samples"] for section in raw["sections"])


def units_for(seconds):
    few, many = (min(run(WORKLOAD + [count])[0]["cpu"] for _ in range(3))
                 for count in ("2", "22"))
    return max(1, round(seconds * 20 / (many - few)))


def prec(trace, options):
    return [str(BIN / "prec"), "--quiet", "-o", trace, *options, "--"]


def perf(trace, options):
    return ["perf", "record", "-q", "-o", trace, *options, "--"]


def cost(name, wrapper, options, units):
    ratios, own, rows, size = [], [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        for pair in range(PAIRS):
            order = [False, True] if pair % 2 else [True, False]
            cpu = {}
            for recorded in order:
                command = WORKLOAD + [str(units)]
                if recorded:
                    command = wrapper(trace, options) + command
                answer, everything = run(command)
                cpu[recorded] = answer["cpu"]
                if recorded:
                    own.append(everything - answer["cpu"])
            ratios.append(cpu[True] / cpu[False])
        size = os.path.getsize(trace)
        rows = rows_of(trace) if wrapper is prec else perf_rows(trace)
        if wrapper is prec and "10000" in options:
            read_speed(trace)
    low, high, sure = interval(ratios)
    print(f"  {name:26} {statistics.median(ratios):7.3f}   {low:.3f} .. {high:.3f}"
          f"{'' if sure else ' (few pairs)'}   {rows:8} {size / max(rows, 1):9.2f} "
          f"{statistics.median(own) / max(rows, 1) * 1e6:9.1f}", flush=True)


def perf_rows(trace):
    text = subprocess.run(["perf", "report", "--stats", "-i", trace], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    counts = [line.split()[-1] for line in text.splitlines() if "SAMPLE events" in line]
    return int(counts[0].strip("()%")) if counts and counts[0].isdigit() else next(
        (int(word) for line in text.splitlines() if "SAMPLE events" in line
         for word in line.split() if word.isdigit()), 0)


speeds = []


def read_speed(trace):
    """How fast the tools read: the trace many times over, as one file."""
    with tempfile.TemporaryDirectory() as folder:
        big = os.path.join(folder, "big.ptf")
        data = pathlib.Path(trace).read_bytes()
        with open(big, "wb") as out:
            for _ in range(100):
                out.write(data)
        rows = rows_of(trace) * 100
        for tool, options in (("pinfo", []), ("pconv", ["--to", "folded"])):
            begin = time.perf_counter()
            subprocess.run([BIN / tool, big, *options], check=True, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - begin
            speeds.append((f"{tool} {' '.join(options)}".strip(), rows, len(data) * 100, seconds))


def sizes():
    """Whole files as written live, definitions and index too, no source texts."""
    print("Size: the standard library parsed, compiled, searched, packed; without sources\n")
    print(f"  {'':26} {'samples':>8} {'stacks':>7} {'bytes/sample':>12}")
    for name, seconds, options in (
            ("1 kHz", 32, ["-F", "1000"]),
            ("1 kHz, exact microseconds", 32, ["-F", "1000", "--time-resolution", "1"]),
            ("10 kHz", 10, ["-F", "10000"])):
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, "size.ptf")
            subprocess.run([BIN / "prec", "-q", "--no-source", *options, "-o", trace, "--",
                            sys.executable, HERE / "stdlib.py", str(seconds)], check=True)
            raw = json.loads(subprocess.run([SUPPORT / "rawrows", trace], check=True,
                                            stdout=subprocess.PIPE).stdout)
            samples = sum(section["samples"] for section in raw["sections"])
            report = subprocess.run([BIN / "pinfo", trace], check=True, text=True,
                                    stdout=subprocess.PIPE).stdout
            stacks = report.split("definitions stacks ")[1].split(",")[0]
            print(f"  {name:26} {samples:8} {stacks:>7} {os.path.getsize(trace) / samples:12.3f}",
                  flush=True)
    print()


def main():
    units = units_for(1.5)
    print(f"Cost: CPU time of a pure-Python program, recorded : alone "
          f"({PAIRS} alternating pairs)\n")
    print(f"  {'':26} {'median':>7}   {'95 % interval':14}   {'rows':>8} {'bytes/row':>9} "
          f"{'own us/row':>10}")
    cost("prec, default rate", prec, [], units)
    cost("prec -F 1000", prec, ["-F", "1000"], units)
    cost("prec -F 10000", prec, ["-F", "10000"], units)
    if not shutil.which("perf"):
        print("  perf record                skipped: perf is not installed")
    elif subprocess.run(["perf", "record", "-q", "-o", "/dev/null", "-e", "cpu-clock", "true"],
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        print("  perf record                skipped: perf events are not allowed here")
    else:
        cost("perf record -F 999 -g", perf, ["-F", "999", "-e", "cpu-clock", "-g"], units)
    print("\n  bytes/row: the whole file, names and sources too.  own us/row: CPU time of the\n"
          "  recorder itself, its start and end too, beside the program.\n")
    sizes()
    print("Reading: the 10 kHz trace a hundred times over, as one file\n")
    for tool, rows, size, seconds in speeds:
        print(f"  {tool:26} {rows / seconds / 1e6:7.2f} million rows/s   "
              f"{size / seconds / 1e6:8.1f} MB/s of file")


main()
