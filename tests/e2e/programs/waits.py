"""Waits in known ways and prints, for each, how long and on which line.

    waits.py SCALE

Every kind of waiting is done in a function of its own, so often that it takes
about SCALE seconds.  CPython 3.8 and later.
"""
import dis
import fcntl
import json
import os
import queue
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

clock, wall = time.thread_time, time.perf_counter
chance = random.Random(3)


def queued():
    """Seconds that this thread stood ready without a processor."""
    with open("/proc/self/task/%d/schedstat" % threading.get_native_id()) as file:
        return int(file.read().split()[1]) / 1e9


def work():
    total = 0
    for i in range(20000):
        total += i & 7
    return total


def sleep_2_ms():
    time.sleep(0.002)


def sleep_long(seconds):
    time.sleep(seconds)


def read_pipe(end):
    os.read(end, 1)


def poll_pipe(poller):
    poller.poll(5000)


def select_pipe(end):
    select.select([end], [], [], 5)


def epoll_pipe(poller):
    poller.poll(5)


def write_pipe(end):
    os.write(end, bytes(65536))


def wait_lock(lock):
    lock.acquire()


def wait_child(child):
    os.waitpid(child, 0)


def wait_accept(listener):
    descriptor, _ = listener._accept()  # accept() waits on a line of socket.py
    os.close(descriptor)


def wait_flock(file):
    fcntl.flock(file, fcntl.LOCK_EX)


def wait_signal():
    signal.sigtimedwait([signal.SIGUSR1], 0.03)


def wait_queue(items):
    items.get()


def measure(results, name, kind, call, rounds, *arguments, before=None):
    """Calls again and again, with a little work between."""
    off = 0.0
    for number in range(rounds):
        given = before(number) if before else arguments
        cpu, elapsed, ready = clock(), wall(), queued()
        call(*given)
        off += wall() - elapsed - (clock() - cpu) - (queued() - ready)
        work()
    lines = sorted({line for _, line in dis.findlinestarts(call.__code__) if line})
    results[name] = {"kind": kind, "seconds": off, "lines": lines, "rounds": rounds}


def feeder(write_end, pauses):
    """A process that writes a byte after each pause: no thread to fight with."""
    code = ("import os, sys, time\nfor pause in map(float, sys.argv[1:]):\n"
            "    time.sleep(pause); os.write(1, b'x')\n")
    return subprocess.Popen([sys.executable, "-S", "-c", code, *map(str, pauses)],
                            stdout=write_end)


def fed(name, kind, call, results, seconds, wrap):
    """Waits on a pipe for another process."""
    read_end, write_end = os.pipe()
    pauses = [round(chance.uniform(0.005, 0.03), 4) for _ in range(int(seconds / 0.018))]
    child = feeder(write_end, pauses)
    os.close(write_end)
    argument = wrap(read_end)
    # The child is slow to start, and that is a wait for it as well.
    if call is read_pipe:
        measure(results, name, kind, call, len(pauses), argument)
    else:
        def consumed(number):
            if number:
                os.read(read_end, 1)
            return (argument,)
        measure(results, name, kind, call, len(pauses), before=consumed)
    child.wait()
    os.close(read_end)


def full(results, seconds):
    """Writes into a pipe that somebody empties slowly."""
    read_end, write_end = os.pipe()
    code = ("import os, time\nwhile os.read(0, 65536):\n    time.sleep(0.01)\n")
    child = subprocess.Popen([sys.executable, "-S", "-c", code], stdin=read_end)
    os.close(read_end)
    measure(results, "write_pipe", "write", write_pipe, int(seconds / 0.01), write_end)
    os.close(write_end)
    child.wait()


def locked(results, seconds):
    """A lock that another thread holds; nothing but that thread runs."""
    lock = threading.Lock()
    rounds = int(seconds / 0.02)
    taken, give = threading.Event(), threading.Event()

    def holder():
        for _ in range(rounds):
            give.wait()
            give.clear()
            lock.acquire()
            taken.set()
            time.sleep(0.02)
            lock.release()

    thread = threading.Thread(target=holder)
    thread.start()

    def before(number):
        if number:
            lock.release()
        give.set()
        taken.wait()
        taken.clear()
        return (lock,)

    measure(results, "wait_lock", "futex", wait_lock, rounds, before=before)
    thread.join()


def children(results, seconds):
    def start(_):
        child = os.fork()
        if child == 0:
            time.sleep(0.025)
            os._exit(0)
        return (child,)
    measure(results, "wait_child", "process", wait_child, int(seconds / 0.025), before=start)


def sockets(results, seconds):
    """A child connects again and again."""
    rounds = int(seconds / 0.02)
    with tempfile.TemporaryDirectory() as directory:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(directory + "/socket")
        listener.listen(1)
        child = os.fork()
        if child == 0:
            for _ in range(rounds):
                time.sleep(0.02)
                socket.socket(socket.AF_UNIX).connect(directory + "/socket")
            os._exit(0)
        measure(results, "wait_accept", "accept", wait_accept, rounds, listener)
        os.waitpid(child, 0)
        listener.close()


def file_locks(results, seconds):
    """A child holds the lock of a file, longer than it does not."""
    rounds = int(seconds / 0.025)
    with tempfile.NamedTemporaryFile() as file:
        take, taken = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            own = open(file.name)
            for _ in range(rounds):
                os.read(take[0], 1)
                fcntl.flock(own, fcntl.LOCK_EX)
                os.write(taken[1], b"x")
                time.sleep(0.025)
                fcntl.flock(own, fcntl.LOCK_UN)
            os._exit(0)

        def before(_):
            fcntl.flock(file, fcntl.LOCK_UN)
            os.write(take[1], b"x")
            os.read(taken[0], 1)
            return (file,)

        measure(results, "wait_flock", "lock", wait_flock, rounds, before=before)
        os.waitpid(child, 0)


def queues(results, seconds):
    """queue.SimpleQueue, which waits in C."""
    items = queue.SimpleQueue()
    rounds = int(seconds / 0.015)

    def producer():
        for _ in range(rounds):
            time.sleep(0.015)
            items.put(1)

    thread = threading.Thread(target=producer)
    thread.start()
    measure(results, "wait_queue", "futex", wait_queue, rounds, items)
    thread.join()


def main(scale):
    results = {}
    begin = wall()
    measure(results, "sleep_2_ms", "sleep", sleep_2_ms, int(scale / 0.0022))
    measure(results, "sleep_long", "sleep", sleep_long, 2, scale / 2)
    fed("read_pipe", "read", read_pipe, results, scale, lambda end: end)

    def poller(end):
        made = select.poll()
        made.register(end, select.POLLIN)
        return made

    def epoller(end):
        made = select.epoll()
        made.register(end, select.EPOLLIN)
        return made

    fed("poll_pipe", "poll", poll_pipe, results, scale, poller)
    fed("select_pipe", "poll", select_pipe, results, scale, lambda end: end)
    fed("epoll_pipe", "poll", epoll_pipe, results, scale, epoller)
    full(results, scale)
    locked(results, scale)
    children(results, scale)
    sockets(results, scale)
    file_locks(results, scale)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    measure(results, "wait_signal", "signal", wait_signal, int(scale / 0.03))
    queues(results, scale)
    print(json.dumps({"file": os.path.abspath(__file__), "waits": results,
                      "elapsed": wall() - begin}))


main(float(sys.argv[1]))
