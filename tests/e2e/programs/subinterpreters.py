"""Subinterpreters come, compute and go while tasks of the main one await."""
import asyncio
import threading

try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters

CODE = """
import asyncio

async def nap():
    await asyncio.sleep(0.002)

total = 0
for number in range(300):
    total += sum(range(1000))
"""


def visit():
    for _ in range(8):
        interpreter = interpreters.create()
        interpreters.run_string(interpreter, CODE)
        interpreters.destroy(interpreter)


async def main():
    worker = threading.Thread(target=visit)
    worker.start()
    while worker.is_alive():
        await asyncio.sleep(0.01)
    worker.join()


asyncio.run(main())
print("done")
