"""hold_before.py with one line of twice the memory."""
import sys

KEPT = []


def read(count):
    rows = []
    for _ in range(count):
        rows.append(bytearray(80_000))
    return rows


def index(count):
    table = {}
    for number in range(count):
        table[number] = bytearray(50_000)
    return table


def scratch(count):
    for _ in range(count):
        text = "x" * 60_000
    return text


def remember(count):
    for _ in range(count):
        KEPT.append(bytearray(20_000))


def main(kept):
    rows, table = read(1000), index(800)
    for row in rows[:40]:
        scratch(40)
        remember(kept)
        sum(range(100_000))
        table[0] = row[:10]


main(int(sys.argv[1]))
