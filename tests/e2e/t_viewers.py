"""chrome, speedscope, firefox and csv say what pinfo and pconv --to json say."""
import csv
import io

from ptftest import *

MAKE_TRACE = SUPPORT / "make_trace"
PROGRAM = PROGRAMS / "threads.py"
CPU = ["--metric", "cpu"]
CLASSES = ("unknown", "python", "native", "kernel", "runnable", "gil", "wait")
# What a slice of --to chrome may be shorter than its time, in ns.
STEP = 1000 / 64


def traces():
    """A recording and a made-up trace."""
    if not os.path.exists("recorded.ptf"):
        record("recorded.ptf", PYTHON, PROGRAM, 0.5)
        # 4000 rows about memory, which are no samples of time.
        check(run(MAKE_TRACE, "made.ptf", 30000, 5, 0, 0, 4000).returncode == 0, "make_trace")
    return "recorded.ptf", "made.ptf"


def converted(trace, name, *options):
    done = run(PCONV, trace, "--to", name, *options, text=False)
    check(done.returncode == 0, f"pconv --to {name} ended with {done.returncode}")
    return done.stdout.decode("utf-8")  # strictly


def loaded(trace, name, *options):
    return json.loads(converted(trace, name, *options))


class Sums:
    """Time by thread, and the total of every line and function that is in a stack."""

    def __init__(self):
        self.threads = collections.Counter()
        self.lines = collections.Counter()
        self.functions = collections.Counter()
        self.count = collections.Counter()

    def add(self, tid, stack, weight):
        """stack: (file, line, function) of each frame."""
        self.threads[tid] += weight
        self.count[tid] += 1
        for place in {(file, line) for file, line, _ in stack if file}:
            self.lines[place] += weight
        for function in {(file, name) for file, _, name in stack if file}:
            self.functions[function] += weight


def expected(trace):
    """The same of CPU time, from pinfo and from the JSON of lines."""
    sums = Sums()
    for thread in pinfo(trace)["threads"]:
        sums.threads[thread["tid"]] = sum(thread[f"{name}_ns"] for name in CLASSES[:4])
    for path, body in pconv_json(trace, "--min", "0", *CPU)["files"].items():
        for line in body["lines"]:
            sums.lines[path, line["lineno"]] += line["ptf_total_ns"]
        names = collections.Counter(function["line"] for function in body["functions"])
        for function in body["functions"]:
            # Several of one name ("<module>" of "<string>") cannot be told apart here.
            if names[function["line"]] == 1:
                sums.functions[path, function["line"]] = function["ptf_total_ns"]
    return sums


def compare(got, wanted, what, slack=0):
    """slack: ns that each addend may be off."""
    for name in ("threads", "lines", "functions"):
        mine, theirs = getattr(got, name), getattr(wanted, name)
        keys = [key for key in theirs if theirs[key]]
        check(len(keys) > 1, f"{what}: only {len(keys)} {name} to compare")
        wrong = [(key, mine[key], theirs[key]) for key in keys
                 if abs(mine[key] - theirs[key]) > slack * sum(got.count.values()) + 1]
        check(not wrong, f"{what}: {name} with time here and there: {wrong[:3]}")


def slices(document):
    """(tid, stack root first, own time in ns, class) of every slice of chrome."""
    by_thread = collections.defaultdict(list)
    for event in document["traceEvents"]:
        if event["ph"] == "X":
            by_thread[event["pid"], event["tid"]].append(event)
    for (_, tid), events in by_thread.items():
        events.sort(key=lambda event: (event["ts"], -event["dur"]))
        open_ = []
        for event in events + [{"ts": float("inf"), "dur": 0}]:
            end = event["ts"] + event["dur"]
            while open_ and open_[-1]["end"] <= event["ts"]:
                last = open_[-1]
                yield tid, [place(e) for e in open_], last["own"] * 1000, last["cat"]
                open_.pop()
            if open_:
                check(end <= open_[-1]["end"], f"{event} ends after {open_[-1]}")
                open_[-1]["own"] -= event["dur"]
            open_.append(dict(event, end=end, own=event["dur"]))


def place(event):
    args = event.get("args", {})
    return args.get("file"), args.get("line", 0), event["name"]


@test
def chrome_slices_are_the_time():
    for trace in traces():
        sums, classes = Sums(), collections.Counter()
        for tid, stack, own, name in slices(loaded(trace, "chrome", *CPU)):
            sums.add(tid, stack, own)
            classes[name] += own
        compare(sums, expected(trace), f"chrome of {trace}", 2 * STEP)
        classes.clear()
        for tid, stack, own, name in slices(loaded(trace, "chrome")):
            classes[name] += own
            sums.count[tid] += 1
        for name in CLASSES:
            wanted = pinfo(trace)[f"{name}_ns"]
            check(abs(classes[name] - wanted) <= 2 * STEP * sum(sums.count.values()),
                  f"{trace}: {classes[name]} ns of {name}, not {wanted}")


@test
def chrome_names_processes_and_threads():
    trace = traces()[1]
    events = loaded(trace, "chrome")["traceEvents"]
    threads = {event["tid"]: event["args"]["name"] for event in events
               if event["name"] == "thread_name"}
    equal(set(threads), {thread["tid"] for thread in pinfo(trace)["threads"]}, "threads")
    processes = {event["pid"]: event["args"]["name"] for event in events
                 if event["name"] == "process_name"}
    equal(processes, {4000: "python3 4000", 4001: "python3 4001"}, "processes")
    check([event for event in events if event["ph"] == "b" and event["name"] == "phase one"],
          "the mark is not there")


@test
def chrome_and_firefox_show_the_memory_of_the_process():
    trace = traces()[0]
    points = sum(metric["points"] for metric in pinfo(trace)["metrics"])
    check(points > 2, f"{points} points of counters in the trace")
    counters = [event for event in loaded(trace, "chrome")["traceEvents"] if event["ph"] == "C"]
    equal(len(counters), points, "points in chrome")
    equal({event["name"] for event in counters}, {"rss (bytes)"}, "names")
    (counter,) = loaded(trace, "firefox")["counters"]
    equal(counter["samples"]["length"], points, "points in firefox")
    equal(sum(counter["samples"]["count"]), counters[-1]["args"]["value"], "the last value")


@test
def chrome_samples_are_the_rows():
    for trace in traces():
        document = loaded(trace, "chrome", "--stack-samples")
        equal(len(document["samples"]), pinfo(trace)["samples"], "samples")
        total = sum(sample["weight"] for sample in document["samples"])
        wanted = sum(pinfo(trace)[f"{name}_ns"] for name in CLASSES) / 1000
        check(abs(total - wanted) < 1, f"{total} us, not {wanted}")
        frames = document["stackFrames"]
        for sample in document["samples"]:
            check(sample.get("sf", "1") in frames, f"{sample} has no frame")
        for frame in frames.values():
            check(frame.get("parent", "1") in frames, f"{frame} has no parent")


def speedscope_sums(document, metric):
    sums = Sums()
    frames = [(frame.get("file"), frame.get("line", 0), frame["name"])
              for frame in document["shared"]["frames"]]
    for profile in document["profiles"]:
        match = re.search(r"thread (\d+), (.*)$", profile["name"])
        equal(len(profile["samples"]), len(profile["weights"]), "weights")
        equal(sum(profile["weights"]), profile["endValue"] - profile["startValue"], "values")
        for sample, weight in zip(profile["samples"], profile["weights"]):
            if sample and match and match[2] == metric:
                sums.add(int(match[1]), [frames[index] for index in sample], weight)
    return sums


@test
def speedscope_profiles_are_the_time():
    for trace in traces():
        document = loaded(trace, "speedscope")
        sums = speedscope_sums(document, "CPU time")
        compare(sums, expected(trace), f"speedscope of {trace}")
        wall = speedscope_sums(document, "time with waits")
        for thread in pinfo(trace)["threads"]:
            equal(wall.threads[thread["tid"]], sum(thread[f"{name}_ns"] for name in CLASSES),
                  f"time of thread {thread['tid']} of {trace}")


@test
def speedscope_has_a_sample_for_each_row_on_CPU():
    trace = traces()[1]
    wanted = {thread["tid"]: len([w for w in thread["samples"]["weight"]])
              for thread in loaded(trace, "firefox", *CPU)["threads"]}
    sums = speedscope_sums(loaded(trace, "speedscope"), "CPU time")
    equal(dict(sums.count), wanted, "samples of threads")


@test
def speedscope_profiles_of_memory_are_that_of_the_tables():
    trace = traces()[1]
    document = loaded(trace, "speedscope")
    frames = [(frame.get("file"), frame.get("line", 0)) for frame in document["shared"]["frames"]]
    titles = dict(zip(MEMORY, ("allocated", "held at the end", "held at the peak", "copied")))
    for pid in (4000, 4001):
        for measure, lines in memory_of_lines(trace, "--process", pid).items():
            only = loaded(trace, "speedscope", "--metric", measure)["profiles"]
            name = f"python3 {pid}: memory {titles[measure]}"
            profile, = [p for p in document["profiles"] if p["name"] == name]
            equal(profile["unit"], "bytes", "unit")
            equal(len(only), 2, f"profiles of {measure} alone")
            check(name in [p["name"] for p in only], f"{measure} alone: {only}")
            got = collections.Counter()
            for sample, weight in zip(profile["samples"], profile["weights"]):
                got[[frames[i] for i in sample if frames[i][0]][-1]] += weight
            equal(dict(got), lines, f"{measure} of process {pid}")


def firefox_stacks(document):
    """Of each entry of the table: (file, line, function) root first, category."""
    shared = document["shared"]
    text, table = shared["stringArray"], shared["stackTable"]
    frames, functions, sources = shared["frameTable"], shared["funcTable"], shared["sources"]
    stacks = []
    for index in range(table["length"]):
        frame, offset = table["frame"][index], table["prefixOffset"][index]
        function = frames["func"][frame]
        source = functions["source"][function]
        where = (None if source is None else text[sources["filename"][source]],
                 frames["line"][frame] or 0, text[functions["name"][function]])
        outer = stacks[index - offset][0] if offset else []
        stacks.append((outer + [where], frames["category"][frame]))
    for table in ("stackTable", "frameTable", "funcTable", "sources", "resourceTable"):
        for name, column in shared[table].items():
            if name != "length":
                equal(len(column), shared[table]["length"], f"entries of {table}.{name}")
    return stacks


@test
def firefox_samples_are_the_rows():
    for trace in traces():
        document = loaded(trace, "firefox")
        names = [category["name"] for category in document["meta"]["categories"]]
        equal(names[:7], ["unsampled", "Python", "native", "kernel", "ready", "GIL", "wait"],
              "categories")
        stacks = firefox_stacks(document)
        sums, classes, cpu = Sums(), collections.Counter(), collections.Counter()
        for thread in document["threads"]:
            samples = thread["samples"]
            for name in ("stack", "time", "weight", "threadCPUDelta"):
                equal(len(samples[name]), samples["length"], name)
            check(samples["time"] == sorted(samples["time"]), "times go back")
            for stack, weight, delta in zip(samples["stack"], samples["weight"],
                                            samples["threadCPUDelta"]):
                weight = round(weight * 1e6)
                classes[stacks[stack][1]] += weight
                cpu[thread["tid"]] += delta
                if stacks[stack][1] < 4:
                    sums.add(thread["tid"], stacks[stack][0], weight)
        compare(sums, expected(trace), f"firefox of {trace}")
        equal(dict(cpu), dict(expected(trace).threads), "threadCPUDelta")
        for index, name in enumerate(CLASSES):
            equal(classes[index], pinfo(trace)[f"{name}_ns"], f"{name} of {trace}")
        equal({thread["tid"]: thread["samples"]["length"] for thread in document["threads"]},
              {thread["tid"]: thread["samples"] for thread in pinfo(trace)["threads"]}, "samples")


@test
def firefox_has_the_source_texts():
    sources = loaded(traces()[0], "firefox")["shared"]
    names = [sources["stringArray"][name] for name in sources["sources"]["filename"]]
    text = sources["sources"]["content"][names.index(str(PROGRAM))]
    equal(text, (PROGRAM).read_text(), "the text of the program")


@test
def csv_rows_are_the_time():
    for trace in traces():
        for options in ([], ["--metric", "cpu"], ["--wait", "all"], ["--charge", "user"]):
            rows = list(csv.DictReader(io.StringIO(
                converted(trace, "csv", "--charge", "self", *options), newline="")))
            document = pconv_json(trace, "--min", "0", *options)
            own, total = collections.Counter(), collections.Counter()
            by_class = collections.Counter()
            for row in rows:
                where = row["file"], int(row["line"] or 0)
                own[where, row["class"]] += int(row["self_ns"])
                total[where] += int(row["total_ns"])
                by_class[row["class"]] += int(row["self_ns"])
            for name in CLASSES:
                equal(by_class[name], document[f"ptf_{name}_ns"], f"{name} with {options}")
            lines = 0
            for path, body in document["files"].items():
                for line in body["lines"]:
                    where = path, line["lineno"]
                    for name in CLASSES[1:]:
                        equal(own[where, name], line[f"ptf_{name}_ns"],
                              f"{name} of {where} with {options}")
                    # Two functions may have the line, once a stack in the JSON.
                    check(total[where] >= line["ptf_total_ns"], f"total of {where}")
                    lines += bool(line["ptf_total_ns"])
            check(lines > 3, f"only {lines} lines in {trace}")


@test
def csv_of_threads_is_the_time_of_threads():
    for trace in traces():
        sums = collections.Counter()
        for row in csv.DictReader(io.StringIO(converted(trace, "csv", "--threads"), newline="")):
            sums[int(re.search(r"thread (\d+)", row["thread"])[1]), row["class"]] += \
                int(row["self_ns"])
        for thread in pinfo(trace)["threads"]:
            for name in CLASSES:
                equal(sums[thread["tid"], name], thread[f"{name}_ns"],
                      f"{name} of thread {thread['tid']} of {trace}")


HOSTILE = """
import threading, time
name = '=cmd|"x",<b>&\\u2028\\n\\t\\\\udcff\\\\.py'
code = compile('''
def busy(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(200))
busy(0.4)
''', name, 'exec')
exec(code, {'time': time})
"""
NAME = '=cmd|"x",<b>&\u2028\n\t\\udcff\\.py'


@test
def hostile_names_stay_strings():
    pathlib.Path("hostile.py").write_text(HOSTILE)
    record("hostile.ptf", PYTHON, "hostile.py")
    files = {event["args"]["file"] for event in loaded("hostile.ptf", "chrome")["traceEvents"]
             if event["ph"] == "X" and "args" in event}
    check(NAME in files, f"chrome has {files}")
    frames = loaded("hostile.ptf", "speedscope")["shared"]["frames"]
    check(NAME in {frame.get("file") for frame in frames}, "speedscope lacks the file")
    check(NAME in loaded("hostile.ptf", "firefox")["shared"]["stringArray"],
          "firefox lacks the file")
    text = converted("hostile.ptf", "csv")
    files = {row["file"] for row in csv.DictReader(io.StringIO(text, newline=""))}
    check("'" + re.sub("[\t\u2028]", "\ufffd", NAME) in files, f"csv has {files}")
    check(not re.search(r'(^|[,\n])"?[=+@-]', text), "a cell is a formula")


@test
def two_recordings_do_not_mix():
    trace = traces()[1]
    shutil.copy(trace, "again.ptf")
    events = json.loads(run(PCONV, trace, "again.ptf", "--to", "chrome").stdout)["traceEvents"]
    threads = [(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"]
    equal(len(threads), 2 * len(pinfo(trace)["threads"]), "threads")
    equal(len({tid for _, tid in threads}), len(threads), "different ids")
    equal(len({pid for pid, _ in threads}), 4, "processes")


@test
def suffixes_and_selections_are_understood():
    trace = traces()[0]
    for name, first in (("a.trace.json", "displayTimeUnit"), ("a.speedscope.json", "$schema"),
                        ("a.firefox.json", "meta"), ("a.json", "program")):
        done = run(PCONV, trace, "-o", name)
        equal(done.returncode, 0, name)
        equal(list(json.loads(pathlib.Path(name).read_text()))[0], first, name)
    equal(run(PCONV, trace, "-o", "a.csv").returncode, 0, "a.csv")
    half = loaded(trace, "firefox", "--time", "..0.5s")
    times = [time for thread in half["threads"] for time in thread["samples"]["time"]]
    check(times and max(times) < 500, "samples after the selected time")
    facts = {entry["label"]: entry["value"] for entry in half["meta"]["extra"][0]["entries"]}
    check("selected" in facts, f"no word of the selection in {facts}")


@test
def what_cannot_be_written_is_an_error():
    trace = traces()[1]
    for name in ("speedscope", "firefox"):
        done = run(PCONV, trace, "--to", name, "-o", "b.out",
                   env=dict(os.environ, TMPDIR="/nowhere"))
        equal(done.returncode, 1, "status")
        check("temporary file in /nowhere: No such file" in one_line(done.stderr), done.stderr)
        check(not os.path.exists("b.out"), "a half file was left")


@test
def memory_does_not_grow_with_samples():
    # A million rows that were kept would be 24 MB and more.
    check(run(MAKE_TRACE, "million.ptf", 1000000, 4).returncode == 0, "make_trace")
    for name in ("chrome", "speedscope", "firefox"):
        done = run("sh", "-c", f"ulimit -d 16384; exec {PCONV} million.ptf --to {name}",
                   stdout=subprocess.DEVNULL)
        equal(done.returncode, 0, f"status of {name} with 16 MiB of memory")


main()
