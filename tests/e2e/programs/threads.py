"""Threads with known CPU times; prints {thread id: seconds of CPU} as JSON."""
import json
import sys
import threading
import time
import zlib

truth = {}
NOISE = bytes((i * i) % 251 for i in range(1 << 18))


def python_work(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        for _ in range(2000):
            pass
    truth[threading.get_native_id()] = ["python_work", time.thread_time()]


def native_work(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        zlib.compress(NOISE, 6)
    truth[threading.get_native_id()] = ["native_work", time.thread_time()]


def short(_):
    truth[threading.get_native_id()] = ["short", time.thread_time()]


scale = float(sys.argv[1])
threads = [threading.Thread(target=python_work, args=(0.3 * scale,)),
           threading.Thread(target=python_work, args=(0.9 * scale,)),
           threading.Thread(target=native_work, args=(0.6 * scale,)),
           threading.Thread(target=native_work, args=(0.2 * scale,))]
for thread in threads:
    thread.start()
for _ in range(100):
    brief = threading.Thread(target=short, args=(0,))
    brief.start()
    brief.join()
for thread in threads:
    thread.join()
print(json.dumps({"truth": truth, "cpu": time.process_time(), "main": time.thread_time()}))
