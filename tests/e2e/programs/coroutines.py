"""A task whose innermost coroutine computes; for t_asyncio.py."""
import asyncio
import time


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(200))


async def innermost():
    burn(0.05)
    await asyncio.sleep(0)
    burn(0.05)


async def inner():
    await innermost()


async def generate():
    for _ in range(5):
        await inner()
        yield


async def outer():
    async for _ in generate():
        pass


asyncio.run(outer())
