"""Crowds of processes and threads, each of which knows what it spends.

    crowds.py KIND SECONDS

KIND is one of those at the end of the file, SECONDS about the CPU time of all
together.  Every thread that works prints a line of JSON when it ends, the first
process one about all of them, which it prints last.  Runs on CPython 3.8 and later.
"""
import dis
import hashlib
import http.client
import http.server
import json
import multiprocessing.util
import os
import pickle
import resource
import signal
import socketserver
import subprocess
import sys
import threading
import time

NOISE = bytes(3 << 20)


def count():
    total = 0
    for i in range(60000):
        total += i & 7
    return total


def digest():
    return hashlib.sha256(NOISE).digest()


PARTS = {"count": (count, "python"), "digest": (digest, "native")}


class Account:
    """What one thread spends."""

    def __init__(self):
        self.parts = {name: 0.0 for name in PARTS}
        self.pieces = 0

    def work(self):
        """About ten milliseconds."""
        for name, (function, _) in PARTS.items():
            begin = time.thread_time()
            function()
            self.parts[name] += time.thread_time() - begin
        self.pieces += 1

    def close(self):
        """By the thread itself, as the last that it does."""
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return {"pid": os.getpid(), "tid": threading.get_native_id(), "parts": self.parts,
                "pieces": self.pieces + usage.ru_nvcsw + usage.ru_nivcsw,
                "process_cpu": time.process_time(), "cpu": time.thread_time()}


def say(truth):
    os.write(1, (json.dumps(truth) + "\n").encode())  # whole lines, whoever writes


account = Account()


def job(_):
    account.work()


def jobs(seconds):
    return round(seconds / 0.01)


# --------------------------------------------------------------- a pool of 64

def enlist():
    multiprocessing.util.Finalize(None, lambda: say(account.close()), exitpriority=0)


def pool(seconds):
    with multiprocessing.get_context("fork").Pool(64, initializer=enlist) as workers:
        workers.map(job, range(jobs(seconds)), chunksize=1)
        workers.close()
        workers.join()


# ---------------------------------------------------------------- 500 threads

def threads(seconds):
    gate = threading.Event()

    def run():
        own = Account()
        gate.wait()
        for _ in range(max(1, jobs(seconds) // 500)):
            own.work()
        say(own.close())

    threading.stack_size(128 * 1024)
    all_threads = [threading.Thread(target=run) for _ in range(500)]
    for thread in all_threads:
        thread.start()
    gate.set()
    for thread in all_threads:
        thread.join()


# ---------------------------------------- a server that has forked its workers

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        account.work()
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Listener(socketserver.TCPServer):
    request_queue_size = 128
    timeout = 0.1  # how late a worker sees that it is told to go


def serve(listener):
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    while not is_over.is_set():
        listener.handle_request()
    say(account.close())
    os._exit(0)


def client(address, count, wrong):
    own = Account()
    for number in range(count):
        connection = http.client.HTTPConnection(*address)
        connection.request("GET", "/%d" % number)
        if connection.getresponse().read() != b"/%d" % number:
            wrong.append(number)
        connection.close()
    say(own.close())


def server(seconds):
    listener = Listener(("127.0.0.1", 0), Page)
    listener.socket.setblocking(False)  # another worker may have been faster
    workers = []
    for _ in range(6):
        workers.append(os.fork())
        if workers[-1] == 0:
            serve(listener)
    wrong = []
    clients = [threading.Thread(target=client, args=(listener.server_address, jobs(seconds) // 8, wrong))
               for _ in range(8)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        os.waitpid(pid, 0)
    if wrong:
        raise SystemExit("%d wrong answers" % len(wrong))


# ------------------------- one that runs tests in workers, as pytest-xdist does

BOOTSTRAP = """
import pickle, sys
text, path = pickle.load(sys.stdin.buffer)
module = {"__name__": "worker", "__file__": path}
exec(compile(text, path, "exec"), module)
module["be_a_worker"]()
"""


def send(stream, message):
    pickle.dump(message, stream)
    stream.flush()


def be_a_worker():
    """Runs what comes on stdin; its code came that way, too."""
    while True:
        item = pickle.load(sys.stdin.buffer)
        if item is None:
            send(sys.stdout.buffer, account.close())
            os._exit(0)
        job(item)
        send(sys.stdout.buffer, item)


def drive(worker, items, text):
    """The thread of one worker gives it the next test when one has ended."""
    send(worker.stdin, (text, os.path.abspath(__file__)))
    while items:
        item = items.pop()
        send(worker.stdin, item)
        if pickle.load(worker.stdout) != item:
            os._exit(1)
    send(worker.stdin, None)
    say(pickle.load(worker.stdout))
    worker.wait()


def runner(seconds):
    with open(__file__) as source:
        text = source.read()
    items = list(range(jobs(seconds)))
    workers = [subprocess.Popen([sys.executable, "-u", "-c", BOOTSTRAP], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE) for _ in range(4)]
    drivers = [threading.Thread(target=drive, args=(worker, items, text)) for worker in workers]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()


KINDS = {"pool": pool, "threads": threads, "server": server, "runner": runner}


def lines_of(function):
    return sorted({line for _, line in dis.findlinestarts(function.__code__) if line})


if __name__ == "__main__":
    KINDS[sys.argv[1]](float(sys.argv[2]))
    say(account.close())
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    say({"file": os.path.abspath(__file__),
         "parts": {name: {"lines": lines_of(function), "class": kind}
                   for name, (function, kind) in PARTS.items()},
         "cpu": sum(usage.ru_utime + usage.ru_stime for usage in usages)})
    # What the interpreter spends on its own end could not be told any more.
    os._exit(0)
