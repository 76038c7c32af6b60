"""Code objects that die, and whose addresses are used again by others.

Compiles many functions with different names, files and lines; each burns a
little CPU time and dies before the next is born.  Prints the truth as JSON:
{file: [function, first line, seconds]}.
"""
import gc
import json
import sys
import time

clock = time.thread_time
truth = {}

TEMPLATE = """{blank}def {name}(end, clock):
    while clock() < end:
        for _ in range({count}):
            pass
"""


def one(number, seconds):
    file, name = f"/made/up/file_{number}.py", f"function_{number}"
    blank = "\n" * (number * 3)
    space = {}
    source = TEMPLATE.format(blank=blank, name=name, count=300 + number % 7)
    exec(compile(source, file, "exec"), space)
    begin = clock()
    space[name](begin + seconds, clock)
    truth[file] = [name, number * 3 + 1, clock() - begin]
    address = id(space[name].__code__)
    space.clear()
    return address


addresses = set()
total = int(sys.argv[1])
for number in range(total):
    addresses.add(one(number, 0.02))
    if number % 10 == 0:
        gc.collect()
json.dump({"truth": truth, "addresses": len(addresses), "total": total}, sys.stdout)
