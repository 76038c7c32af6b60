"""One of many: rank.py SECONDS NUMBER; works for so long, a bit of it its own way."""
import sys
import time


def shared(end):
    total = 0
    while time.process_time() < end:
        for value in range(1000):
            total += value * 3 % 7
    return total


def own(number):
    return sorted(range(20000 + 1000 * number), key=lambda value: -value)


end = time.process_time() + float(sys.argv[1])
own(int(sys.argv[2]))
shared(end)
time.sleep(0.01)
