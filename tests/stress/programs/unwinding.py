"""Stacks that grow, break off and are thrown away: recursion to the limit,
exceptions, generators, coroutines, code made at run time.  unwinding.py ROUNDS"""
import asyncio
import gc
import sys
import threading


def down(n):
    if n == 0:
        return 0
    return 1 + down(n - 1)


def for_ever(n):
    return for_ever(n + 1) + 1


def limit():
    """Runs into the limit of recursion, which is where it is without prec."""
    try:
        for_ever(0)
    except RecursionError:
        return 1
    return 0


class Key:
    made = 0

    def __init__(self, value):
        self.value = value
        Key.made += 1

    def __lt__(self, other):
        if self.value == 333 and other.value % 7 == 0:
            raise ArithmeticError
        return self.value < other.value

    def __del__(self):
        Key.made -= 1


def broken_sort(n):
    try:
        sorted(Key((i * 37) % n) for i in range(n))
    except ArithmeticError:
        return 1
    return 0


def numbers(n):
    try:
        for i in range(n):
            yield i
            if i % 3 == 0:
                yield from (j for j in range(3))
    finally:
        down(5)


def generators(n):
    total = sum(numbers(n))
    cut = numbers(n)
    next(cut)
    cut.close()
    thrown = numbers(n)
    next(thrown)
    try:
        thrown.throw(KeyError)
    except KeyError:
        total += 1
    return total


def tasks(n):
    async def leaf(i):
        await asyncio.sleep(0)
        if i % 5 == 0:
            raise LookupError(i)
        return i

    async def all_of_them():
        done = await asyncio.gather(*(leaf(i) for i in range(n)), return_exceptions=True)
        return sum(i if isinstance(i, int) else 1000 for i in done)

    return asyncio.run(all_of_them())


def made_code(number):
    """Code that lives for an instant, often at the address of the one before."""
    space = {}
    for i in range(30):
        name = "f%d_%d" % (number, i)
        text = "def %s(n):\n%s    return n * %d\n" % (name, "    n += 1\n" * (i % 4), i)
        exec(compile(text, "<made %d>" % i, "exec"), space)
        space["total"] = space.get("total", 0) + space.pop(name)(number)
    return space["total"]


def in_a_deep_thread():
    result = []
    threading.stack_size(256 << 20)
    limit_before = sys.getrecursionlimit()
    sys.setrecursionlimit(30000)
    thread = threading.Thread(target=lambda: result.append(down(20000)))
    thread.start()
    thread.join()
    sys.setrecursionlimit(limit_before)
    threading.stack_size(0)
    return result[0]


def main(rounds):
    total = 0
    for number in range(rounds):
        total += down(900) + limit() + broken_sort(800) + generators(300)
        total += made_code(number)
        if number % 5 == 0:
            total += tasks(100) + in_a_deep_thread()
            gc.collect()
    gc.collect()
    print(total, Key.made)


main(int(sys.argv[1]))
