"""before.py, with one line slower, a function moved, one renamed, one removed."""
import sys


def pack(rows):
    text = "".join(rows)
    found = 0
    for at in range(0, len(text), 3):
        found += text[at:at + 3] == "123"
    return found


def read(count):
    rows = []
    # slower from here on
    for number in range(count):
        rows.append(str(number) * 2)
    return rows


def main():
    for _ in range(int(sys.argv[1])):
        rows = read(20000)
        weigh(rows, 10)
        pack(rows)


def weigh(rows, steps):
    total = 0
    for row in rows:
        for step in range(steps):
            total += sum(range(step, 60)) * len(row)
    return total


main()
