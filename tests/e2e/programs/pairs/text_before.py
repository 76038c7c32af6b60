"""Writes a report: each line is put before the whole text."""


def describe(number):
    return f"{number}: {number * number % 97} of {number % 13}"


def build(count):
    text = ""
    for number in range(count):
        text = describe(number) + "\n" + text
    return text


def count_words(text):
    words = {}
    for word in text.split():
        words[word] = words.get(word, 0) + 1
    return words


for _ in range(4):
    report = build(12000)
print(len(count_words(report)))
