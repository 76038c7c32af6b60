"""Burns CPU in functions of every kind; prints {qualified name: seconds} as JSON."""
import json
import sys
import time

spent = {}
clock = time.thread_time


def burn(seconds):
    end = clock() + seconds
    while clock() < end:
        for _ in range(500):
            pass


def spin(name, seconds, loop):
    begin = clock()
    while clock() < begin + seconds:
        loop()
    spent[name] = spent.get(name, 0) + clock() - begin


class Outer:
    def method(self):
        for _ in range(30000):
            pass

    @staticmethod
    def static():
        for _ in range(30000):
            pass

    @classmethod
    def class_method(cls):
        for _ in range(30000):
            pass

    class Inner:
        def method(self):
            for _ in range(30000):
                pass

    @property
    def value(self):
        for _ in range(30000):
            pass


def make():
    def closure():
        for _ in range(30000):
            pass
    return closure


def größe():
    for _ in range(30000):
        pass


def main(seconds):
    outer = Outer()
    spin("Outer.method", seconds, outer.method)
    spin("Outer.static", seconds, Outer.static)
    spin("Outer.class_method", seconds, Outer.class_method)
    spin("Outer.Inner.method", seconds, Outer.Inner().method)
    spin("Outer.value", seconds, lambda: outer.value)
    spin("make.<locals>.closure", seconds, make())
    spin("größe", seconds, größe)
    json.dump({"spent": spent, "version": sys.version_info[:2]}, sys.stdout)


main(float(sys.argv[1]))
