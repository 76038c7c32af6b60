"""Time that tasks of asyncio await, by line; greenlets and subinterpreters.

The truth is what the program measures around its own awaits.
"""
import csv
import io

from ptftest import *
from interpreters import SUPPORTED, interpreters

FOUND = interpreters(PYTHON)


def await_lines(trace, file):
    """{line: (self seconds, total seconds)} of the lines of a file."""
    done = run(PCONV, "--to", "csv", "--metric", "await", trace)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    lines = {}
    for row in csv.DictReader(io.StringIO(done.stdout)):
        equal(row["class"], "await", "class of a row of --metric await")
        if row["file"] == file:
            lines[int(row["line"])] = (int(row["self_ns"]) / 1e9, int(row["total_ns"]) / 1e9)
    return lines


def seconds(truth, name):
    return {int(line): value for line, value in truth[name].items()}


def compare_awaits(trace, truth):
    """What is wrong, in words."""
    lines = await_lines(trace, truth["file"])
    seen = {line: lines.get(line, (0, 0)) for line in range(1, 200)}
    awaits, totals = seconds(truth, "awaits"), seconds(truth, "totals")
    (many_line, many), = seconds(truth, "many").items()
    wrong = []
    whole_true = sum(awaits.values())
    whole_seen = sum(seen[line][0] for line in awaits)
    for line, true in awaits.items():
        share, true_share = seen[line][0] / whole_seen * 100, true / whole_true * 100
        if abs(share - true_share) > 3:
            wrong.append(f"line {line}: {share:.1f} %, truly {true_share:.1f} %")
    for line, true in totals.items():
        if seen[line][0] > 0.01 * true:
            wrong.append(f"line {line} awaits {seen[line][0]:.3f} s itself")
        share, true_share = seen[line][1] / whole_seen * 100, true / whole_true * 100
        if abs(share - true_share) > 3:
            wrong.append(f"all of line {line}: {share:.1f} %, truly {true_share:.1f} %")
    # Looks are 20 to 50 ms apart, and both ends of the time are one second apart:
    # what is met at the ends can be half of an interval off, at each.
    for name, got, true in (("all lines", whole_seen, whole_true),
                            ("a hundred tasks", seen[many_line][0], many)):
        if abs(got / true - 1) > 0.05:
            wrong.append(f"{name}: {got:.2f} s, truly {true:.2f} s")
    return wrong


def awaits(python):
    for attempt in range(2):
        done = record("awaits.ptf", python, PROGRAMS / "awaits.py")
        truth = json.loads(done.stdout)
        section = whole("awaits.ptf")
        wrong = compare_awaits("awaits.ptf", truth)
        if not wrong:
            break
        note(f"measured again: {'; '.join(wrong)}")
    check(not wrong, "; ".join(wrong))
    # The time of threads is what it is without.
    (line, used), = seconds(truth, "cpu").items()
    charged = 0
    for stack, cls, _, ns in section.stacks():
        if cls in ON_CPU and (truth["file"], line) in [frame[1:3] for frame in stack]:
            charged += ns / 1e9
    process = pinfo("awaits.ptf")["processes"][0]
    check(abs(charged - used) < 0.05 * used + 0.02,
          f"line {line} computed {used:.3f} s, charged {charged:.3f} s")
    check(abs(section.total(classes=ALL_CPU) - process["cpu_ns"]) < 1e6,
          "the rows of the threads are not the CPU time of the process")
    check(not any(frame[0] == "asleep" and cls == WAIT for stack, cls, _, _ in section.stacks()
                  for frame in stack), "a wait of a thread in a task that is suspended")


def frames(python):
    """The coroutines that await the one that runs are below it on the stack."""
    record("frames.ptf", python, PROGRAMS / "coroutines.py", options=["-F", "1000"])
    chain = ["outer", "generate", "inner", "innermost", "burn"]
    computed = 0
    for stack, cls, _, ns in whole("frames.ptf").stacks():
        names = [frame[0].split(".")[-1] for frame in stack]
        if cls not in ON_CPU or "burn" not in names:
            continue
        at = names.index("burn")
        check(names[max(0, at - 4):at + 1] == chain, f"burn() stands on {names[:at]}")
        computed += ns
    check(computed > 0.3e9, f"burn() computed half a second, seen {computed / 1e9:.3f} s")


def for_each_version(what, exercise):
    for version in SUPPORTED:
        def one(version=version):
            if version not in FOUND:
                skip("no such interpreter here")
            exercise(FOUND[version][0])
        one.__name__ = f"CPython {version[0]}.{version[1]}: {what}"
        test(one)


for_each_version("time awaited by line", awaits)
for_each_version("coroutines that await are frames", frames)


@test
def the_table_the_json_and_other_formats_have_it():
    truth = json.loads(record("forms.ptf", PYTHON, PROGRAMS / "awaits.py").stdout)
    (line, _), = seconds(truth, "many").items()
    table = run(PCONV, "forms.ptf", env={**os.environ, "COLUMNS": "120"}).stdout
    check("await" in table.split("Line", 1)[1].splitlines()[0], "the table has no column await")
    report = pconv_json("forms.ptf")
    check(report["async_profile"], "async_profile is false")
    entries = {entry["lineno"]: entry for entry in report["files"][truth["file"]]["lines"]}
    share = entries[line]["n_async_await_percent"]
    row = next(text for text in table.splitlines()
               if text.replace("│", " ").split()[:1] == [str(line)] and "sleep(1)" in text)
    check(f"{share:.0f}%" in row, f"the table says {row!r}, the JSON {share:.1f} %")
    all_ns = sum(entry["ptf_await_ns"] for file in report["files"].values()
                 for entry in file["lines"])
    equal(all_ns, report["ptf_await_ns"], "await of all lines and of all")
    equal(sum(report[f"ptf_{name}_ns"] for name in ("python", "native", "kernel", "runnable",
                                                    "gil", "wait", "unknown")),
          report["ptf_all_ns"], "the classes and the 100 %")
    folded = run(PCONV, "--to", "folded", "--metric", "await", "forms.ptf").stdout
    total_us = sum(int(row.rsplit(" ", 1)[1]) for row in folded.splitlines())
    check(abs(total_us * 1000 - all_ns) < 1000 * len(folded.splitlines()),
          f"folded has {total_us} us, the table {all_ns} ns")
    done = run(PCONV, "--metric", "await", "forms.ptf", "-o", "forms.svg")
    check("time awaited by tasks" in pathlib.Path("forms.svg").read_text(),
          f"the flame graph is of something else: {done.stderr}")
    merged = run(BIN / "pmerge", "-o", "merged.ptf", "forms.ptf")
    check(merged.returncode == 0, merged.stderr)
    equal(await_lines("merged.ptf", truth["file"]), await_lines("forms.ptf", truth["file"]),
          "await by line of the merged trace")


@test
def without_tasks_there_is_nothing_of_it():
    record("plain.ptf", PYTHON, "-c", "import time; time.sleep(0.2)")
    names = [metric["name"] for metric in pinfo("plain.ptf")["metrics"]]
    check("await" not in names, f"metrics {names}")
    check("await" not in run(PCONV, "plain.ptf").stdout, "a column of nothing")
    done = run(PCONV, "--to", "folded", "--metric", "await", "plain.ptf")
    equal(done.returncode, 1, "exit status where nothing was awaited")
    check("no task" in one_line(done.stderr), done.stderr)


@test
def more_tasks_than_a_look_takes():
    code = ("import asyncio\n"
            "async def nap(): await asyncio.sleep(2)\n"
            "async def main():\n"
            "    await asyncio.gather(*[nap() for _ in range(5000)])\n"
            "asyncio.run(main())\n")
    pathlib.Path("crowd.py").write_text(code)
    record("crowd.ptf", PYTHON, "crowd.py")
    # Making and ending 5000 tasks takes time, in which few are looked at.
    got = await_lines("crowd.ptf", os.path.abspath("crowd.py"))[2][0]
    check(8000 < got < 13000, f"{got:.0f} s, truly about 10000 s")


@test
def every_process_has_its_tasks():
    pathlib.Path("family.py").write_text(
        "import asyncio, multiprocessing, sys\n"
        "async def nap(): await asyncio.sleep(1)\n"
        "def child(): asyncio.run(nap())\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method(sys.argv[1])\n"
        "    children = [multiprocessing.Process(target=child) for _ in range(3)]\n"
        "    for one in children: one.start()\n"
        "    for one in children: one.join()\n")
    for method in ("fork", "spawn"):
        record("family.ptf", PYTHON, "family.py", method)
        got = await_lines("family.ptf", os.path.abspath("family.py"))[2][0]
        check(2.7 < got < 3.5, f"{method}: {got:.2f} s, truly about 3 s")


@test
def nothing_is_awaited_while_recording_is_off():
    pathlib.Path("off.py").write_text(
        "import asyncio, ptf\n"
        "async def main():\n"
        "    await asyncio.sleep(0.3)\n"
        "    ptf.stop()\n"
        "    await asyncio.sleep(1)\n"
        "    ptf.start()\n"
        "    await asyncio.sleep(1)\n"
        "asyncio.run(main())\n")
    record("off.ptf", PYTHON, "off.py",
           env={**os.environ, "PYTHONPATH": str(ROOT / "tools" / "python")})
    lines = await_lines("off.ptf", os.path.abspath("off.py"))
    off, on = (lines.get(line, (0, 0))[0] for line in (5, 7))
    check(off < 0.1 and 0.85 < on < 1.3, f"awaited {off:.2f} s while off, {on:.2f} s while on")


@test
def greenlets_do_no_harm():
    if run(PYTHON, "-c", "import greenlet").returncode:
        skip("no greenlet (Debian: python3-greenlet)")
    done = record("greenlets.ptf", PYTHON, PROGRAMS / "greenlets.py", options=["-F", "1000"])
    equal(done.stdout, "done\n", "output")
    section = whole("greenlets.ptf")
    deep = sum(ns for (name, _), ns in section.functions().items() if name == "deep")
    check(deep > 0.8 * section.total(), f"deep() has {deep / section.total():.0%} of the time")


def subinterpreters(python):
    done = record("sub.ptf", python, PROGRAMS / "subinterpreters.py", options=["-F", "1000"])
    equal(done.stdout, "done\n", "output")
    section, process = whole("sub.ptf"), pinfo("sub.ptf")["processes"][0]
    error = abs(section.total(classes=ALL_CPU) / process["cpu_ns"] - 1) * 100
    check(error < 1.5, f"the total is off by {error:.2f} %")


for_each_version("subinterpreters do no harm", subinterpreters)
main()
