"""How fast the tools read: a trace many times over, as one file."""
import os
import pathlib
import subprocess
import tempfile
import time

import measure

COPY_COUNT = 100


def print_speed(tools):
    print("Reading: a 10 kHz trace a hundred times over, as one file\n")
    with tempfile.TemporaryDirectory() as folder:
        trace, big = (os.path.join(folder, name) for name in ("trace.ptf", "big.ptf"))
        subprocess.run(tools.record(trace, "-F", "10000") + measure.program("pure.py") + ["60"],
                       check=True, stdout=subprocess.DEVNULL)
        data = pathlib.Path(trace).read_bytes()
        with open(big, "wb") as out:
            for _ in range(COPY_COUNT):
                out.write(data)
        rows = tools.rows(trace) * COPY_COUNT
        for command in ([tools.path("pinfo"), big], [tools.path("pconv"), big, "--to", "folded"]):
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - begin
            name = " ".join([os.path.basename(command[0]), *command[2:]])
            print(f"  {name:26} {rows / seconds / 1e6:7.2f} million rows/s   "
                  f"{len(data) * COPY_COUNT / seconds / 1e6:8.1f} MB/s of file", flush=True)
