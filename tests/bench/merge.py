"""What merging costs: merge.py BIN SUPPORT [TRACES [SAMPLES]]

Merges TRACES (100) synthetic traces of SAMPLES (1,000,000) rows that overlap in
time, and says time, peak memory and size: with and without a time axis, and by
MPI ranks where pmerge-mpi was made. Then the same of MANY small traces that begin
together, more than may be open at once.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BIN, SUPPORT = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
TRACES = int(sys.argv[3]) if len(sys.argv) > 3 else 100
SAMPLES = int(sys.argv[4]) if len(sys.argv) > 4 else 1000000
MANY, FEW_SAMPLES = 5000, 1000


def measure(what, out, *command):
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status:
        sys.exit(f"merge.py: {what} ended with {os.waitstatus_to_exitcode(status)}")
    print(f"{what:28} {seconds:7.2f} s {usage.ru_maxrss / 1024:8.0f} MiB "
          f"{out.stat().st_size / 1e6:9.2f} MB", flush=True)


def make(folder, count, samples):
    folder.mkdir()
    for number in range(count):
        subprocess.run([SUPPORT / "make_trace", folder / f"{number}.ptf", str(samples), "2",
                        str(number)], check=True)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{count} traces of {samples} samples, {size / 1e6:.2f} MB; time, peak memory, size:")


with tempfile.TemporaryDirectory(prefix="ptf-merge.") as name:
    folder = pathlib.Path(name)
    make(folder / "in", TRACES, SAMPLES)
    out = folder / "out.ptf"
    measure("pmerge", out, BIN / "pmerge", "--quiet", "-o", out, folder / "in")
    measure("pmerge --aggregate", out, BIN / "pmerge", "--quiet", "--aggregate", "-o", out,
            folder / "in")
    if (BIN / "pmerge-mpi").exists() and shutil.which("mpirun"):
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        for ranks in (1, 2, 4):
            measure(f"pmerge-mpi --aggregate, {ranks}", out, "mpirun", *root, "--oversubscribe",
                    "-n", ranks, BIN / "pmerge-mpi", "--quiet", "--aggregate", "-o", out,
                    folder / "in")
    make(folder / "many", MANY, FEW_SAMPLES)
    measure("pmerge --align start", out, BIN / "pmerge", "--quiet", "--align", "start", "-o", out,
            folder / "many")
