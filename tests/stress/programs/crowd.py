"""A storm of threads: hundreds at a time, thousands in a row.  crowd.py ROUNDS

Prints the sum of what they worked out.
"""
import sys
import threading

threading.stack_size(256 * 1024)
results = []


def work(n, gate):
    total = 0
    if gate:
        gate.wait()
    for i in range(n):
        total += i & 3
    results.append(total)


def main(rounds):
    for number in range(rounds):
        gate = threading.Event()
        together = [threading.Thread(target=work, args=(100 + number, gate), name=f"together-{n}")
                    for n in range(100)]
        for thread in together:
            thread.start()
        gate.set()
        for _ in range(200):
            brief = threading.Thread(target=work, args=(10, None))
            brief.start()
            brief.join()
        for thread in together:
            thread.join()
    print(len(results), sum(results))


main(int(sys.argv[1]))
