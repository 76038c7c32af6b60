"""How fast pdiff compares, and in how much memory, beside what others use.

    diffs.py BUILD [--samples 10000000] [--perf-seconds 20] [--rounds 5]

Compared are two made-up traces (tests/support/make_trace.c: 4 threads), with few
stacks and with 20,000 of up to 60 frames.  Medians of rounds in which all take
their turns.  What is compared is not the same everywhere:

pdiff                   reads every row of both traces twice, as one run a side has
                        its sampling error from the rows
go tool pprof           reads their pprof exports, in which pconv has added up all rows
  -diff_base            of a stack; what that took is a line of its own
perf diff               reads two recordings of its own (perf.data is nobody else's),
                        with call graphs, of a busy Python program, of fewer rows

So rows per second are of the rows that a tool, or the export it reads, was made of.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from exports import count_text, measured, record_busy

STACKS = {"few stacks": (), "20,000 stacks": ("20000",)}
THREADS = "4"


class Contest:
    """Commands that take turns: each with a name, the rows it stands for, and usages."""

    def __init__(self, build, folder):
        self.build, self.folder, self.commands = build, folder, []

    def add(self, name, traces, rows, command, **options):
        self.commands.append((name, traces, rows, command, options, []))

    def run(self, rounds):
        for _ in range(rounds):
            for _, _, _, command, options, usages in self.commands:
                result = measured(self.build, self.folder, command, stdout=subprocess.DEVNULL,
                                  **options)
                if result:
                    usages.append(result)

    def show(self):
        print(f"{'':<27}{'':<15}{'rows':>8}{'elapsed':>11}{'CPU':>11}{'rows/s':>9}{'memory':>12}")
        for name, traces, rows, _, _, usages in self.commands:
            if not usages:
                continue
            cpu, memory, elapsed = (statistics.median(column) for column in zip(*usages))
            print(f"{name:<27}{traces:<15}{count_text(rows):>8}{elapsed:>9.2f} s{cpu:>9.2f} s"
                  f"{count_text(rows / elapsed):>9}{memory:>8.1f} MiB", flush=True)


def make_traces(build, folder, samples, number, stacks):
    trace = folder / f"{number}{'-'.join(stacks)}.ptf"
    subprocess.run([build / "tests" / "support" / "make_trace", trace, str(samples), THREADS,
                    str(number), *stacks], check=True)
    return trace


def add_ours(contest, samples):
    build, folder = contest.build, contest.folder
    go = shutil.which("go")
    if not go:
        print("go tool pprof: there is no go")
    for name, stacks in STACKS.items():
        traces = [make_traces(build, folder, samples, number, stacks) for number in (1, 2)]
        contest.add("pdiff", name, 2 * samples, [build / "bin" / "pdiff", "--quiet", *traces])
        if not go:
            continue
        profiles = [trace.with_suffix(".pb.gz") for trace in traces]
        for trace, profile in zip(traces, profiles):
            export = [build / "bin" / "pconv", "--quiet", "--to", "pprof", "-o", profile, trace]
            subprocess.run(export, check=True)
        contest.add("pconv --to pprof, of one", name, samples, export)
        diff = [go, "tool", "pprof", "-top", f"-diff_base={profiles[0]}", profiles[1]]
        environment = dict(os.environ, PPROF_TMPDIR=str(folder))
        # Newer Gos build the tool when it is first used.
        subprocess.run(diff, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        contest.add("go tool pprof -diff_base", name, 2 * samples, diff, env=environment)


def add_perf(contest, seconds):
    recordings = [contest.folder / f"{number}.data" for number in (1, 2)]
    rows = 0
    for recording in recordings:
        count, why_not = record_busy(recording, seconds)
        if why_not:
            print(f"perf diff: {why_not}")
            return
        rows += count
    contest.add("perf diff", "its own", rows, ["perf", "diff", "-q", *recordings])


def print_diffs(build, samples=10**7, perf_seconds=20, rounds=5):
    with tempfile.TemporaryDirectory(prefix="ptf-diffs.") as folder:
        print(f"\nComparing two traces of {count_text(samples)} samples each, "
              f"medians of {rounds} rounds\n", flush=True)
        contest = Contest(pathlib.Path(build), pathlib.Path(folder))
        add_ours(contest, samples)
        add_perf(contest, perf_seconds)
        contest.run(rounds)
        contest.show()


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("build", help="the build folder")
    words.add_argument("--samples", type=int, default=10**7, help="of each trace (%(default)s)")
    words.add_argument("--perf-seconds", type=int, default=20,
                       help="of each recording of perf (%(default)s)")
    words.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    options = words.parse_args()
    print_diffs(options.build, options.samples, options.perf_seconds, options.rounds)
