"""The formats speedscope and chrome, in speedscope."""
from consumer import *

CLASSES = ("unknown", "python", "native", "kernel", "runnable", "gil", "wait")


def times(trace, names):
    """By thread id, of threads that have samples."""
    return {thread["tid"]: sum(thread[f"{name}_ns"] for name in names)
            for thread in pinfo(trace)["threads"] if thread["samples"]}


def by_thread(profiles, pattern):
    """Those whose names match, by the thread id that the pattern finds."""
    found = {}
    for profile in profiles:
        match = re.search(pattern, profile["name"])
        if match:
            check(int(match[1]) not in found, f"two profiles are {match[0]}")
            found[int(match[1])] = profile
    return found


def traces():
    record("threads.ptf", PYTHON, PROGRAMS / "threads.py", 0.5)
    return generated("made.ptf"), "threads.ptf"


@test
def speedscope_shows_the_time_of_threads_and_lines():
    for trace in traces():
        profiles = speedscope(convert(trace, trace + ".speedscope.json"))
        cpu = by_thread(profiles, r"thread (\d+), CPU time$")
        # Speedscope adds floating-point numbers.
        for what, found, names in (
                ("CPU time", cpu, CLASSES[:4]),
                ("time with waits", by_thread(profiles, r"thread (\d+), time with waits$"),
                 CLASSES)):
            wanted = times(trace, names)
            got = {tid: profile["busy"] for tid, profile in found.items()}
            wrong = [(tid, got.get(tid, 0), wanted[tid]) for tid in wanted
                     if abs(got.get(tid, 0) - wanted[tid]) > 1000]
            check(not wrong, f"{what} of {trace} by thread, there and here: {wrong[:3]}")
        lines = collections.Counter()
        for profile in cpu.values():
            lines.update(profile["lines"])
        compared = 0
        for path, body in pconv_json(trace, "--metric", "cpu", "--min", "0")["files"].items():
            for line in body["lines"]:
                wanted = line["ptf_total_ns"]
                got = lines[f"{path}:{line['lineno']}"]
                check(abs(got - wanted) < 1000, f"{path}:{line['lineno']} has {got}, not {wanted}")
                compared += wanted > 0
        check(compared > 3, f"only {compared} lines")


@test
def speedscope_shows_the_slices_of_chrome():
    for trace in traces():
        profiles = speedscope(convert(trace, trace + ".trace.json"))
        found = by_thread(profiles, r"\(tid (\d+)\)$")
        for tid, wanted in times(trace, CLASSES).items():
            # Slices are a 64th of a microsecond shorter than their time.
            slack = found[tid]["count"] / 64 + 1
            check(abs(found[tid]["busy"] - wanted / 1000) < slack,
                  f"thread {tid} of {trace} has {found[tid]['busy']} us, not {wanted / 1000}")


@test
def speedscope_shows_the_samples_of_chrome():
    trace = generated("made.ptf")
    profiles = speedscope(convert(trace, "samples.trace.json", "--stack-samples"))
    equal(set(by_thread(profiles, r"\(tid (\d+)\)$")), set(times(trace, CLASSES)), "threads")


main()
