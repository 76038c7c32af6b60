"""A program with signals and timers of its own, the profiler's too.  alarms.py ROUNDS

What it prints does not depend on how fast it is: that every kind of signal
came, and that nothing was lost or disturbed by any of them.
"""
import faulthandler
import os
import select
import signal
import sys
import threading
import time

seen = {}


def note(number, frame):
    seen[number] = seen.get(number, 0) + 1


def spin(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def timers():
    """The three interval timers at once; SIGPROF is what profilers use."""
    wanted = ((signal.ITIMER_REAL, signal.SIGALRM), (signal.ITIMER_VIRTUAL, signal.SIGVTALRM),
              (signal.ITIMER_PROF, signal.SIGPROF))
    for which, number in wanted:
        signal.signal(number, note)
        signal.setitimer(which, 0.003, 0.003)
    seen.clear()
    end = time.thread_time() + 0.15
    while time.thread_time() < end:
        spin(2000)
    result = [seen.get(number, 0) > 3 for _, number in wanted]
    for which, _ in wanted:
        signal.setitimer(which, 0)
    return result


def to_itself():
    """Signals to itself and to a thread, in order, none lost."""
    seen.clear()
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTRAP, signal.SIGPROF):
        signal.signal(number, note)
        for _ in range(50):
            os.kill(os.getpid(), number)
            spin(300)
    return [seen.get(number) for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTRAP,
                                            signal.SIGPROF)]


def blocked():
    """What is blocked stays pending, and comes once when it is let through."""
    numbers = [signal.SIGUSR1, signal.SIGTRAP, signal.SIGPROF]
    seen.clear()
    for number in numbers:
        signal.signal(number, note)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    for number in numbers:
        for _ in range(3):
            os.kill(os.getpid(), number)
    spin(50000)
    pending = sorted(signal.sigpending() & set(numbers))
    early = dict(seen)
    masked = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    spin(1000)
    return [len(pending), len(early), [int(n) for n in masked],
            [seen.get(number) for number in numbers]]


def waited():
    """A signal that is waited for instead of handled."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    threading.Timer(0.005, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    got = signal.sigwait([signal.SIGUSR1])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    return int(got)


def ignored():
    for number in (signal.SIGTRAP, signal.SIGPROF, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
        os.kill(os.getpid(), number)
    spin(100000)
    return [signal.getsignal(number) == signal.SIG_IGN
            for number in (signal.SIGTRAP, signal.SIGPROF, signal.SIGUSR2)]


def woken():
    """A wakeup descriptor gets each signal, and poll is cut short by a handler."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    old = signal.set_wakeup_fd(write_end)
    signal.signal(signal.SIGALRM, note)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    poller = select.poll()
    poller.register(read_end, select.POLLIN)
    ready = poller.poll(3000)
    signal.set_wakeup_fd(old)
    got = os.read(read_end, 10)
    os.close(read_end)
    os.close(write_end)
    return [len(ready), list(got)]


def sleeps():
    """Nothing makes a sleep too short."""
    short = 0
    for _ in range(20):
        begin = time.monotonic()
        time.sleep(0.002)
        short += time.monotonic() - begin < 0.002
    return short


def main(rounds):
    faulthandler.enable()
    steps = [timers, to_itself, blocked, waited, ignored, woken, sleeps]
    results = {step.__name__: [] for step in steps}
    for _ in range(rounds):
        for step in steps:
            answer = step()
            if answer not in results[step.__name__]:
                results[step.__name__].append(answer)
    for name, answers in results.items():
        print(name, answers)


main(int(sys.argv[1]))
