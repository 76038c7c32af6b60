"""Threads that come and go: at once, with little stacks, from other threads,
with exceptions, in pools.  churn.py ROUNDS"""
import concurrent.futures
import hashlib
import sys
import threading

total = 0
lock = threading.Lock()


def add(number):
    global total
    with lock:
        total += number


def work(n):
    value = 1
    for i in range(n):
        value = value * 31 % 65537
    add(value)


def fails(n):
    try:
        work(n)
        raise ValueError(n)
    except ValueError as error:
        add(error.args[0])


def parent(n):
    threads = [threading.Thread(target=work, args=(n + i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(rounds):
    for number in range(rounds):
        # Below the least that some systems give, a thread would not start at all.
        threading.stack_size((64 << 10, 256 << 10, 1 << 20)[number % 3])
        bodies = [work, fails, parent, work, lambda n: add(n), work, parent, fails]
        threads = [threading.Thread(target=body, args=(number % 50 * 10,)) for body in bodies]
        for thread in threads:
            thread.start()
        digest = hashlib.sha256(bytes(range(256)) * 200).digest()
        add(digest[0])
        for thread in threads:
            thread.join()
        if number % 10 == 0:
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                add(sum(pool.map(lambda n: n * n, range(200))))
    print(total)


main(int(sys.argv[1]))
