"""Spends its time in known ways and prints the truth about itself as JSON.

    truth.py SECONDS

Runs rounds of eight parts until SECONDS of CPU time are spent.  Around every
part it reads the thread's CPU clock and the wall clock.  For each part it
prints the lines that may be charged with it.
"""
import json
import os
import resource
import sys
import time
import zlib

clock, wall = time.thread_time, time.perf_counter
NOISE = os.urandom(1 << 17)
NUMBERS = [(i * 7919) % 1000003 for i in range(40000)]


def loop_a(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def loop_b(n):
    value = 1
    while n:
        value = value * 3 % 65537
        n -= 1
    return value


def sorting():
    return sorted(NUMBERS)


def packing():
    return zlib.compress(NOISE, 9)


def reading():
    return os.urandom(1 << 20)


def sleeping():
    time.sleep(0.008)


def produce(n):
    for i in range(n):
        yield i * 2


def consume(n):
    total = 0
    for item in produce(n):
        total += item
    return total


def deep(n):
    if n == 0:
        return 0
    return 1 + deep(n - 1)


PARTS = [
    # name, call, arguments, the functions whose lines it runs, class of its CPU time
    ("loop_a", loop_a, (42000,), (loop_a,), "python"),
    ("loop_b", loop_b, (72000,), (loop_b,), "python"),
    ("sorting", sorting, (), (sorting,), "native"),
    ("packing", packing, (), (packing,), "native"),
    ("reading", reading, (), (reading,), "kernel"),
    ("sleeping", sleeping, (), (sleeping,), None),
    ("generator", consume, (40000,), (consume, produce), "python"),
    ("deep", deep, (1500,), (deep,), "python"),
]


def main(seconds):
    sys.setrecursionlimit(5000)
    cpu = {part[0]: 0.0 for part in PARTS}
    elapsed = dict(cpu)
    while clock() < seconds:
        for name, call, arguments, _, _ in PARTS:
            repeat = 8 if name == "deep" else 1
            cpu_0, wall_0 = clock(), wall()
            for _ in range(repeat):
                call(*arguments)
            elapsed[name] += wall() - wall_0
            cpu[name] += clock() - cpu_0
    parts = []
    for name, _, _, functions, kind in PARTS:
        lines = set()
        for function in functions:
            code = function.__code__
            if hasattr(code, "co_lines"):
                found = [line for _, _, line in code.co_lines()]
            else:
                import dis
                found = [line for _, line in dis.findlinestarts(code)]
            lines.update(line for line in found if line)
        parts.append({"name": name, "cpu": cpu[name], "wall": elapsed[name],
                      "class": kind, "lines": sorted(lines),
                      "functions": [function.__name__ for function in functions]})
    usage = resource.getrusage(resource.RUSAGE_SELF)
    json.dump({"file": os.path.abspath(__file__), "parts": parts, "version": sys.version,
               "thread_cpu": clock(), "cpu": usage.ru_utime + usage.ru_stime}, sys.stdout)
    sys.stdout.flush()


main(float(sys.argv[1]))
