"""What the pictures in the README show: a program with phases, threads, waits."""
import hashlib
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools" / "python"))
import ptf


def spend(seconds, work):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        work()


def parse():
    return json.loads('{"name": "walk", "steps": [1, 2, 3, 4, 5, 6, 7, 8]}')


def step(numbers=range(500)):
    total = 0
    for number in numbers:
        total += number * number % 7
    return total


def digest(block=bytes(400000)):
    return hashlib.sha256(block).digest()


def salt():
    return os.urandom(20000)


with ptf.region("load"):
    time.sleep(0.4)
    spend(0.8, parse)
    table = [bytes(1000) for _ in range(40000)]
ptf.mark("table is there")
with ptf.region("compute"):
    threads = [threading.Thread(target=spend, args=(1.2, work), name=work.__name__)
               for work in (step, digest)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
del table
with ptf.region("write"):
    spend(0.6, salt)
    time.sleep(0.3)
