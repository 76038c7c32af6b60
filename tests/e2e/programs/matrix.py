"""One way of spending time, and the truth about it as JSON.

    matrix.py PHASE SECONDS PERIOD

PHASE is one of those at the end of the file, PERIOD the sampling period in
seconds, which "bursts" needs.  Runs on CPython 3.8 and later.

Every part of the work is bracketed by a Meter: the thread's CPU clock, the
clock on the wall, and what the kernel's scheduler says of the thread: how long
it stood ready without a processor, and into how many pieces its run was cut.
A part's lines are those of the functions that do the work, and of no other.
"""
import dis
import hashlib
import json
import os
import queue
import random
import resource
import sys
import tempfile
import threading
import time

clock, wall = time.thread_time, time.perf_counter
NOISE = os.urandom(1 << 20)
LONG_NOISE = NOISE * 5
NUMBERS = [(i * 7919) % 1000003 for i in range(3000)]
chance = random.Random(1)


class Meter:
    """What the calls of one part have spent, in one thread."""

    def __init__(self, name, kind, *functions):
        self.name, self.kind, self.functions = name, kind, functions
        self.cpu = self.wall = self.queue = 0.0
        self.visits = self.switches = 0
        self.frameless = 0.0  # waited before it had a Python frame
        self.tid = threading.get_native_id()
        path = "/proc/self/task/%d/schedstat" % self.tid
        self.schedstat = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self):
        rest = self.read_rest()
        self.begin = (wall(), *rest, clock())

    def __exit__(self, *_):
        cpu = clock()
        end = (wall(), *self.read_rest(), cpu)
        self.cpu += cpu - self.begin[3]
        self.wall += end[0] - self.begin[0]
        self.queue += end[1] - self.begin[1]
        self.switches += end[2] - self.begin[2]
        self.visits += 1

    def read_rest(self):
        """Seconds of standing ready, and how often it was switched away from."""
        queued = int(os.pread(self.schedstat, 100, 0).split()[1]) / 1e9
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return queued, usage.ru_nvcsw + usage.ru_nivcsw

    def born(self, when):
        """The part is the thread's life, which began then."""
        self.begin = when, 0.0, 0, 0.0
        self.frameless = wall() - when - clock() - self.read_rest()[0]

    def died(self):
        self.__exit__()

    def truth(self):
        lines = set()
        for function in self.functions:
            lines.update(line for _, line in dis.findlinestarts(function.__code__) if line)
        return {"name": self.name, "class": self.kind, "lines": sorted(lines),
                "tid": self.tid, "cpu": self.cpu, "wall": self.wall, "queue": self.queue,
                "pieces": self.visits + self.switches, "frameless": self.frameless}


meters = []


def meter(*arguments):
    meters.append(Meter(*arguments))
    return meters[-1]


# ------------------------------------------------------------------ the work

def count(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def power(n):
    value = 1
    while n:
        value = value * 3 % 65537
        n -= 1
    return value


def sort():
    # Small lists: freeing a large one is work of the interpreter.
    for _ in range(20):
        sorted(NUMBERS)


def digest():
    return hashlib.sha256(LONG_NOISE).digest()


def draw():
    return os.urandom(1 << 19)


def read(file, buffer):
    for _ in range(4):
        file.seek(0)
        file.readinto(buffer)


def short_sleeps(n):
    for _ in range(n):
        time.sleep(0.002)


def long_sleep():
    time.sleep(0.5)


def mixed(seconds, _):
    """One thread: Python, native code, the kernel, short and long sleeps."""
    with tempfile.TemporaryFile() as made:
        made.write(NOISE * 8)
        made.flush()
        file = open(made.fileno(), "rb", buffering=0, closefd=False)
        buffer = bytearray(len(NOISE) * 8)
        parts = [(meter("count", "python", count), count, (70000,)),
                 (meter("power", "python", power), power, (70000,)),
                 (meter("sort", "native", sort), sort, ()),
                 (meter("digest", "native", digest), digest, ()),
                 (meter("draw", "kernel", draw), draw, ()),
                 (meter("read", "kernel", read), read, (file, buffer)),
                 (meter("short_sleeps", "wait", short_sleeps), short_sleeps, (5,))]
        long = meter("long_sleep", "wait", long_sleep)
        end = clock() + seconds
        next_long = clock() + seconds / 8
        while clock() < end:
            for part, call, arguments in parts:
                with part:
                    call(*arguments)
            if clock() > next_long:
                next_long += seconds / 3
                with long:
                    long_sleep()


def counting_thread(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def sorting_thread():
    for _ in range(20):
        sorted(NUMBERS)


def hashing_thread():
    return hashlib.sha256(LONG_NOISE).digest()


def drawing_thread():
    return os.urandom(1 << 19)


def run_threads(bodies):
    """Runs all bodies, each in a thread of its own, which is a part as well."""
    failed = []

    def guarded(body, born):
        try:
            own = meter("thread", None)
            own.born(born)
            body()
            own.died()
        except BaseException as error:
            failed.append(error)
            raise

    threads = []
    for body in bodies:
        threads.append(threading.Thread(target=guarded, args=(body, wall())))
        threads[-1].start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(1)


def threads(seconds, _):
    """Four threads, each with work of its own."""
    def body(name, kind, call, arguments, share):
        def run():
            own = meter(name, kind, call)
            end = clock() + seconds * share
            while clock() < end:
                with own:
                    call(*arguments)
        return run

    run_threads([body("counting_thread", "python", counting_thread, (120000,), 0.4),
                 body("sorting_thread", "native", sorting_thread, (), 0.3),
                 body("hashing_thread", "native", hashing_thread, (), 0.2),
                 body("drawing_thread", "kernel", drawing_thread, (), 0.1)])


def fight(end):
    value = 1
    while wall() < end:
        for _ in range(4000):
            value = value * 3 % 65537
    return value


def contenders(n):
    def phase(seconds, _):
        """Threads of pure Python, of which one at a time can run."""
        end = wall() + seconds

        def run():
            with meter("fight", "python", fight):
                fight(end)
        run_threads([run] * n)
    return phase


def burst_short(n):
    for _ in range(n):
        pass


def burst_long(n):
    for _ in range(n):
        pass


def rest(seconds):
    time.sleep(seconds)


def bursts(seconds, period):
    """Threads that run for 0.3 and for 1.4 periods and sleep between, for a
    time by chance, so that they never keep step with the source of ticks."""
    start = clock()
    for _ in range(10):
        burst_long(100000)
    speed = 10 * 100000 / (clock() - start)
    end = wall() + seconds

    def body(name, call, length):
        def run():
            own = meter(name, "python", call)
            pause = meter(name + "_rest", "wait", rest)
            n = int(speed * length * period)
            while wall() < end:
                with own:
                    call(n)
                with pause:
                    rest(period * chance.uniform(1.5, 3.5))
        return run

    run_threads([body("burst_short", burst_short, 0.3), body("burst_long", burst_long, 1.4)])


def produce(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def consume(n):
    total = 0
    for i in range(n):
        total += i & 15
    return total


def pipeline(seconds, _):
    """Two producers and two consumers on a queue that is now full, now empty."""
    items = queue.Queue(3)
    end = wall() + seconds

    def producer():
        own = meter("produce", "python", produce)
        while wall() < end:
            with own:
                produce(12000)
            items.put(1)
            if chance.random() < 0.05:
                time.sleep(0.02)
        items.put(None)

    def consumer():
        own = meter("consume", "python", consume)
        while items.get() is not None:
            with own:
                consume(16000)

    run_threads([producer, producer, consumer, consumer])


PHASES = {"mixed": mixed, "threads": threads, "gil2": contenders(2), "gil4": contenders(4),
          "bursts": bursts, "pipeline": pipeline}


def lines_of(code, found):
    """{line: names of the functions that have it}, as this interpreter says."""
    for _, line in dis.findlinestarts(code):
        if line is not None:
            found.setdefault(line, []).append(getattr(code, "co_qualname", code.co_name))
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            # A function or class has a line where it is defined.
            found.setdefault(constant.co_firstlineno, []).append(
                getattr(constant, "co_qualname", constant.co_name))
            lines_of(constant, found)
    return found


def main():
    phase, seconds, period = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    PHASES[phase](seconds, period)
    with open(__file__) as source:
        lines = lines_of(compile(source.read(), __file__, "exec"), {})
    print(json.dumps({"file": os.path.abspath(__file__), "phase": phase,
                      "parts": [part.truth() for part in meters], "lines": lines}), flush=True)
    last = Meter("main", None)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime, "main": last.tid,
                      "main_queue": last.read_rest()[0]}), flush=True)
    # What the interpreter spends on its own end could not be told any more.
    os._exit(0)


main()
