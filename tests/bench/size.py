"""How large traces are, beside those of others, of the same work.

Whole files as written live, definitions and index too, no source texts.
"""
import os
import subprocess
import tempfile

import measure
import tachyon


class Size:
    def __init__(self, tools, perf):
        self.tools, self.perf = tools, perf

    def show(self, name, samples, stacks, size):
        print(f"  {name:42} {samples:8} {stacks:>7} {size / samples:12.3f}", flush=True)

    def record(self, recorder, trace, seconds, *options):
        subprocess.run(recorder.record(trace, *options) + measure.program("stdlib.py") +
                       [str(seconds)], check=True)

    def ours(self, folder, rate, seconds, name, *options):
        trace = os.path.join(folder, "trace.ptf")
        self.record(self.tools, trace, seconds, "--no-source", "-F", rate, *options)
        self.show(name, self.tools.rows(trace), self.tools.stacks(trace), os.path.getsize(trace))
        return trace

    def regrouped(self, folder, trace):
        merged = os.path.join(folder, "merged.ptf")
        subprocess.run([self.tools.path("pmerge"), "--quiet", "-o", merged, trace], check=True)
        self.show("... regrouped by pmerge", self.tools.rows(merged), self.tools.stacks(merged),
                  os.path.getsize(merged))

    def at(self, rate, seconds):
        with tempfile.TemporaryDirectory() as folder:
            trace = self.ours(folder, rate, seconds, f"prec -F {rate}")
            self.regrouped(folder, trace)
            trace = self.ours(folder, rate, seconds, f"prec -F {rate}, exact microseconds",
                              "--time-resolution", "1")
            self.regrouped(folder, trace)
            samples = tachyon.samples(self.tools.support("dump_rows", trace))
            self.show("... these samples in Tachyon's format", len(samples),
                      len({sample.stack for sample in samples}),
                      len(tachyon.encode(samples, 1000000 // int(rate))))
            trace = os.path.join(folder, "perf.data")
            for options in (["-F", rate, "-z"], ["-F", rate, "-z", "-g"]):
                name, why_not = f"perf record {' '.join(options)}", self.perf.why_not(*options)
                if why_not:
                    print(f"  {name:42} skipped: {why_not}")
                    continue
                self.record(self.perf, trace, seconds, *options)
                self.show(name, self.perf.rows(trace), "", os.path.getsize(trace))
        print(flush=True)


def print_size(tools, perf):
    print("Size: the standard library parsed, compiled, searched, packed; without sources\n\n"
          f"  {'':42} {'samples':>8} {'stacks':>7} {'bytes/sample':>12}")
    size = Size(tools, perf)
    size.at("1000", 32)
    size.at("10000", 10)
    print("  Tachyon's format is CPython 3.15's binary one, written by tachyon.py from our\n"
          "  trace: lines without columns and opcodes, Python frames only, zstd level 5.\n"
          "  perf's stacks (-g) are native ones, and hold no Python lines.\n")
