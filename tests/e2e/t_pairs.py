"""Programs before and after somebody made them faster: what pdiff says of them first.

As people do it: a few runs of each, then a look at the first screen of a terminal.
"""
from ptftest import *

PAIRS = PROGRAMS / "pairs"
RUNS = 5


def checkout(name, side):
    """The program of a side in a folder of its own, under one name."""
    program = pathlib.Path(side, f"{name}.py")
    program.parent.mkdir(exist_ok=True)
    shutil.copy(PAIRS / f"{name}_{side}.py", program)
    return program


def first_screen(name, columns, lines):
    sides = {}
    for number in range(RUNS):
        for side in ("before", "after"):
            trace = f"{name}-{side}{number}.ptf"
            if not os.path.exists(trace):
                record(trace, PYTHON, checkout(name, side), options=("-F", "1000"))
            sides.setdefault(side, []).append(trace)
    done = run(BIN / "pdiff", *sides["before"], "--", *sides["after"],
               env={**os.environ, "COLUMNS": str(columns)})
    equal(done.returncode, 0, "status")
    return done.stdout.splitlines()[:lines]


def line_of(side, name, text):
    for number, line in enumerate((PAIRS / f"{name}_{side}.py").read_text().splitlines(), 1):
        if text in line:
            return f"{name}.py:{number}"
    raise KeyError(text)


def check_pair(name, *places):
    """The headline, and the places that a person would look at, whatever the size."""
    for columns, lines in ((80, 24), (120, 40)):
        screen = first_screen(name, columns, lines)
        text = "\n".join(screen)
        check("The program is faster" in text, f"no headline: {text}")
        named = [line for line in screen[screen.index("What changed:"):] if " ms +- " in line]
        for place in places:
            check(any(place in line for line in named), f"{place} is not named: {text}")
        wide = [line for line in screen if len(line) > columns]
        check(not wide, f"wider than {columns}: {wide}")


@test
def rows_of_a_table():
    check_pair("svm", line_of("before", "svm", "features = [row["), "Table.cell", ", gone")


@test
def text_that_is_built():
    check_pair("text", line_of("after", "text", "lines.append"), "build (")


@test
def loops_over_arrays():
    done = run(PYTHON, "-c", "import numpy")
    if done.returncode:
        skip("no numpy")
    check_pair("image", line_of("after", "image", "result[1:-1"), "smooth (")


main()
