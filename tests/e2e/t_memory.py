"""What a recording says of memory is the truth: programs/allocating.py and mallocs.c know theirs.

How far it may be off is computed, see heaptruth.py.

    PTF_MATRIX=3.8 sh tests/e2e/run.sh memory      everything with this version
"""
import csv

from heaptruth import *
from interpreters import MATRIX, interpreters, versions_to_test

MODULE = ROOT / "tools" / "python"
FOUND = interpreters(PYTHON)
INTERVAL = "16K"


def python_of(version):
    if version not in FOUND:
        skip("no such interpreter in PATH, /usr/bin or pyenv")
    return FOUND[version][0]


def tell(memory):
    print(f"{len(memory.rows)} rows, losses {dict(memory.losses)}", file=sys.stderr)


def phase(python, name, *arguments, interval=INTERVAL, **keywords):
    """Records a phase; all its processes have told the truth."""
    done, memory = record_memory("memory.ptf", python, SOURCE, name, *arguments,
                                 interval=interval, **keywords)
    tell(memory)
    memory.never_below_nothing()
    return truths(done.stdout), memory


def lossless(memory):
    """On a busy machine a ring may be full for a moment, which a sum that is off then tells of."""
    lost = {kind: count for kind, count in memory.losses.items()
            if kind in ("freed_ring_full", "memory_untracked", "own_allocator")}
    return [f"losses {lost}"] if lost else []


def together(told):
    """Processes that did several jobs: what they allocated in all, and hold now."""
    by_pid = {}
    for truth in told:
        known = by_pid.setdefault(truth["pid"], truth)
        if known is not truth:
            for part, more in zip(known["parts"], truth["parts"]):
                part["allocated"] += more["allocated"]
                part["held"] = more["held"]
    return by_pid.values()


# ------------------------------------------------ one process, every interpreter

def is_true(name, *arguments):
    def measure(python):
        told, memory = phase(python, name, *arguments)
        wrong = lossless(memory)
        for truth in together(told):
            wrong += judge(memory, truth)
        return wrong
    return measure


def is_spread_over_processes(name, process_count, *arguments):
    def measure(python):
        told, memory = phase(python, name, *arguments)
        equal(len([truth for truth in told if truth["parts"]]), process_count, "truths told")
        wrong = lossless(memory)
        for truth in together(told):
            wrong += judge(memory, truth)
        return wrong
    return measure


def with_numpy(python):
    if run(python, "-c", "import numpy").returncode:
        skip("this interpreter has no numpy")
    return is_true("arrays")(python)


def with_ctypes(python):
    if run(python, "-c", "import ctypes").returncode:
        skip("this interpreter has no ctypes")
    return is_true("natives")(python)


def what_is_held_most(python):
    """The process held most while temporary() ran, and all lines are right then."""
    told, memory = phase(python, "peak")
    wrong = lossless(memory) + judge(memory, told[0])
    held, most, most_ns = 0, 0, 0
    for row in memory.rows:
        held += {"alloc": row.bytes, "free": -row.bytes}.get(row.kind, 0)
        if held > most:
            most, most_ns = held, row.time_ns
    then = {part["name"]: sum(
        row.bytes if row.kind == "alloc" else -row.bytes for row in memory.rows
        if row.time_ns <= most_ns and row.kind != "copy" and row.domain == "python"
        and line_of(told[0]["file"], part["line"])(row)) for part in told[0]["parts"]}
    for name, size, count in (("temporary", 48000001, 1), ("hold_large", 1000033, 20)):
        wrong += near(then[name], [(size, count)], memory.interval, f"{name} at the peak")
    points = [value for _, pid, value in memory.footprints if pid == told[0]["pid"]]
    if not points:
        wrong.append("there is no counter of the footprint")
    elif points[-1] != held:
        wrong.append(f"the last footprint is {points[-1]}, what rows hold is {held}")
    return wrong


def switched_off(python):
    told, memory = phase(python, "switched", MODULE)
    return lossless(memory) + judge(memory, told[0])


PHASES = {"what is held": is_true("holds"), "half a GB in small pieces": is_true("churns"),
          "malloc and mmap": with_ctypes, "a list that grows": is_true("grows"),
          "the highest": what_is_held_most, "freed by another thread": is_true("threads"),
          "copies": is_true("copies"), "all given back at exit": is_true("frees"),
          "switched off and on": switched_off,
          "numpy and Python": with_numpy,
          "a child by fork": is_spread_over_processes("fork", 2),
          "a child by spawn": is_spread_over_processes("spawn", 1),
          "a pool by fork": is_spread_over_processes("pool", 2, "fork"),
          "a pool by spawn": is_spread_over_processes("pool", 2, "spawn")}
# What other interpreters than the first one do in make check.
SHORT = ("what is held", "malloc and mmap", "the highest", "copies")


def one(version, name, measure):
    def cell():
        python = python_of(version)
        measured(lambda: measure(python))
    cell.__name__ = "CPython %d.%d: %s" % (*version, name)
    return cell


for number, version in enumerate(versions_to_test(FOUND)):
    for name, measure in PHASES.items():
        if MATRIX or number == 0 or name in SHORT:
            test(one(version, name, measure))


# ------------------------------------------------------------------- native ones

def native(name="mallocs"):
    if not os.path.exists(name):
        done = run("cc", "-O1", "-g", "-D_GNU_SOURCE", PROGRAMS / "mallocs.c", "-o", name,
                   "-pthread")
        check(done.returncode == 0, done.stderr)
    return os.path.abspath(name)


def native_truth(*arguments, interval=INTERVAL):
    done, memory = record_memory("native.ptf", native(), *arguments, interval=interval)
    tell(memory)
    memory.never_below_nothing()
    truth = json.loads(done.stdout)
    wrong = lossless(memory)
    for part in truth["parts"]:
        def where(row):
            return row.thread[0] == part["tid"] and function_of(part["name"])(row)
        if part["kind"] == "copy":
            wrong += judge_part(memory, part, where, part["name"])
            continue
        # Frees are those of the thread itself here.
        wrong += judge_part(memory, part, where, f"{part['name']} of {part['tid']}")
    python = memory.sum("alloc", "python")
    if python:
        wrong.append(f"{python} bytes are Python's")
    return wrong


if not MATRIX:
    @test
    def every_allocator_of_C_in_threads():
        measured(lambda: native_truth("family", 3))

    @test
    def copies_of_C():
        measured(lambda: native_truth("copies"))

    @test
    def what_the_library_of_CXX_allocates_is_its_callers():
        if not shutil.which("g++"):
            skip("no g++")
        done = run("g++", "-O1", "-g", "-std=c++17", PROGRAMS / "news.cpp", "-o", "news", "-pthread")
        check(done.returncode == 0, done.stderr)
        done, memory = record_memory("news.ptf", os.path.abspath("news"), interval=INTERVAL)
        equal(done.stdout, "bad_alloc\n", "what the program says")
        # Large beside the interval: each has a row, with its exact size, but for what a
        # string has to spare and what is rounded up to the alignment.
        for name, count in (("make_arrays()", 30), ("make_aligned()", 20), ("make_strings()", 25)):
            found = [row.bytes for row in memory.rows
                     if row.kind == "alloc" and row.stack[0][0] == name and row.bytes > 900000]
            equal(len(found), count, f"blocks of {name}")
            check(all(1000000 <= size < 1000256 for size in found), f"{name}: {found}")


# ------------------------------------------------------------------- the recording

    @test
    def without_the_option_there_is_no_memory():
        record("plain.ptf", PYTHON, SOURCE, "frees")
        memory = Memory("plain.ptf")
        equal((len(memory.rows), memory.interval, memory.footprints), (0, 0, []), "rows about memory")
        info = (SUPPORT / "dump_rows", "plain.ptf")
        check("_bytes\"" not in run(*info).stdout, "metrics of memory are defined")

    @test
    def time_is_recorded_beside():
        done = record("both.ptf", PYTHON, PROGRAMS / "spin.py", 1, options=["--memory"])
        section = whole("both.ptf")
        cpu = json.loads(done.stdout)["cpu"]
        seen = section.total(classes=ALL_CPU) / 1e9
        check(abs(seen / cpu - 1) < 0.03, f"rows sum to {seen:.3f} s of CPU, getrusage {cpu:.3f} s")
        equal(Memory("both.ptf").interval, 512 << 10, "the default interval")

    @test
    def a_low_rate_does_not_blur_memory():
        """Blocks of the program are not of the one that it was before exec."""
        record("slow.ptf", PYTHON, "-c", "x = bytes(10 ** 7)", options=["--memory", "-F", "1"])
        held = json.loads(run(PCONV, "slow.ptf", "--to", "json").stdout)["ptf_live_bytes"]
        check(held >= 10 ** 7, f"{held} bytes are held at the end")

    @test
    def the_interval_is_what_was_asked_for():
        for text, wanted in (("64K", 64 << 10), ("1M", 1 << 20), ("100000", 100000)):
            _, memory = record_memory("interval.ptf", PYTHON, SOURCE, "frees", interval=text)
            equal((memory.interval, memory.copy_interval), (wanted, 8 * wanted), f"{text}")

    @test
    def a_program_that_becomes_another_one():
        def measure():
            told, memory = phase(PYTHON, "becomes")
            equal(len(told), 1, "truths told")
            part, churned = told[0]["parts"]
            # The same line in both images: 30 blocks of the first one, which are no more.
            part["allocated"].append([bytes_of(part["allocated"]) // 30, 30])
            return lossless(memory) + judge(memory, told[0])
        measured(measure)

    @test
    def a_storm_is_lost_in_numbers():
        for arguments in ((PYTHON, SOURCE, "storm"), (native(), "storm", 2, 100000)):
            done, memory = record_memory("storm.ptf", *arguments, interval="1K")
            tell(memory)
            memory.never_below_nothing()
            truth = json.loads(done.stdout)
            part = truth["parts"][0]
            true = sum(bytes_of(each["allocated"]) for each in truth["parts"])
            where = line_of(truth["file"], part["line"]) if "file" in truth \
                else function_of(part["name"])
            lost, lost_ends = (memory.losses[kind] for kind in ("memory_ring_full", "freed_ring_full"))
            untracked = memory.losses["memory_untracked"]
            size = part["allocated"][0][0]
            value = size / -math.expm1(-size / memory.interval)
            check(lost + lost_ends + untracked, "this is no storm: nothing was lost")
            # Those that were lost may have been of any line, and copies.
            seen = memory.sum("alloc", None, where)
            with_lost = seen + (lost + untracked) * value
            allowed = allowance([block for each in truth["parts"] for block in each["allocated"]],
                                memory.interval)
            check(seen < true + allowed and with_lost > true - allowed,
                  f"{seen / 1e6:.1f} MB, {with_lost / 1e6:.1f} MB with what is said to be lost, "
                  f"truly {true / 1e6:.1f} MB ({allowed / 1e6:.1f} allowed)")
            held = memory.held(None, where)
            check(held <= lost_ends * value * 1.01 + 5 * math.sqrt(STRAY_BYTES * memory.interval),
                  f"{held} bytes are held of a program that freed all, {lost_ends} ends were lost")

    @test
    def parts_by_rotation_fit_together():
        for file in pathlib.Path(".").glob("part*"):
            file.unlink()
        done = record("part.ptf", PYTHON, SOURCE, "moments",
                      options=["--memory-interval", INTERVAL, "--rotate", "500ms"])
        parts = sorted(str(file) for file in pathlib.Path(".").glob("part*.ptf"))
        check(len(parts) >= 4, f"parts: {parts}")
        merged = run(BIN / "pmerge", "--quiet", "-o", "whole.ptf", *parts)
        equal(merged.returncode, 0, f"status of pmerge ({merged.stderr})")
        memory = Memory("whole.ptf")
        tell(memory)
        memory.never_below_nothing()
        wrong = judge(memory, json.loads(done.stdout))
        check(not wrong, "; ".join(wrong))

    @test
    def a_flight_recording_has_what_is_held():
        done = record("flight.ptf", PYTHON, SOURCE, "moments",
                      options=["--memory-interval", INTERVAL, "--last", "1s"])
        memory = Memory("flight.ptf")
        tell(memory)
        truth = json.loads(done.stdout)
        part = truth["parts"][1]
        where = line_of(truth["file"], part["line"])
        first = memory.rows[0].time_ns
        # What is held at the end was allocated within the last half second.
        held = sum(row.bytes if row.kind == "alloc" else -row.bytes for row in memory.rows
                   if where(row) and row.time_ns > first + 6e8 and row.kind == "alloc")
        check(held, "no blocks of the last second")

    @test
    def a_program_that_is_killed():
        child = subprocess.Popen([PREC, "--quiet", "-o", "killed.ptf", "--memory-interval", INTERVAL,
                                  "--", PYTHON, SOURCE, "leaks", "60"], stdout=subprocess.PIPE)
        killed_in_the_middle(child, lambda: programs_of(child.pid)[0], "killed.ptf")
        equal(child.wait(), 128 + signal.SIGKILL, "status of prec")
        section = whole("killed.ptf")
        check(section["has_end"], "the trace has no end")

    @test
    def a_recorder_that_is_killed():
        child = subprocess.Popen([PREC, "--quiet", "-o", "torn.ptf", "--memory-interval", INTERVAL,
                                  "--", PYTHON, SOURCE, "leaks", "4"], stdout=subprocess.PIPE,
                                 text=True)
        killed_in_the_middle(child, lambda: child.pid, "torn.ptf")
        # The program goes on without it, to its end.
        out = child.stdout.read()
        child.wait()
        truth = json.loads(out)
        check(truth["parts"], "the program has not ended as it should")
        memory = Memory("torn.ptf", may_be_damaged=True)
        tell(memory)
        memory.never_below_nothing()
        held = memory.held("python", line_of(truth["file"], truth["parts"][0]["line"]))
        wrong = near(held, truth["parts"][0]["held"], memory.interval, "fill_cache held")
        check(not wrong, "; ".join(wrong))


# ------------------------------------------------------------- what the tools make of it

def lines_of(trace, file):
    """{line: what pconv --to json says of it}, and all that it says."""
    document = pconv_json(trace, "--min", "0")
    return {line["lineno"]: line for line in document["files"][file]["lines"]}, document


def judge_lines(truth, memory, trace):
    """What is wrong with the numbers of the tools for the lines of a truth."""
    lines, _ = lines_of(trace, truth["file"])
    table = collections.Counter()
    for row in csv.DictReader(run(PCONV, trace, "--to", "csv").stdout.splitlines()):
        if row["file"] == truth["file"]:
            for key in ("alloc_bytes", "live_bytes"):
                table[int(row["line"]), key] += int(row[key])
    wrong = []
    for part in truth["parts"]:
        line, name, interval = lines[part["line"]], part["name"], memory.interval
        for what, got, blocks in (
                ("allocated", line["ptf_allocated_python_bytes"], part["allocated"]),
                ("live", line["ptf_live_bytes"], part["held"]),
                ("allocated, CSV", table[part["line"], "alloc_bytes"], part["allocated"]),
                ("live, CSV", table[part["line"], "live_bytes"], part["held"])):
            wrong += near(got, blocks, interval, f"{name} {what}")
        # Its own estimate of the error, from as many rows, is as good as their number.
        sigma = standard_error(part["allocated"], interval)
        rows = sum(count * -math.expm1(-size / interval) for size, count in part["allocated"])
        seen = line["ptf_allocated_error_bytes"]
        if rows > 100 and sigma > 1e5 and abs(seen / sigma - 1) > 0.05 + SIGMAS / 2 / math.sqrt(rows):
            wrong.append(f"{name} may be off {seen:.0f} bytes, truly {sigma:.0f}")
    return wrong


if not MATRIX:
    @test
    def the_tools_say_which_line_leaks():
        def measure():
            told, memory = phase(PYTHON, "leaks")
            wrong = lossless(memory) + judge_lines(told[0], memory, "memory.ptf")
            _, document = lines_of("memory.ptf", told[0]["file"])
            leaks = {(file, int(line)) for file, body in document["files"].items()
                     for line in body["leaks"]}
            true = {(told[0]["file"], part["line"]) for part in told[0]["parts"]
                    if part["name"] == "leak"}
            if leaks != true:
                wrong.append(f"leaks are {leaks}, truly {true}")
            return wrong
        measured(measure)

    @test
    def the_tools_say_which_line_makes_the_peak():
        told, memory = phase(PYTHON, "peak")
        lines, document = lines_of("memory.ptf", told[0]["file"])
        by_name = {part["name"]: part["line"] for part in told[0]["parts"]}
        equal(document["max_footprint_lineno"], by_name["temporary"], "the line of the peak")
        for name, key, true in (("temporary", "ptf_peak_bytes", 48000001),
                                ("temporary", "ptf_maximum_bytes", 48000001),
                                ("hold_large", "ptf_peak_bytes", 20 * 1000033),
                                ("hold_large", "ptf_live_bytes", 10 * 1000033)):
            wrong = near(lines[by_name[name]][key], [(true, 1)], memory.interval, f"{name} {key}")
            check(not wrong, "; ".join(wrong))
        held = [sample[1] for sample in lines[by_name["temporary"]]["memory_samples"]]
        check(max(held) * (1 << 20) > 47e6 and held[-1] < 1, f"the temporary over time: {held}")

    @test
    def the_tools_say_how_much_was_copied():
        told, memory = phase(PYTHON, "copies")
        lines, _ = lines_of("memory.ptf", told[0]["file"])
        wrong = [word for part in told[0]["parts"]
                 for word in near(lines[part["line"]]["ptf_copied_bytes"], part["allocated"],
                                  memory.copy_interval, f"{part['name']} copied")]
        check(not wrong, "; ".join(wrong))


def programs_of(pid):
    return [int(word) for word in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def killed_in_the_middle(child, victim, trace):
    check(wait_until(lambda: os.path.exists(trace) and os.path.getsize(trace) > 20000
                     and programs_of(child.pid), 30), "nothing is recorded")
    time.sleep(1)
    os.kill(victim(), signal.SIGKILL)


main()
