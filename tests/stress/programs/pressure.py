"""Memory that runs out, comes and goes: limits, large blocks, cycles, mappings,
few descriptors.  pressure.py ROUNDS"""
import gc
import mmap
import os
import resource
import sys
import threading
import time
import weakref

LIMIT = 512 << 20


def until_refused():
    """Takes memory until there is no more; then all must go on."""
    taken = []
    try:
        while True:
            taken.append(bytearray(64 << 20))
    except MemoryError:
        count = len(taken)
        del taken
        # How much there was depends on what else is in the process.
        return 2 < count < 8
    return False


def small_until_refused():
    taken = []
    try:
        while True:
            taken.append([bytes(5000) for _ in range(1000)])
    except MemoryError:
        del taken
        return True


class Node:
    def __init__(self, other):
        self.other = other
        self.load = bytearray(2000)


def cycles(n):
    gone = []
    for i in range(n):
        one = Node(None)
        one.other = Node(one)
        weakref.finalize(one, gone.append, i)
    del one
    gc.collect()
    return len(gone)


def mappings(n):
    total = 0
    for i in range(n):
        with mmap.mmap(-1, 1 << 20) as area:
            area[:8] = b"%08d" % i
            area[1 << 19] = i % 256
            total += area[7] + area[1 << 19]
    return total


def few_descriptors():
    """All descriptors in use: opening fails, and nothing else does."""
    opened = []
    try:
        while True:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        reason = error.errno
    thread = threading.Thread(target=cycles, args=(50,))
    thread.start()
    thread.join()
    for descriptor in opened:
        os.close(descriptor)
    return reason, len(opened) > 20


def main(rounds):
    # The end of the first thread may load a library, which takes a descriptor.
    first = threading.Thread(target=int)
    first.start()
    first.join()
    time.sleep(0.2)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    results = []
    for _ in range(rounds):
        results.append((until_refused(), cycles(400), mappings(100), few_descriptors()))
    results.append(small_until_refused())
    print(len(results), sorted(set(map(str, results))))


main(int(sys.argv[1]))
