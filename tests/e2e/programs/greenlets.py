"""Greenlets that pass the processor around, some of them deep, some abandoned."""
import greenlet


def deep(depth):
    if depth:
        return deep(depth - 1)
    total = 0
    for number in range(300):
        total += sum(range(2000))
        greenlet.getcurrent().parent.switch(total)
    return total


def round_trip():
    workers = [greenlet.greenlet(deep) for _ in range(20)]
    for depth, worker in enumerate(workers):
        worker.switch(depth * 10)
    for _ in range(250):
        for worker in workers:
            worker.switch()


for _ in range(3):
    round_trip()
print("done")
