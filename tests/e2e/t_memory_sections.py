"""Memory over the seams of long recordings, over exec, and in dumps of the recorder."""
from ptftest import *
from heaptruth import Memory

PMERGE = str(BIN / "pmerge")
LOST = {"memory_ring_full", "freed_ring_full", "memory_untracked"}
INTERVAL = ["--memory-interval", "64K"]

# Blocks live through the seams, and are freed by another thread than made them.
CROSSING = """
import queue, sys, threading, time

MADE, SIZE, KEPT = 400, 300_000, 50
handed = queue.Queue()

def make():
    for number in range(MADE):
        handed.put(bytearray(SIZE))
        time.sleep(0.005)
    handed.put(None)

def take():
    held = []
    while (block := handed.get()) is not None:
        held.append(block)
        block = None
        if len(held) > 100:
            del held[0]
    del held[KEPT:]
    return held

maker = threading.Thread(target=make)
maker.start()
kept = take()
maker.join()
sys.stdout.flush()
"""


def made_in(row):
    return row.stack and row.stack[0][0] == "make"


def check_crossing(rows):
    """What make() allocates is exact: its blocks are far larger than the interval."""
    allocated = sum(row.bytes for row in rows if row.kind == "alloc" and made_in(row))
    freed = sum(row.bytes for row in rows if row.kind == "free" and made_in(row))
    close_to(allocated, 400 * 300_000, "allocated by make()")
    close_to(freed, 350 * 300_000, "freed of what make() allocated")


def close_to(got, wanted, what):
    # One in a hundred blocks is not sampled, and the others stand for it: five
    # standard deviations of what such blocks add up to.
    check(abs(got / wanted - 1) < 0.025, f"{what}: {got} bytes, truly {wanted}")


def threads_of(rows, kind):
    return {row.thread[0] for row in rows if row.kind == kind and made_in(row)}


@test
def blocks_live_through_seams():
    record("seams.ptf", PYTHON, "-c", CROSSING, options=[*INTERVAL, "--rotate", "400ms"])
    files = sorted(map(str, pathlib.Path(".").glob("seams.*.ptf")))
    check(len(files) >= 4, f"files: {files}")
    each = [Memory(file) for file in files]
    rows = [row for memory in each for row in memory.rows]
    check_crossing(rows)
    makers, takers = threads_of(rows, "alloc"), threads_of(rows, "free")
    check(len(makers) == 1 and len(takers) == 1 and makers != takers,
          f"made by {makers}, freed by {takers}")
    # The level goes on from file to file, and is that of the rows.
    level = 0
    for file, memory in zip(files, each):
        check(memory.interval == 65536, f"{file}: interval {memory.interval}")
        check(not LOST & set(memory.losses), f"{file}: {memory.losses}")
        points = [value for _, _, value in memory.footprints]
        if file != files[0]:
            equal(points[0], level, f"{file}: first point of the footprint")
            equal(memory.footprints[0][0], 0, f"{file}: its time")
        held = memory.held()
        equal(points[-1], level + held, f"{file}: last point of the footprint")
        level += held
        check(max(points) >= points[-1], "the highest point")
    # As one, nothing is freed before it is allocated.
    equal(run(PMERGE, "-o", "seams.ptf", *files).returncode, 0, "status of pmerge")
    check_crossing(Memory("seams.ptf").rows)


@test
def a_dump_has_the_end_of_it():
    record("flight.ptf", PYTHON, "-c", CROSSING, options=[*INTERVAL, "--last", "1m"])
    memory = Memory("flight.ptf")
    check_crossing(memory.rows)
    memory.never_below_nothing()
    equal(memory.footprints[-1][2], memory.held(), "last point of the footprint")
    record("cut.ptf", PYTHON, "-c", CROSSING, options=[*INTERVAL, "--last", "1s"])
    cut = Memory("cut.ptf")
    check(0 < cut.sum("alloc", where=made_in) < memory.sum("alloc", where=made_in),
          "a second is all")
    # It says what was held from its begin on, to a tenth of a second: of 20 blocks.
    equal(cut.footprints[0][0], 0, "time of the first point")
    at_end = cut.footprints[0][2] + cut.held()
    check(abs(cut.footprints[-1][2] - at_end) < 25 * 300_000,
          f"at the end {cut.footprints[-1][2]}, by rows {at_end}")


@test
def a_new_program_holds_nothing():
    # Sizes that are exact: far above the interval.
    old = "import os, sys; kept = [bytearray(10_000_000) for _ in range(5)]\n" \
          "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    new = "import os; kept = [bytearray(10_000_000) for _ in range(2)]; pid = os.fork()\n" \
          "if pid: os.waitpid(pid, 0)\nelse: more = bytearray(30_000_000)"
    record("exec.ptf", PYTHON, "-c", old, new, options=INTERVAL)
    memory = Memory("exec.ptf")
    large = [row for row in memory.rows if row.bytes > 9_000_000]
    pid = large[0].thread[1]
    equal([(row.kind, row.thread[1] == pid) for row in large],
          [("alloc", True)] * 5 + [("free", True)] * 5 + [("alloc", True)] * 2 + [("alloc", False)],
          "large blocks")
    of_parent = [value for _, of, value in memory.footprints if of == pid]
    of_child = [value for _, of, value in memory.footprints if of != pid]
    check(max(of_parent) >= 50_000_000, f"highest of the parent: {max(of_parent)}")
    check(20_000_000 <= of_parent[-1] < 30_000_000, f"last of the parent: {of_parent[-1]}")
    check(30_000_000 <= of_child[-1] < 40_000_000, f"of the child: {of_child[-1]}")


main()
