"""What a program of fixed work does with its unit of work (about 20 ms):

    PROGRAM UNITS       does so many, prints the CPU time of the process
    PROGRAM turns CPU   does one for every line it reads, on this processor, and
                        answers with the CPU time of that one, in ns

The program measures itself, so that the time of whoever records it does not
count.
"""
import json
import os
import resource
import sys
import time


def main(unit):
    if sys.argv[1] == "turns":
        os.sched_setaffinity(0, {int(sys.argv[2])})
        unit()
        for _ in sys.stdin:
            begin = time.process_time_ns()
            unit()
            print(time.process_time_ns() - begin, flush=True)
        return
    for _ in range(int(sys.argv[1])):
        unit()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime}))
