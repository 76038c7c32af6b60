"""A storm of processes: forks that end in every way, in waves.  swarm.py ROUNDS

Prints how they ended.  With a second argument, LEAKS, it also looks at its
parent, which is prec, before and after, and prints as JSON what that has more
of: descriptors, kibibytes of memory, children; and itself: descriptors, zombies.
"""
import collections
import json
import os
import signal
import subprocess
import sys
import threading
import time

WAVE = 8
ENDS = ("returns", "fails", "is killed", "aborts", "becomes", "has threads", "has children")


def spin(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def child(way, number):
    spin(200 * (number % 7))
    if way == "returns":
        os._exit(0)
    if way == "fails":
        os._exit(number % 100 + 1)
    if way == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if way == "aborts":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    if way == "becomes":
        os.execv("/bin/true", ["true"])
    if way == "has threads":
        threads = [threading.Thread(target=spin, args=(2000,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        # Some of them are still running.
        os._exit(3)
    if os.fork() == 0:
        spin(1000)
        os._exit(0)
    os._exit(os.WEXITSTATUS(os.wait()[1]) + 4)


def waves(rounds):
    ends = collections.Counter()
    number = 0
    for _ in range(rounds):
        born = {}
        for _ in range(WAVE):
            number += 1
            way = ENDS[number % len(ENDS)]
            pid = os.fork()
            if pid == 0:
                try:
                    child(way, number)
                finally:
                    os._exit(99)
            born[pid] = way
        for _ in born.copy():
            pid, status = os.wait()
            ends[born.pop(pid), status & 0x7f, status >> 8 if status & 0x7f == 0 else 0] += 1
    return number, ends


def state(prec):
    # First of all: of the child that tells the zombies prec keeps some for a moment.
    descriptors = len(os.listdir(f"/proc/{prec}/fd"))
    with open(f"/proc/{prec}/status") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    with open(f"/proc/{prec}/task/{prec}/children") as file:
        children = len(file.read().split())
    states = subprocess.run(["ps", "-o", "stat=", "--ppid", str(os.getpid())],
                            stdout=subprocess.PIPE, text=True).stdout.split()
    return {"descriptors": descriptors, "memory": memory, "children": children,
            "own": len(os.listdir("/proc/self/fd")),
            "zombies": sum(letter.startswith("Z") for letter in states)}


if __name__ == "__main__":
    if len(sys.argv) == 2:
        for end, count in sorted(waves(int(sys.argv[1]))[1].items()):
            print(*end, count)
    else:
        waves(30)
        time.sleep(2)
        before = state(os.getppid())
        count, _ = waves(int(sys.argv[1]))
        time.sleep(2)
        after = state(os.getppid())
        print(json.dumps({"count": count, "more": {key: after[key] - before[key] for key in after},
                          "after": after}))
