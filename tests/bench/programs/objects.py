"""Work that allocates all the time, in pure Python.  See work.py."""
import work


class Node:
    def __init__(self, depth, name):
        self.name = name
        self.children = [Node(depth - 1, f"{name}/{i}") for i in range(2)] if depth else []


def records(count):
    made = [{"id": i + 1000, "name": f"record {i}", "values": [float(i), i * 1.5]}
            for i in range(count)]
    return {record["name"]: record for record in made}


def pieces(text):
    return [piece.upper() + "!" for piece in text.split()]


def unit():
    return Node(11, "root"), len(records(8000)), b"".join(
        piece.encode() for piece in pieces(text))


text = " ".join(f"word{i}" for i in range(24000))
work.main(unit)
