"""The resident memory of a program over time, as the program knows it itself."""
import re

from ptftest import *

HOLDER = """
import time
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
time.sleep(0.3)
held = bytearray(b"x") * 80_000_000
time.sleep(0.3)
after = resident()
del held
time.sleep(0.3)
print(before, after)
"""


def levels(path):
    """[(ns, bytes)] of the process, as pinfo --dump shows them."""
    dump = run(PINFO, "--dump", path).stdout
    return [(int(at), int(value)) for at, value in re.findall(
        r'^counter metric="rss" process=1 thread=0 at_ns=(\d+) value=(\d+)$', dump, re.M)]


@test
def resident_memory_is_the_programs_own():
    before, after = map(int, record("a.ptf", PYTHON, "-c", HOLDER).stdout.split())
    points = levels("a.ptf")
    check(points, "no points")
    equal(points, sorted(points), "points in order of time")
    top = max(value for _, value in points)
    check(abs(top - after) < 4e6, f"highest level {top}, the program read {after}")
    check(any(abs(value - before) < 4e6 for _, value in points),
          f"no level near {before} from before it grew: {points}")
    check(points[-1][1] < after - 60e6, f"the last level {points[-1][1]} is not after the fall")


@test
def a_program_at_rest_has_few_levels():
    record("rest.ptf", "sleep", "1.2")
    points = levels("rest.ptf")
    check(1 <= len(points) <= 3, f"{len(points)} levels of a program that sleeps")


main()
