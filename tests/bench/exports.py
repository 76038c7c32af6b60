"""How fast pconv writes each format and pplot draws, and in how much memory.

    exports.py BUILD [--sizes 100000,1000000,10000000] [--formats perfetto,...]

One trace of each size is made up (tests/support/format_speed.c: one thread, 2000
functions, 12000 stacks) and converted to a file.  Samples per second are
samples / CPU time of pconv (pplot and its gnuplot), reading included; MB/s are of
what is written.  The high-water mark is ru_maxrss: it must not grow with the size.

Beside it `perf script` on a recording of perf's own, where perf may record.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from measure import Perf

WRITTEN_MAX = 4e9  # bytes that are still worth waiting for
PERF_SECONDS = 10
PERF_HZ = 10000


def measured(build, folder, command, **options):
    """CPU seconds, MiB and elapsed seconds of a command; None when it fails."""
    told = folder / "usage"
    start = time.monotonic()
    done = subprocess.run([build / "tests" / "support" / "usage", told, *command],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
    elapsed = time.monotonic() - start
    if done.returncode:
        print(f"  {command[0]} ended with {done.returncode}: {done.stderr.strip()}")
        return None
    usage = json.loads(told.read_text())
    return usage["cpu_seconds"], usage["maximum_rss_kib"] / 1024, elapsed


def format_names(pconv):
    listed = subprocess.run([pconv, "--list"], check=True, text=True, stdout=subprocess.PIPE)
    return [line.split()[0] for line in listed.stdout.splitlines() if line[:1].strip()]


PICTURES = ("timeline", "lines", "threads", "heatmap")


def makers(build, formats):
    """{what: command, but for the output and the trace}"""
    pconv, pplot = build / "bin" / "pconv", build / "bin" / "pplot"
    made = {name: [pconv, "--quiet", "--to", name] for name in formats or format_names(pconv)}
    if not formats and shutil.which("gnuplot"):
        made.update({f"pplot {kind}": [pplot, "--quiet", "-k", kind, "--to", "png"]
                     for kind in PICTURES})
    return made


def count_text(count):
    for size, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g} {name}"
    return f"{count:.3g}"


def print_formats(build, folder, sizes, formats):
    traces = []
    for size in sizes:
        trace = folder / f"{size}.ptf"
        subprocess.run([build / "tests" / "support" / "format_speed", str(size), trace],
                       check=True, stdout=subprocess.DEVNULL)
        traces.append(trace)
    print(f"{'format':<15}{'samples':>9}{'CPU':>9}{'samples/s':>11}{'MB/s':>8}"
          f"{'written':>11}{'memory':>10}")
    for name, command in makers(build, formats).items():
        marks, per_sample = [], 0
        for size, trace in zip(sizes, traces):
            out = folder / "out"
            if per_sample * size > WRITTEN_MAX:
                print(f"{name:<15}{count_text(size):>9}  left out: about "
                      f"{count_text(per_sample * size)}B")
                continue
            result = measured(build, folder, [*command, "-o", out, trace])
            if not result:
                continue
            seconds, memory, _ = result
            written = out.stat().st_size
            out.unlink()
            per_sample = written / size
            marks.append(memory)
            print(f"{name:<15}{count_text(size):>9}{seconds:>7.2f} s"
                  f"{count_text(size / seconds):>11}{written / seconds / 1e6:>8.1f}"
                  f"{count_text(written):>10}B{memory:>6.1f} MiB", flush=True)
        # What is bounded (bins of a page) may fill up before the last size.
        if len(marks) > 1 and marks[-1] > 1.3 * marks[-2]:
            print(f"{name:<15}its memory grows: {marks[-2]:.1f} MiB, {marks[-1]:.1f} MiB")
    print()


def record_busy(data, seconds):
    """perf's recording of a busy Python program, with call graphs: its rows, or why not."""
    perf = Perf()
    options = ("-F", str(PERF_HZ), "-g")
    why_not = perf.why_not(*options)
    if why_not:
        return 0, why_not
    busy = ("import time\nend = time.thread_time() + %d\n"
            "while time.thread_time() < end: sorted(str(i) for i in range(900))" % seconds)
    subprocess.run([*perf.record(data, *options), sys.executable, "-c", busy], check=True)
    return perf.rows(data), None


def print_perf(build, folder):
    """perf script, the way from perf.data to every other tool."""
    data = folder / "perf.data"
    samples, why_not = record_busy(data, PERF_SECONDS)
    if why_not:
        print(f"perf script: {why_not}")
        return
    out = folder / "out"
    with open(out, "w") as file:
        result = measured(build, folder, ["perf", "script", "-i", data], stdout=file)
    if result:
        seconds, memory, _ = result
        written = out.stat().st_size
        print(f"{'perf script':<15}{count_text(samples):>9}{seconds:>7.2f} s"
              f"{count_text(samples / seconds):>11}{written / seconds / 1e6:>8.1f}"
              f"{count_text(written):>10}B{memory:>6.1f} MiB")
    print()


def print_exports(build, sizes=(10**5, 10**6, 10**7), formats=()):
    with tempfile.TemporaryDirectory(prefix="ptf-exports.") as folder:
        print("Exports: CPU time of pconv and pplot, and their memory")
        print_formats(pathlib.Path(build), pathlib.Path(folder), sizes, formats)
        print_perf(pathlib.Path(build), pathlib.Path(folder))


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("build", help="the build folder")
    words.add_argument("--sizes", default="100000,1000000,10000000", help="samples (%(default)s)")
    words.add_argument("--formats", default="", help="all of pconv --list, unless given")
    options = words.parse_args()
    print_exports(options.build, [int(size) for size in options.sizes.split(",")],
                  options.formats.split(",") if options.formats else ())
