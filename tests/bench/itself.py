"""The tools on themselves: pconv recorded by prec, and compared by pdiff.

Without another build: how much its runs vary here (pdiff --self-check). With one
(`make bench BENCH="--only itself --base /path/to/old/build"`): what got slower
since then, runs of both by turns.
"""
import pathlib
import subprocess
import tempfile

RUNS = 12
SAMPLES = "300000"


def print_itself(tools, base):
    print(f"\nThe tools on themselves: {RUNS} runs of pconv --to json, {SAMPLES} samples\n",
          flush=True)
    builds = {"new": tools.build}
    if base:
        builds["base"] = pathlib.Path(base)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        traces = {name: [] for name in builds}
        subprocess.run([tools.build / "tests" / "support" / "make_trace", scratch / "made.ptf",
                        SAMPLES, "4", "1", "3000"], check=True)
        for number in range(RUNS):
            for name, build in builds.items():
                trace = scratch / f"{name}{number}.ptf"
                subprocess.run([*tools.record(trace, "-F", "2000"), build / "bin" / "pconv",
                                "--quiet", scratch / "made.ptf", "--to", "json", "-o",
                                scratch / "out.json"], check=True)
                traces[name].append(trace)
        command = [tools.path("pdiff"), "--metric", "cpu"]
        if base:
            command += [*traces["base"], "--", *traces["new"]]
        else:
            command += ["--self-check", *traces["new"]]
        subprocess.run(command, check=True, cwd=scratch)
