"""Tasks that await at known lines, and one that computes; for t_asyncio.py.

Prints what each line awaited and what the computing line used, by its own clocks:
{"file": ..., "awaits": {LINE: seconds}, "totals": {LINE: seconds}, "cpu": {LINE:
seconds}, "many": {LINE: seconds}}.  "totals" are of lines whose await is a coroutine
of this file; "many" is of a hundred tasks at once.
"""
import asyncio
import collections
import json
import sys
import time

awaits = collections.Counter()
totals = collections.Counter()
cpu = collections.Counter()
many = collections.Counter()


class Timed:
    """Adds the time inside to a counter, for the line of the with statement + 1."""

    def __init__(self, counter, clock=time.monotonic):
        self.counter, self.clock = counter, clock
        self.line = sys._getframe(1).f_lineno + 1

    def __enter__(self):
        self.start = self.clock()

    def __exit__(self, *_):
        self.counter[self.line] += self.clock() - self.start


async def asleep(seconds):
    with Timed(awaits):
        await asyncio.sleep(seconds)


async def innermost():
    with Timed(awaits):
        await asyncio.sleep(0.7)


async def inner():
    with Timed(totals):
        await innermost()


async def outer():
    with Timed(totals):
        await inner()


async def one_of_many():
    with Timed(many):
        await asyncio.sleep(1)


async def produce(queue):
    for _ in range(5):
        await asleep(0.2)
        await queue.put(1)
    await queue.put(None)


async def consume(queue):
    while True:
        with Timed(awaits):
            item = await queue.get()
        if item is None:
            return


async def generate():
    for number in range(4):
        with Timed(awaits):
            await asyncio.sleep(0.2)
        yield number


async def iterate():
    async for number in generate():
        await asyncio.sleep(0)


async def follow(task):
    with Timed(awaits):
        await task


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(200))


async def compute():
    for _ in range(15):
        with Timed(cpu, time.thread_time):
            burn(0.02)
        await asleep(0.03)


async def main():
    await asyncio.sleep(0.3)  # a recorder finds the tasks of a loop that runs
    awaits.clear()
    queue = asyncio.Queue()
    long = asyncio.ensure_future(outer())
    await asyncio.gather(long, follow(long), asleep(1.1), produce(queue),
                         consume(queue), iterate(), compute())
    await asyncio.gather(*[one_of_many() for _ in range(100)])


asyncio.run(main())
print(json.dumps({"file": __file__, "awaits": awaits, "totals": totals, "cpu": cpu,
                  "many": many}))
