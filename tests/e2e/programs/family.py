"""Processes of every kind that know what they spend.  family.py KIND [SECONDS]

Each prints one line of JSON when it ends: pid, parent, kind, CPU seconds of the
process, and those of its two functions.
"""
import json
import os
import subprocess
import sys
import time


def spin_short(end):
    while time.process_time() < end:
        for i in range(500):
            i & 3


def spin_long(end):
    while time.process_time() < end:
        for i in range(500):
            i & 5


def work(kind, seconds):
    """A third of it in one function, two thirds in the other."""
    start = time.process_time()
    spin_short(start + seconds / 3)
    middle = time.process_time()
    spin_long(start + seconds)
    end = time.process_time()
    line = json.dumps({"pid": os.getpid(), "parent": os.getppid(), "kind": kind,
                       "cpu": end, "short": middle - start, "long": end - middle})
    os.write(1, (line + "\n").encode())


def job(number):
    work("job", SECONDS + number * 0.05)
    return number


def forks(seconds):
    for number in range(3):
        if os.fork() == 0:
            work("fork", seconds + number * 0.1)
            os._exit(number)
    for _ in range(3):
        os.wait()


def grandchildren(seconds):
    if os.fork() == 0:
        if os.fork() == 0:
            work("grandchild", seconds)
            os._exit(7)
        work("child", seconds)
        os._exit(os.WEXITSTATUS(os.wait()[1]))
    os.wait()


def again(seconds, *words):
    return [sys.executable, __file__, "alone", str(seconds), *words]


def subprocesses(seconds):
    subprocess.run(again(seconds), check=True)
    subprocess.run(again(seconds), check=True, env={})
    subprocess.run(again(seconds), check=True, close_fds=False)
    subprocess.run(again(seconds), check=True, preexec_fn=lambda: os.closerange(3, 2000))
    subprocess.run(" ".join(again(seconds)), check=True, shell=True)


def spawned(seconds):
    os.waitpid(os.posix_spawn(sys.executable, again(seconds), {}), 0)
    os.waitpid(os.posix_spawnp("env", ["env"] + again(seconds), os.environ), 0)
    if os.system(" ".join(again(seconds))) != 0:
        raise SystemExit("system() failed")
    if os.spawnv(os.P_WAIT, sys.executable, again(seconds)) != 0:
        raise SystemExit("spawnv() failed")
    import ctypes  # os.popen is subprocess
    libc = ctypes.CDLL(None)
    libc.popen.restype = ctypes.c_void_p
    libc.pclose.argtypes = [ctypes.c_void_p]
    sys.stdout.flush()
    if libc.pclose(libc.popen(" ".join(again(seconds)).encode(), b"w")) != 0:
        raise SystemExit("popen() failed")


def pool(method, seconds):
    import multiprocessing
    with multiprocessing.get_context(method).Pool(3) as workers:
        workers.map(job, range(3), chunksize=1)


def executor(seconds):
    import concurrent.futures
    with concurrent.futures.ProcessPoolExecutor(2) as workers:
        list(workers.map(job, range(4)))


def daemon(seconds):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(3, 4096)
    os.chdir("/")
    work("daemon", seconds)
    os._exit(0)


def jailed(seconds):
    """In an empty root, where nothing of the recorder is."""
    if os.fork() == 0:
        os.mkdir("jail")
        os.chroot("jail")
        os.chdir("/")
        import threading
        thread = threading.Thread(target=work, args=("jailed", seconds))
        thread.start()
        thread.join()
        os._exit(0)
    os.wait()


SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.4

if __name__ == "__main__":
    kind = sys.argv[1]
    if kind == "alone":
        work(kind, SECONDS)
        os._exit(0)
    if kind in ("fork", "forkserver", "spawn"):
        pool(kind, SECONDS)
    else:
        globals()[kind](SECONDS)
    work("first", SECONDS)
    # What the interpreter spends on its own end could not be told any more.
    os._exit(0)
