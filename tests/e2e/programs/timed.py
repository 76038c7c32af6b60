"""Phases between marks, and when they were, by the program's own clock.

    timed.py MODULE-FOLDER

Prints as JSON the marks in their order, [name, kind, earliest and latest time in ns of
CLOCK_MONOTONIC], and the CPU seconds of the functions.
"""
import json
import os
import random
import sys
import time

sys.path.insert(0, sys.argv[1])
import ptf

marks = []
spent = {"inside": 0.0, "outside": 0.0}
chance = random.Random(7)


def mark(name, kind, call, *arguments):
    begin = time.monotonic_ns()
    call(*arguments)
    marks.append([name, kind, begin, time.monotonic_ns()])


def burn(name):
    begin = time.thread_time()
    end = begin + chance.uniform(0.02, 0.06)
    while time.thread_time() < end:
        pass
    spent[name] += time.thread_time() - begin


def inside():
    burn("inside")


def outside():
    burn("outside")


for _ in range(5):
    outside()
    mark("here", "instant", ptf.mark, "here")
    outside()
    phase = ptf.region("phase")
    mark("phase", "begin", phase.__enter__)
    inside()
    mark("phase", "end", phase.__exit__, None, None, None)
    time.sleep(chance.uniform(0.005, 0.03))
    nap = ptf.region("nap")
    mark("nap", "begin", nap.__enter__)
    time.sleep(0.1)
    mark("nap", "end", nap.__exit__, None, None, None)
print(json.dumps({"marks": marks, "spent": spent}), flush=True)
os._exit(0)
