"""Shares and totals are the truth, by line and class, to 2 points and 1 %."""
from ptftest import *

PROGRAM = PROGRAMS / "truth.py"
CLASSES = {"python": (PYTHON_CPU,), "native": (NATIVE,), "kernel": (KERNEL,)}


kept = {}


def measure(name, seconds, options):
    trace = f"{name}.ptf"
    done = record(trace, PYTHON, PROGRAM, seconds, options=options)
    return json.loads(done.stdout), whole(trace), trace


def shares(truth, section, points):
    """Everything that is not as the program itself measured it, to some points."""
    wrong = []
    lines = section.lines(truth["file"])
    cpu_true = truth["cpu"]
    cpu_seen = section.total() / 1e9
    explained = 0
    for part in truth["parts"]:
        for kind, classes in CLASSES.items():
            if part["name"] == "deep":
                # The interpreter maps and unmaps memory for so many frames in system
                # calls; how much of it the program cannot know. The sum it does.
                if kind == "kernel":
                    continue
                classes = classes + CLASSES["kernel"] if kind == "python" else classes
            true = part["cpu"] / cpu_true * 100 if part["class"] == kind else 0.0
            seen = sum(lines[line, cls] for line in part["lines"]
                       for cls in classes) / 1e9 / cpu_seen * 100
            print(f"{part['name']:10} {kind:7} true {true:6.2f} %  seen {seen:6.2f} %",
                  file=sys.stderr)
            # Without a class of its own, a part's little CPU time may be any.
            if part["class"] is None:
                true = seen if seen < 2 else 0.0
            if abs(seen - true) > points:
                wrong.append(f"{part['name']} {kind}: {seen:.2f} %, truly {true:.2f} %")
        explained += part["cpu"]

    # Off CPU: the sleeps, by the clock on the wall.
    elapsed = sum(part["wall"] for part in truth["parts"])
    waits = {part["name"]: sum(lines[line, WAIT] for line in part["lines"]) / 1e9
             for part in truth["parts"]}
    for part in truth["parts"]:
        true = part["wall"] - part["cpu"] if part["name"] == "sleeping" else 0.0
        seen = waits[part["name"]]
        print(f"{part['name']:10} wait    true {true:6.3f} s  seen {seen:6.3f} s",
              file=sys.stderr)
        if abs(seen - true) / elapsed * 100 > points:
            wrong.append(f"{part['name']} waits {seen:.3f} s, truly {true:.3f} s")

    # What is charged to no part: starting, ending and measuring.
    known = {line for part in truth["parts"] for line in part["lines"]}
    rest_true = (cpu_true - explained) / cpu_true * 100
    rest_seen = 100 - sum(ns for (line, cls), ns in lines.items()
                          if line in known and cls in ON_CPU) / 1e9 / cpu_seen * 100
    if abs(rest_seen - rest_true) > points:
        wrong.append(f"outside the parts {rest_seen:.2f} %, truly {rest_true:.2f} %")
    return wrong


def judge(name, seconds, options, points=2):
    """Measures; noise of a shared machine gets one second chance, which is told."""
    for attempt in (1, 2):
        truth, section, trace = measure(name, seconds, options)
        wrong = shares(truth, section, points)
        if not wrong or attempt == 2:
            break
        note(f"{name}: measured again, at first: {'; '.join(wrong)}")
    kept[name] = truth, section, trace
    check(not wrong, "; ".join(wrong))


def executable_lines(path):
    """{line: names of the functions that have it}."""
    result = {}

    def walk(code):
        for _, _, line in code.co_lines():
            if line:
                result.setdefault(line, set()).add(getattr(code, "co_qualname", code.co_name))
        for constant in code.co_consts:
            if hasattr(constant, "co_lines"):
                walk(constant)

    walk(compile(path.read_text(), str(path), "exec"))
    return result


@test
def shares_at_1_kHz():
    judge("precise", 5.5, ["-F", "1000"])
    if not precise(kept["precise"][1]):
        note("measured with the kernel's tick: perf events are not allowed here")


@test
def shares_by_CPU_timers():
    # What most users get: at the kernel's tick, so fewer samples, and on a busy
    # machine the scheduler works at the same tick.
    judge("timer", 7, ["-F", "250", "--source", "timer"], points=4)
    equal(kept["timer"][1]["attributes"]["sampling.source"], "timer", "the source")


def have(which="precise"):
    if which not in kept:
        skip("there is no measurement")
    return kept[which]


@test
def no_time_on_a_line_that_cannot_run():
    truth, section, _ = have()
    fine = executable_lines(PROGRAM)
    wrong = set()
    for stack, _, _, ns in section.stacks():
        for name, file, line, kind in stack:
            if kind == "python" and file == truth["file"]:
                if line not in fine or name not in fine[line]:
                    wrong.add((name, line))
    check(not wrong, f"not in the program: {sorted(wrong)}")


@test
def every_Python_frame_has_function_file_and_line():
    _, section, _ = have()
    bad = [frame for frame in section.frames.values() if frame[3] == "python"
           and (not frame[0] or not frame[1] or not frame[2] or "unknown" in frame[0])]
    check(not bad, f"{len(bad)} frames, such as {bad[:3]}")
    check(any(frame[3] == "python" for frame in section.frames.values()),
          "there is no Python frame")
    # Until the interpreter runs, there is no Python frame to have.
    bare = sum(ns for stack, cls, _, ns in section.stacks()
               if cls in ON_CPU and not any(frame[3] == "python" for frame in stack))
    share = bare / section.total() * 100
    check(share < 2, f"{share:.2f} % of the CPU time has no Python frame")


@test
def recursion_keeps_root_and_leaf():
    _, section, _ = have()
    deepest = max((stack for stack, _, _, _ in section.stacks()
                   if stack and stack[-1][0] == "deep"), key=len)
    names = [frame[0] for frame in deepest]
    equal(names[:2], ["<module>", "main"], "the outermost frames")
    elided = sum(1 for frame in deepest if frame[3] == "synthetic")
    check(len(deepest) > 1000 or elided == 1,
          f"{len(deepest)} frames of 1500, and nothing says that some were elided")


def total_is_right(which):
    truth, section, trace = have(which)
    seen = section.total(classes=ALL_CPU) / 1e9
    error = abs(seen / truth["cpu"] - 1) * 100
    check(error < 1, f"rows sum to {seen:.4f} s, getrusage says {truth['cpu']:.4f} s "
                     f"({error:.2f} % off)")
    process = list(section.processes.values())[0]
    check(process["ended"], "the end of the process is not recorded")
    error = abs(process["cpu_ns"] / 1e9 / truth["cpu"] - 1) * 100
    check(error < 1, f"the trace says {process['cpu_ns'] / 1e9:.4f} s CPU for the process, "
                     f"getrusage {truth['cpu']:.4f} s")
    info = pinfo(trace)
    error = abs(info["cpu_ns"] / 1e9 / truth["cpu"] - 1) * 100
    check(error < 1, f"pinfo says {info['cpu_ns'] / 1e9:.4f} s, getrusage {truth['cpu']:.4f} s")


def rows_are_exact(which):
    _, section, _ = have(which)
    for thread in section.threads.values():
        check(thread["cpu_ns"], f"the end of thread {thread['tid']} is not recorded")
        seen = section.total(classes=ALL_CPU, threads={thread["id"]})
        check(abs(seen - thread["cpu_ns"]) <= 1000,
              f"thread {thread['tid']}: rows {seen} ns, thread end {thread['cpu_ns']} ns")


@test
def CPU_time_is_that_of_getrusage():
    total_is_right("precise")


@test
def CPU_time_is_that_of_getrusage_by_CPU_timers():
    total_is_right("timer")


@test
def rows_sum_exactly_to_the_time_of_their_threads():
    rows_are_exact("precise")


@test
def rows_sum_exactly_to_the_time_of_their_threads_by_CPU_timers():
    rows_are_exact("timer")


REST = """
import threading, time
def rest(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
    time.sleep(2.5)
threads = [threading.Thread(target=rest, args=(i * 0.0013,)) for i in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@test
def a_tick_that_stands_for_too_much_is_taken_back_from_one_that_runs():
    code = "import time\nend = time.thread_time() + 1.3\nwhile time.thread_time() < end: pass\n"
    for attempt in range(4):
        record("runs.ptf", PYTHON, "-c", code, options=["-F", "1"])
        section = whole("runs.ptf")
        process, = section.processes.values()
        check(section.total(classes=ALL_CPU) <= process["cpu_ns"], "more than it used")


@test
def a_tick_that_stands_for_too_much_is_taken_back_even_late():
    # Each ends with little CPU time after a flush, when its ticks were ahead.
    for daemon in ("", "    thread.daemon = True\n"):
        code = REST.replace("for thread in threads: thread.start()\n",
                            f"for thread in threads:\n{daemon}    thread.start()\n")
        if daemon:
            code = code.replace("for thread in threads: thread.join()", "time.sleep(1.8)")
        record("rest.ptf", PYTHON, "-c", code, options=["-F", "100"])
        section = whole("rest.ptf")
        for thread in section.threads.values():
            spent = section.total(classes=ALL_CPU, threads={thread["id"]})
            check(abs(spent - thread["cpu_ns"]) <= 1000,
                  f"thread {thread['tid']}: rows {spent} ns, thread end {thread['cpu_ns']} ns")
        process, = section.processes.values()
        spent = section.total(classes=ALL_CPU)
        check(abs(spent - process["cpu_ns"]) < 1000, f"{spent} ns of {process['cpu_ns']} ns")


main()
