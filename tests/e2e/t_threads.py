"""Each thread has its own CPU time, and waits for the GIL are seen."""
from ptftest import *


@test
def each_thread_has_its_CPU_time():
    done = record("threads.ptf", PYTHON, PROGRAMS / "threads.py", 1)
    answer = json.loads(done.stdout)
    section = whole("threads.ptf")
    by_tid = collections.defaultdict(int)
    for thread in section.threads.values():
        by_tid[thread["tid"]] += section.total(threads={thread["id"]}) / 1e9
    wrong = []
    busy = {int(tid): (name, seconds) for tid, (name, seconds) in answer["truth"].items()
            if name != "short"}
    for tid, (name, seconds) in busy.items():
        if abs(by_tid[tid] - seconds) > 0.02 + 0.01 * seconds:
            wrong.append(f"{name} {tid}: {by_tid[tid]:.3f} s, truly {seconds:.3f} s")
    check(not wrong, "; ".join(wrong))
    error = abs(section.total(classes=ALL_CPU) / 1e9 / answer["cpu"] - 1) * 100
    check(error < 1.5, f"all threads together are off by {error:.2f} %")


@test
def each_thread_runs_its_own_function():
    section = whole("threads.ptf")
    mixed = []
    for stack, cls, thread, ns in section.stacks():
        names = {frame[0] for frame in stack}
        if {"python_work", "native_work"} <= names:
            mixed.append(names)
    check(not mixed, f"stacks of two threads: {mixed[:2]}")
    classes = collections.Counter()
    for stack, cls, _, ns in section.stacks():
        if stack and stack[-1][0] in ("python_work", "native_work") and cls in ON_CPU:
            classes[stack[-1][0], cls] += ns
    for name, cls in (("python_work", PYTHON_CPU), ("native_work", NATIVE)):
        share = classes[name, cls] / sum(ns for (n, _), ns in classes.items() if n == name)
        check(share > 0.85, f"{name}: only {share:.2f} of its time is of its class")


@test
def one_main_thread_and_its_name():
    section = whole("threads.ptf")
    mains = [thread for thread in section.threads.values() if thread["main"]]
    equal(len(mains), 1, "main threads")
    equal(mains[0]["tid"], list(section.processes.values())[0]["pid"], "tid of the main thread")


@test
def threads_that_live_for_an_instant_do_no_harm():
    code = ("import threading\nfor _ in range(3000):\n    t = threading.Thread(target=int)\n"
            "    t.start()\n    t.join()\nprint('done')\n")
    done = record("brief.ptf", PYTHON, "-c", code)
    equal(done.stdout, "done\n", "stdout")
    whole("brief.ptf")


@test
def waiting_for_the_GIL_is_seen():
    code = ("import threading, time\nend = time.time() + 2\ndef work():\n"
            "    while time.time() < end:\n        for _ in range(20000): pass\n"
            "t = [threading.Thread(target=work) for _ in range(3)]\n"
            "[x.start() for x in t]\n[x.join() for x in t]\n")
    record("gil.ptf", PYTHON, "-c", code)
    section = whole("gil.ptf")
    others = {thread["id"] for thread in section.threads.values() if not thread["main"]}
    cpu = section.total(classes=ALL_CPU, threads=others) / 1e9
    gil, runnable, wait = (section.total(classes=(cls,), threads=others) / 1e9
                           for cls in (GIL, RUNNABLE, WAIT))
    # Three threads for two seconds, and only one may run at a time. On a busy
    # machine part of the time goes into waiting for a processor.
    text = (f"CPU {cpu:.2f} s, gil {gil:.2f} s, for a processor {runnable:.2f} s, "
            f"other waits {wait:.2f} s")
    note(text)
    check(abs(cpu + gil + runnable + wait - 6) < 0.7, f"that is not all of 6 s: {text}")
    check(gil > 1.5 and wait < 0.5, text)


@test
def native_threads():
    done = record("native.ptf", SUPPORT / "burn", "threads", 3, 200)
    truth = sorted(sum(json.loads(line)[key] for key in ("burn_short", "burn_long")) / 1e3
                   for line in done.stdout.splitlines())
    section = whole("native.ptf")
    seen = sorted(section.total(threads={thread["id"]}) / 1e9
                  for thread in section.threads.values())[-3:]
    for true, got in zip(truth, seen):
        check(abs(true - got) < 0.02 + 0.02 * true, f"{seen} s, truly {truth} s")


main()
