"""pconv --to pprof says what pinfo and pconv --to json say, to the nanosecond."""
import gzip

from ptftest import *

SECOND = 10**9
SPACES = {"alloc": "alloc_space", "live": "inuse_space", "peak": "peak_space",
          "copy": "copy_space"}


def decoded(path):
    """The Profile of a .pb.gz, read by protoc with our schema: nested dicts of
    lists."""
    text = run("protoc", "--decode=ptf.pprof.Profile", f"-I{ROOT / 'schemas'}", "pprof.proto",
               input=gzip.decompress(pathlib.Path(path).read_bytes()), text=False)
    check(text.returncode == 0, f"protoc: {text.stderr}")
    stack = [collections.defaultdict(list)]
    for line in text.stdout.decode().splitlines():
        word = line.strip()
        if word.endswith(" {"):
            stack.append(collections.defaultdict(list))
            stack[-2][word[:-2]].append(stack[-1])
        elif word == "}":
            stack.pop()
        else:
            key, value = word.split(": ", 1)
            stack[-1][key].append(unquoted(value) if value[0] == '"' else
                                  value if value in ("true", "false") else int(value))
    return stack[0]


def unquoted(value):
    return (value[1:-1].encode().decode("unicode_escape").encode("latin-1").decode())


def one(message, key):
    """A single field: 0 is not written."""
    return message[key][0] if message[key] else 0


class Profile:
    """A decoded profile with texts and ids resolved."""

    def __init__(self, path):
        self.raw = raw = decoded(path)
        texts = self.texts = raw["string_table"]
        self.types = [(texts[one(t, "type")], texts[one(t, "unit")]) for t in raw["sample_type"]]
        self.mappings = {one(m, "id"): m for m in raw["mapping"]}
        self.functions = {one(f, "id"): (texts[one(f, "name")], texts[one(f, "filename")],
                                         one(f, "start_line")) for f in raw["function"]}
        # (name, file, first line), line, mapping; innermost first
        self.locations = {one(l, "id"): [(self.functions[one(line, "function_id")],
                                          one(line, "line"), one(l, "mapping_id"))
                                         for line in l["line"]] for l in raw["location"]}
        self.samples = [([place for l in s["location_id"] for place in self.locations[l]],
                         s["value"],
                         {texts[one(label, "key")]:
                          texts[one(label, "str")] if label["str"] else one(label, "num")
                          for label in s["label"]}) for s in raw["sample"]]
        self.comments = [texts[c] for c in raw["comment"]]

    def sums(self, type_name, key):
        """{key(stack, labels): value}"""
        index = [name for name, _ in self.types].index(type_name)
        result = collections.Counter()
        for stack, values, labels in self.samples:
            for k in key(stack, labels):
                result[k] += values[index]
        return +result


def owner(stack):
    """Whom the tables charge: the innermost Python place, else that with a file."""
    for place in stack:
        if place[0][1] and not place[2]:
            return place
    for place in stack:
        if place[0][1]:
            return place
    return stack[0]


def traces():
    if not os.path.exists("walk.ptf"):
        record("walk.ptf", PYTHON, ROOT / "tests/support/examples/walk.py")
        # 4000 rows about memory, which are no samples of time.
        done = run(SUPPORT / "make_trace", "made.ptf", 5000, 3, 0, 0, 4000)
        check(done.returncode == 0, done.stderr)
    return "walk.ptf", "made.ptf"


def converted(trace, *options, suffix=".pb.gz"):
    out = trace + suffix
    done = run(PCONV, trace, "-o", out, *options)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return out


@test
def types_of_values_and_ids_are_sound():
    for trace in traces():
        profile = Profile(converted(trace))
        raw = profile.raw
        memory = SPACES.values() if trace == "made.ptf" else ()
        equal(profile.types, [("samples", "count"), ("cpu", "nanoseconds"),
                              ("wall", "nanoseconds")] + [(name, "bytes") for name in memory],
              "types")
        equal(profile.texts[0], "", "the first text")
        equal(len(set(profile.texts)), len(profile.texts), "distinct texts")
        equal(profile.texts[one(raw, "default_sample_type")], "cpu", "the default type")
        info = pinfo(trace)
        equal(one(raw, "duration_nanos"), info["elapsed_ns"], "duration")
        section = info["files"][0]["sections"][0]
        equal(one(raw, "time_nanos"), section["origin_realtime_ns"], "time")
        equal(one(raw, "period"), section["sample_period_ns"], "period")
        check(f"run.command: {section['command']}" in profile.comments, f"{profile.comments}")
        for kind in ("mapping", "location", "function"):
            ids = [one(item, "id") for item in raw[kind]]
            equal(sorted(ids), list(range(1, len(ids) + 1)), f"ids of {kind}")
        for stack, values, labels in profile.samples:
            check(stack and len(values) == len(profile.types),
                  "a sample without a stack or of too few values")
        spans = sorted((one(m, "memory_start"), one(m, "memory_limit")) for m in raw["mapping"])
        check(all(a[1] <= b[0] for a, b in zip(spans, spans[1:])), f"ranges overlap: {spans}")
        for location in raw["location"]:
            if location["mapping_id"]:
                m = profile.mappings[one(location, "mapping_id")]
                check(one(m, "memory_start") <= one(location, "address")
                      < one(m, "memory_limit"), "an address outside its mapping")


@test
def sums_of_types_threads_and_classes_are_those_of_pinfo():
    for trace in traces():
        profile, info = Profile(converted(trace)), pinfo(trace)
        total = lambda stack, labels: ["all"]
        equal(profile.sums("samples", total)["all"], info["samples"], "samples")
        equal(profile.sums("cpu", total)["all"], info["cpu_ns"], "CPU time")
        by_class = profile.sums("wall", lambda stack, labels: [labels["class"]])
        for cls in ("unknown", "python", "native", "kernel", "runnable", "gil", "wait"):
            equal(by_class[cls], info[f"{cls}_ns"], f"time of class {cls}")
        by_detail = profile.sums("wall", lambda stack, labels: [
            (labels["class"], labels.get("detail", ""))])
        equal(by_detail, +collections.Counter(
            {(c["class"], c["detail"]): c["time_ns"] for c in info["classes"]}), "kinds of wait")
        cpu = profile.sums("cpu", lambda stack, labels: [(labels["pid"], labels.get("tid"))])
        rows = profile.sums("samples", lambda stack, labels: [
            (labels["pid"], labels.get("tid"))])
        for thread in info["threads"]:
            who = thread["pid"], thread["tid"]
            equal(cpu[who], sum(thread[f"{c}_ns"] for c in (
                "unknown", "python", "native", "kernel")), f"CPU time of thread {who}")
            equal(rows[who], thread["samples"], f"samples of thread {who}")


@test
def sums_of_functions_and_lines_are_those_of_the_tables():
    for trace in traces():
        profile = Profile(converted(trace))
        table = pconv_json(trace, "--wait", "all", "--min", "0")
        self_ns = profile.sums("wall", lambda stack, labels: [owner(stack)[:2]])
        total_ns = profile.sums("wall", lambda stack, labels: {
            (place[0][1], place[1]) for place in stack})
        function_total = profile.sums("wall", lambda stack, labels: {p[0] for p in stack})
        seen = 0
        for file, body in table["files"].items():
            for line in body["lines"]:
                own = sum(ns for ((_, f, _), n), ns in self_ns.items()
                          if (f, n) == (file, line["lineno"]))
                equal(own, sum(line[f"ptf_{c}_ns"] for c in (
                    "unknown", "python", "native", "kernel", "runnable", "gil", "wait")
                    if f"ptf_{c}_ns" in line), f"{file}:{line['lineno']}")
                equal(total_ns[file, line["lineno"]], line["ptf_total_ns"],
                      f"total of {file}:{line['lineno']}")
                seen += own
            for function in body["functions"]:
                equal(sum(ns for (name, f, first), ns in function_total.items()
                          if (name, f) == (function["line"], file)
                          and first in (0, function["lineno"])),
                      function["ptf_total_ns"], f"total of {function['line']}")
        check(seen > SECOND / 10, f"only {seen} ns are in lines of files")


@test
def what_is_selected_is_what_is_written():
    trace = traces()[1]
    profile = Profile(converted(trace, "--class", "python", "--thread", "4001",
                                "--metric", "wall", suffix=".some.pprof"))
    table = [t for t in pinfo(trace)["threads"] if t["tid"] == 4001][0]
    equal(profile.sums("wall", lambda s, labels: [(labels["class"], labels.get("tid"))]),
          collections.Counter({("python", 4001): table["python_ns"]}), "selected time")
    equal(profile.texts[one(profile.raw, "default_sample_type")], "wall", "the default type")
    check(any(c.startswith("selected: ") for c in profile.comments), f"{profile.comments}")


@test
def text_that_is_not_UTF8_becomes_it():
    source = "def \u00f1\u65e5():\n    sum(range(3 * 10**6))\n\u00f1\u65e5()\n"
    path = os.fsencode(os.getcwd()) + b"/bad\xff <&>.py"
    with open(path, "w", encoding="utf-8") as file:
        file.write(source)
    done = run(PREC, "-q", "--rate", "1000", "-o", "bad.ptf", "--", PYTHON, os.fsdecode(path))
    check(done.returncode == 0, done.stderr)
    names = {place[0][:2] for stack, _, _ in Profile(converted("bad.ptf")).samples
             for place in stack}
    check(any(name == "\u00f1\u65e5" and file.endswith("/bad\ufffd <&>.py")
              for name, file in names), f"{names}")


@test
def ranks_are_labels():
    profile = Profile(converted(traces()[1]))
    equal({(labels["pid"], labels.get("rank")) for _, _, labels in profile.samples},
          {(4000, "0"), (4001, "1")}, "ranks of processes")


@test
def a_terminal_is_not_written_to():
    terminal = Terminal(PCONV, traces()[0], "--to", "pprof")
    equal(terminal.end(), 2, "status")
    check("is binary" in terminal.text and "-o OUT" in terminal.text, repr(terminal.text))


@test
def memory_is_that_of_the_tables():
    trace = traces()[1]
    profile = Profile(converted(trace))
    for measure, lines in memory_of_lines(trace).items():
        got = profile.sums(SPACES[measure], lambda stack, labels: [(owner(stack)[0][1],
                                                                   owner(stack)[1])])
        equal(dict(got), lines, measure)
        by_process = profile.sums(SPACES[measure], lambda stack, labels: [
            (labels["pid"], labels["rank"], labels.get("tid"))])
        equal(set(by_process), {(4000, "0", None), (4001, "1", None)}, f"whose {measure}")
        for pid, rank in ((4000, "0"), (4001, "1")):
            only = memory_of_lines(trace, "--process", pid)[measure]
            equal(by_process[pid, rank, None], sum(only.values()), f"{measure} of process {pid}")
        chosen = Profile(converted(trace, "--metric", measure, suffix=f".{measure}.pprof"))
        equal(chosen.texts[one(chosen.raw, "default_sample_type")], SPACES[measure],
              "the type that is shown first")
    by_class = profile.sums("alloc_space", lambda stack, labels: [labels["class"]])
    json_ = pconv_json(trace)
    equal(dict(by_class), {"python": json_["ptf_allocated_python_bytes"],
                           "native": json_["ptf_allocated_native_bytes"]}, "allocators")


main()
