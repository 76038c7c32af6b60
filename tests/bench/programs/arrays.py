"""Work of numpy that allocates and copies all the time.  See work.py."""
import numpy

import work

random = numpy.random.default_rng(1)
table = random.random((200, 500))
rows = [random.random(50) for _ in range(200)]


def mix(first, second, steps):
    for _ in range(steps):
        first = numpy.sqrt(first * second + 0.5) - first.copy()
    return first


def gather(parts, steps):
    for _ in range(steps):
        joined = numpy.concatenate([part[::-1] * 2 for part in parts])
    return joined


def unit():
    return mix(table, table[::-1], 20), gather(rows, 25)


work.main(unit)
