"""Reads, weighs and reports: what t_diff.py compares after.py with."""
import sys


def read(count):
    rows = []
    for number in range(count):
        rows.append(str(number) * 2)
    return rows


def weigh(rows, steps):
    total = 0
    for row in rows:
        for step in range(steps):
            total += step * len(row)
    return total


def compress(rows):
    text = "".join(rows)
    found = 0
    for at in range(0, len(text), 3):
        found += text[at:at + 3] == "123"
    return found


def legacy(rows):
    seen = 0
    for row in rows:
        seen += row.count("7") * len(row)
    return seen


def main():
    for _ in range(int(sys.argv[1])):
        rows = read(20000)
        weigh(rows, 10)
        compress(rows)
        legacy(rows)


main()
