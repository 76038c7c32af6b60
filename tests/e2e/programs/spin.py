"""A pure-Python loop:  spin.py SECONDS [EXIT]

Prints the CPU time of the process as JSON, then ends with EXIT.
"""
import json
import resource
import sys
import time


def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        total = 0
        for i in range(20000):
            total += i & 3
    return total


spin(float(sys.argv[1]))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime}), flush=True)
sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
