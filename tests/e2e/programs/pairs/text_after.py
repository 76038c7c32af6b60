"""Writes a report: its lines are joined once."""


def describe(number):
    return f"{number}: {number * number % 97} of {number % 13}"


def build(count):
    lines = []
    for number in range(count):
        lines.append(describe(number) + "\n")
    return "".join(reversed(lines))


def count_words(text):
    words = {}
    for word in text.split():
        words[word] = words.get(word, 0) + 1
    return words


for _ in range(4):
    report = build(12000)
print(len(count_words(report)))
