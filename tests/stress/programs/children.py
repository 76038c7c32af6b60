"""Forks, programs started in every way, and exec chains.  children.py ROUNDS

Prints every status it saw, and at last becomes itself a few times.
"""
import os
import subprocess
import sys
import threading
import warnings

# Forking from a process with threads is what is tried here.
warnings.simplefilter("ignore")


def spin(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def forked(number):
    child = os.fork()
    if child == 0:
        os._exit(spin(20000 + number) % 200)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])


def spawned(number):
    child = os.posix_spawn("/bin/sh", ["sh", "-c", "exit %d" % (number % 100)], os.environ)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])


def forked_and_replaced(number):
    child = os.fork()
    if child == 0:
        spin(5000)
        try:
            os.execve("/bin/sh", ["sh", "-c", "kill -%d $$" % (9 if number % 2 else 15)],
                      os.environ)
        finally:
            os._exit(99)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def cannot_be_replaced(_):
    try:
        os.execv("/does/not/exist", ["x"])
    except OSError as error:
        return error.errno


def started(number):
    done = subprocess.run([sys.executable, "-S", "-c", "print(sum(range(%d)))" % number],
                          stdout=subprocess.PIPE)
    return int(done.stdout)


def main(rounds, again, digest):
    ways = [forked, spawned, forked_and_replaced, cannot_be_replaced, forked]
    for number in range(rounds):
        for way in ways:
            digest = (digest * 31 + way(number)) % 1000003
        if number % 10 == 0:
            digest = (digest * 31 + started(number * 100)) % 1000003
            digest = (digest * 31 + os.system("exit 7")) % 1000003
            with os.popen("echo $((%d * 3))" % number) as pipe:
                digest = (digest * 31 + int(pipe.read())) % 1000003
        if number % 5 == 0:
            # Forks while other threads run and fork as well.
            results = [0] * 4

            def in_thread(place):
                results[place] = forked(place) + spin(30000)
            threads = [threading.Thread(target=in_thread, args=(i,)) for i in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            digest = (digest * 31 + sum(results)) % 1000003
    print(rounds, again, digest, flush=True)
    if again:
        os.execv(sys.executable, [sys.executable, __file__, str(max(1, rounds // 4)),
                                  str(again - 1), str(digest)])


main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6,
     int(sys.argv[3]) if len(sys.argv) > 3 else 0)
