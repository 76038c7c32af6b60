"""prec --source timer under emulation: frames of Python, lines, classes, CPU time.

Of time off the processor nothing is asked: the kernel knows the emulator's system
calls, and the emulator has no process_vm_readv.
"""
import os
import pathlib
import sys

os.environ["PTF_BIN"] = os.environ["AARCH64"] + "/bin"
sys.path.insert(0, os.environ["PTF_ROOT"] + "/tests/e2e")
from ptftest import *

EMULATED = pathlib.Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
SECONDS = 10
# 10 s at a tick each 8 ms are 1,250 ticks; a part of a sixth has 14 of deviation, 1.1
# points, and is off by more than three times that once in 370.
POINTS = 3.5


def emulated(folder, path):
    if not EMULATED.exists():
        skip("programs for aarch64 cannot be started (binfmt_misc has no qemu-aarch64)")
    return pathlib.Path(os.environ[folder], path)


@test
def python_and_native_code_are_told_apart_by_line():
    python = emulated("QEMU_LD_PREFIX", "usr/bin/python3")
    program = PROGRAMS / "truth.py"
    done = record("t.ptf", python, program, SECONDS, options=["--source", "timer"], timeout=600)
    truth, section = json.loads(done.stdout), whole("t.ptf")
    lines, cpu = section.lines(truth["file"]), section.total(ALL_CPU) / 1e9
    wrong = []
    for part in truth["parts"]:
        if part["class"] not in ("python", "native"):
            continue
        # Frames that are mapped for deep recursion are the kernel's time.
        classes = (PYTHON_CPU, KERNEL) if part["class"] == "python" else (NATIVE,)
        seen = sum(lines[line, cls] for line in part["lines"] for cls in classes) / 1e9
        difference = (seen / cpu - part["cpu"] / truth["cpu"]) * 100
        print(f"{part['name']:10} {seen:.3f} s, truly {part['cpu']:.3f}", file=sys.stderr)
        if abs(difference) > POINTS:
            wrong.append(f"{part['name']} {difference:+.1f} points")
    check(not wrong, "; ".join(wrong))
    check(abs(cpu - truth["cpu"]) < 0.02 * cpu, f"CPU {cpu:.3f} s, truly {truth['cpu']:.3f}")


@test
def a_native_program_is_measured_by_function():
    burn = emulated("AARCH64", "tests/support/burn")
    done = record("n.ptf", burn, "loop", 5000, options=["--source", "timer"])
    truth, section = json.loads(done.stdout), whole("n.ptf")
    cpu = section.total(ALL_CPU)
    check(abs(cpu / 5e9 - 1) < 0.1, f"CPU {cpu / 1e9:.3f} s, truly a little more than 5")
    for name in ("burn_short", "burn_long"):
        seen = sum(ns for _, cls, stack, _, ns in section.rows
                   if cls in ON_CPU and stack and section.frames[stack[-1]][0] == name)
        difference = (seen / cpu - truth[name] / 5e3) * 100
        check(abs(difference) < POINTS, f"{name}: {difference:+.1f} points off, of {truth}")


main()
