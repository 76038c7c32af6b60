"""Pure-Python work.  See work.py."""
import json
import re

import work


def numbers(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


class Tree:
    def __init__(self, depth):
        self.left = Tree(depth - 1) if depth else None
        self.right = Tree(depth - 1) if depth else None

    def count(self):
        return 1 + (self.left.count() if self.left else 0) + (
            self.right.count() if self.right else 0)


def words(text):
    seen = {}
    for word in re.findall(r"\w+", text):
        seen[word] = seen.get(word, 0) + 1
    return sorted(seen.items(), key=lambda item: (-item[1], item[0]))


def unit():
    return numbers(40000), Tree(11).count(), len(words(text)), len(json.dumps(words(text)))


text = " ".join(f"word{i * i % 997}" for i in range(6000))
work.main(unit)
