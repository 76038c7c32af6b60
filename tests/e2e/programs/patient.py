"""Works and waits for SECONDS, says so, and shows that nothing disturbed it.

Prints its process id, then, at the end, how many rounds it made, how many of
its sleeps were too short, and the CPU time it has spent.
"""
import json
import os
import sys
import time


def work():
    total = 0
    for i in range(40000):
        total += i & 7
    return total


def pause():
    start = time.monotonic()
    time.sleep(0.005)
    return time.monotonic() - start < 0.005


def main(seconds):
    print(os.getpid(), flush=True)
    rounds = short = 0
    sums = set()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sums.add(work())
        short += pause()
        rounds += 1
        os.getppid()
    print(json.dumps({"rounds": rounds, "short": short, "sums": sorted(sums),
                      "cpu": time.process_time()}))


main(float(sys.argv[1]))
