"""pdiff on real programs: the right places are named, and no others.

The long form of this, with figures, is tests/stress/diff_truth.py.
"""
import xml.etree.ElementTree

from ptftest import *

PDIFF = str(BIN / "pdiff")
RUNS = 8
ALPHA = ("--alpha", "0.01")
BEFORE, AFTER = PROGRAMS / "before.py", PROGRAMS / "after.py"
HOLD_BEFORE, HOLD_AFTER = PROGRAMS / "hold_before.py", PROGRAMS / "hold_after.py"
HOLD_RUNS = 10
# Several metrics are asked, and none may be wrong by chance more often than that.
STRICT = ("--alpha", "0.001")

_recorded = {}


def runs(program, count=RUNS, argument="3", options=("-F", "1000")):
    """Traces of so many runs of a program, recorded once for all tests."""
    name = f"{pathlib.Path(program).stem}-{argument}-"
    have = _recorded.setdefault(name, [])
    while len(have) < count:
        trace = f"{name}{len(have)}.ptf"
        record(trace, PYTHON, program, argument, options=options)
        have.append(trace)
    return have[:count]


def pdiff(*arguments, status=0, **options):
    done = run(PDIFF, *arguments, **options)
    check(done.returncode == status,
          f"pdiff ended with {done.returncode}, not {status}: {done.stderr}")
    return done.stdout


def both_sides():
    """Alternating, so that a busy minute meets both."""
    for count in range(1, RUNS + 1):
        runs(BEFORE, count)
        runs(AFTER, count)
    return [*runs(BEFORE), "--", *runs(AFTER)]


def line_of(program, text):
    for number, line in enumerate(program.read_text().splitlines(), 1):
        if text in line:
            return number
    raise KeyError(text)


def holding(program, count=HOLD_RUNS, kept=20):
    return runs(program, count, str(kept), ("--memory",))


def both_holding():
    return [*holding(HOLD_BEFORE), "--", *holding(HOLD_AFTER)]


def named(body, view, measure="self"):
    return {node["name"]: node for node in body["nodes"] if node["view"] == view
            and node[measure]["verdict"] in ("slower", "faster", "larger", "smaller")}


@test
def the_right_lines_are_named():
    body = json.loads(pdiff(*both_sides(), *ALPHA, "--to", "json"))
    equal(len(body["base_runs"]), RUNS, "runs of the base")
    slower = line_of(AFTER, "total += sum(range(")
    gone = range(line_of(BEFORE, "def legacy"), line_of(BEFORE, "def main"))
    lines = named(body, "line")
    node = lines.pop(f"after.py:{slower}", None)
    check(node, f"the slower line {slower} is not named: {sorted(lines)}")
    equal(node["self"]["verdict"], "slower", "the slower line")
    equal(node["fate"], "rewritten", "the slower line")
    equal(node["base"]["line"], line_of(BEFORE, "total += step"), "its line in the base")
    check(lines, "no line of the function that was removed is named")
    for name, node in lines.items():
        check(node["fate"] == "vanished" and node["base"]["line"] in gone,
              f"{name} is named, too: {node['self']}")


@test
def functions_are_followed():
    body = json.loads(pdiff(*both_sides(), *ALPHA, "--to", "json"))
    functions = {node["name"].split(" ")[0]: node for node in body["nodes"]
                 if node["view"] == "function" and "after.py" in node["name"]
                 or node["view"] == "function" and "legacy" in node["name"]}
    equal(functions["pack"]["fate"], "renamed", "compress, now pack")
    equal(functions["pack"]["base"]["function"], "compress", "pack's old name")
    equal(functions["weigh"]["fate"], "moved", "weigh")
    equal(functions["weigh"]["self"]["verdict"], "slower", "weigh")
    equal(functions["legacy"]["fate"], "vanished", "legacy")
    equal(functions["legacy"]["self"]["verdict"], "faster", "legacy")
    for name in ("pack", "read"):
        equal(functions[name]["self"]["verdict"], "unclear", name)


@test
def the_first_screen_says_it():
    text = pdiff(*both_sides(), *ALPHA)
    screen = text.splitlines()[:24]
    check(any("The program is slower" in line for line in screen), f"no headline: {screen}")
    slower = line_of(AFTER, "total += sum(range(")
    check(any(f"after.py:{slower}" in line for line in screen), "the line is not named")
    equal(pdiff(*both_sides(), *ALPHA), text, "the same once more")


@test
def as_a_gate():
    sides = both_sides()
    pdiff(*sides, *ALPHA, "--fail-above", "5%", "--min-time", "10ms", status=1)
    pdiff(*sides, *ALPHA, "--fail-above", "5000%", status=0)
    pdiff(*sides[:3], "--", *sides[-3:], *ALPHA, "--fail-above", "5%", status=3)
    text = pdiff(sides[0], sides[-1], "--fail-above", "5%", status=3)
    check("no verdict" in text and "insufficient" in text, "one run a side got a verdict")


@test
def as_test_cases():
    sides = both_sides()
    text = pdiff(*sides, *ALPHA, "--fail-above", "5%", "--to", "junit", status=1)
    suite = xml.etree.ElementTree.fromstring(text).find("testsuite")
    cases = suite.findall("testcase")
    equal(len(cases), int(suite.get("tests")), "test cases")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    equal(len(failed), int(suite.get("failures")), "failures")
    check(any(name.startswith("weigh ") for name in failed), f"weigh is not in {failed}")
    text = pdiff(sides[0], sides[-1], "--fail-above", "5%", "--to", "junit", status=3)
    cases = xml.etree.ElementTree.fromstring(text).findall("testsuite/testcase")
    check(all(case.find("failure") is None for case in cases), "one run a side failed")
    check(cases[0].find("skipped") is not None, "too little data is not skipped")


@test
def one_memory_line_doubled():
    """It is named, with its function, of what it allocates and of the peak; and nothing
    else is, of anything."""
    line = line_of(HOLD_AFTER, "rows.append")
    wanted = {"alloc": True, "peak": True, "live": False, "leaked": False, "copy": False}
    for metric, is_named in wanted.items():
        body = json.loads(pdiff(*both_holding(), *STRICT, "--metric", metric, "--to", "json"))
        equal(body["metric"], metric, "the metric")
        lines, functions = named(body, "line"), named(body, "function")
        equal(set(lines), {f"hold_after.py:{line}"} if is_named else set(),
              f"lines named of {metric}")
        equal({name.split(" ")[0] for name in functions}, {"read"} if is_named else set(),
              f"functions named of {metric}")
        if is_named:
            node = lines.popitem()[1]
            equal(node["fate"], "rewritten", "the line")
            equal(node["self"]["verdict"], "larger", "the line's verdict")
            # 1000 blocks of 40 kB more.
            check(node["self"]["low"] < 40e6 < node["self"]["high"],
                  f"{metric}: {node['self']} more, not 40e6")


@test
def of_time_memory_is_told_besides():
    line = line_of(HOLD_AFTER, "rows.append")
    body = json.loads(pdiff(*both_holding(), *STRICT, "--to", "json"))
    equal(body["metric"], "time", "the metric")
    memory = {metric["metric"]: metric for metric in body["memory"]["metrics"]}
    equal(list(memory), ["peak", "alloc", "leaked"], "metrics of memory")
    for metric in ("peak", "alloc"):
        equal({node["name"].split(" ")[0] for node in memory[metric]["named"]},
              {f"hold_after.py:{line}", "read"}, f"named of {metric}")
    equal(memory["peak"]["program"]["verdict"], "larger", "the program's peak")
    text = pdiff(*both_holding(), *ALPHA)
    check(re.search(r"^Memory: peak [0-9.]+ MiB -> [0-9.]+ MiB \(", text, re.M),
          f"no memory in {text[:500]}")
    check(re.search(rf"Peak +hold_after\.py:{line}, edited", text), "the line is not told")
    check("Peak:" in pdiff(*both_holding(), "--to", "markdown"),
          "no table of the peak in the markdown")
    check("memory" not in json.loads(pdiff(*runs(BEFORE, 2), "--to", "json")),
          "memory of traces without")


@test
def what_leaks_more():
    sides = [*holding(HOLD_BEFORE, 7, 40), "--", *holding(HOLD_BEFORE, 7, 80)]
    line = line_of(HOLD_BEFORE, "KEPT.append")
    for metric in ("leaked", "live"):
        body = json.loads(pdiff(*sides, *STRICT, "--metric", metric, "--to", "json"))
        lines = named(body, "line")
        equal(set(lines), {f"hold_before.py:{line}"}, f"lines named of {metric}")
        node = lines.popitem()[1]["self"]
        # 40 times 40 blocks of 20 kB more.
        check(node["low"] < 32e6 < node["high"], f"{metric}: {node}")
    check(re.search(r"leaked [0-9.]+ MiB -> [0-9.]+ MiB \(", pdiff(*sides, *ALPHA)),
          "the leak is not told beside time")


@test
def memory_as_a_gate():
    sides, limits = both_holding(), ("--fail-above", "10%", "--min-bytes", "1M", *ALPHA)
    middle = sides.index("--")
    back = [*sides[middle + 1:], "--", *sides[:middle]]
    pdiff(*sides, "--metric", "peak", *limits, status=1)
    pdiff(*back, "--metric", "peak", *limits, status=0)
    pdiff(*sides, "--metric", "peak", "--fail-above", "10%", "--min-bytes", "1G", *ALPHA,
          status=0)
    text = pdiff(*sides, "--metric", "alloc", *limits, "--to", "junit", status=1)
    suite = xml.etree.ElementTree.fromstring(text).find("testsuite")
    failed = {case.get("name").split(" ")[0] for case in suite.findall("testcase")
              if case.find("failure") is not None}
    check("read" in failed and "index" not in failed, f"failed are {failed}")


@test
def memory_of_one_run_a_side():
    base, new = holding(HOLD_BEFORE, 1)[0], holding(HOLD_AFTER, 1)[0]
    line = f"hold_after.py:{line_of(HOLD_AFTER, 'rows.append')}"
    for alpha, is_sure in (("0.05", lambda beyond: line in beyond),
                           ("0.0001", lambda beyond: not beyond - {line})):
        body = json.loads(pdiff(base, new, "--alpha", alpha, "--metric", "peak", "--to", "json"))
        equal(body["interval"], "sampling", "the interval")
        equal(named(body, "line"), {}, "verdicts of one run")
        beyond = {node["name"] for node in body["nodes"]
                  if node["view"] == "line" and node["self"]["beyond_sampling"]}
        check(is_sure(beyond), f"at {alpha}, beyond the error of the sampling are {beyond}")
    sums = [0, 0]
    for line in pdiff(base, new, "--metric", "peak", "--to", "folded").splitlines():
        sums = [total + int(number) for total, number in zip(sums, line.rsplit(" ", 2)[1:])]
    program = body["nodes"][0]["total"]
    for total, key in zip(sums, ("base_bytes", "new_bytes")):
        check(abs(total - program[key]) < 100, f"{key}: {total}, not {program[key]}")
    by_thread = json.loads(pdiff(base, new, "--metric", "alloc", "--to", "json"))
    of_threads = sum(node["total"]["base"] for node in by_thread["nodes"]
                     if node["view"] == "thread")
    equal(of_threads, by_thread["nodes"][0]["total"]["base"], "what threads allocate")


@test
def memory_that_was_not_recorded():
    without, with_memory = runs(BEFORE, 2), holding(HOLD_BEFORE, 1)
    for metric in ("alloc", "copy"):
        done = run(PDIFF, *without, "--metric", metric)
        equal(done.returncode, 3, "the status without memory")
        check("prec --memory" in done.stderr, f"it says {done.stderr}")
    # Where it is one run of a side, it is no run that took none.
    done = run(PDIFF, *with_memory, without[0], "--", *with_memory, "--metric", "peak")
    equal(done.returncode, 3, "the status of a side that mixes")
    check("1 of 2 runs have no memory" in done.stderr, f"it says {done.stderr}")
    body = json.loads(pdiff(without[0], *with_memory, "--to", "json"))
    check("memory" in {fact["what"] for fact in body["differences"]}, "no word of it")
    for wrong in (("--metric", "peak", "--by", "thread"), ("--metric", "live", "--per", "x"),
                  ("--metric", "leaked", "--thread", "main"), ("--min-bytes", "1M"),
                  ("--metric", "alloc", "--min-time", "1ms"), ("--metric", "memory")):
        pdiff(*with_memory, *with_memory, *wrong, status=2)


@test
def equal_runs_have_no_difference():
    equal_runs = runs(BEFORE)
    half = len(equal_runs) // 2
    for attempt in range(2):  # a false alarm comes once in a hundred times
        body = json.loads(pdiff(*equal_runs[:half], "--", *equal_runs[half:], *ALPHA,
                                "--to", "json"))
        alarms = {**named(body, "line"), **named(body, "function")}
        if not alarms:
            break
        note(f"again, after a false alarm: {sorted(alarms)}")
        equal_runs = equal_runs[::2] + equal_runs[1::2]
    check(not alarms, f"equal runs differ in {sorted(alarms)}")
    text = pdiff("--self-check", *runs(BEFORE), "--splits", "50", *ALPHA)
    check("False alarms" in text and "Noise floor" in text, f"self-check says {text}")
    text = pdiff("--self-check", *holding(HOLD_BEFORE), "--metric", "peak", *ALPHA)
    check("the program's peak of memory" in text, f"self-check says {text}")


@test
def checkouts_in_different_folders():
    traces = []
    for folder in ("one", "two/deep"):
        os.makedirs(folder)
        shutil.copy(BEFORE, pathlib.Path(folder, "work.py"))
        trace = f"{folder.replace('/', '-')}.ptf"
        record(trace, PYTHON, f"{folder}/work.py", "3")
        traces.append(trace)
    body = json.loads(pdiff(*traces, "--to", "json"))
    fates = {node["fate"] for node in body["nodes"] if node["name"].startswith("work.py")}
    equal(fates, {"kept"}, "what became of work.py")
    for node in body["nodes"]:
        if node["view"] == "file" and node["name"] == "work.py":
            check(node["base"]["file"] != node["new"]["file"], "the paths are the same")
            break
    else:
        check(False, "work.py is not a file of both sides")


@test
def a_file_of_two_sections_is_two_runs():
    one, two, three, four = runs(BEFORE, 4)
    for name, parts in (("b.ptf", (one, two)), ("n.ptf", (three, four))):
        with open(name, "wb") as joined:
            for part in parts:
                joined.write(pathlib.Path(part).read_bytes())
    joined = json.loads(pdiff("b.ptf", "n.ptf", "--to", "json"))
    apart = json.loads(pdiff(one, two, "--", three, four, "--to", "json"))
    equal(len(joined["base_runs"]), 2, "runs of the base")
    equal(joined["nodes"], apart["nodes"], "the nodes")


@test
def folded_stacks_have_both_sides():
    base, new = runs(BEFORE)[0], runs(AFTER)[0]
    sums = [0, 0]
    for line in pdiff(base, new, "--to", "folded").splitlines():
        stack, *numbers = line.rsplit(" ", 2)
        equal(len(numbers), 2, f"columns of {line!r}")
        sums = [total + int(number) for total, number in zip(sums, numbers)]
    body = json.loads(pdiff(base, new, "--to", "json"))
    program = body["nodes"][0]["total"]
    for total, key in zip(sums, ("base_ns", "new_ns")):
        check(abs(total - program[key] / 1000) < 1000, f"{key}: {total} us, {program[key]} ns")


@test
def sums_have_no_known_error():
    """What was added up has no blocks of time, so that nothing varies: no certainty."""
    for name, traces in (("base-sums.ptf", runs(BEFORE, 2)), ("new-sums.ptf", runs(AFTER, 2))):
        done = run(str(BIN / "pmerge"), "--aggregate", "-o", name, *traces)
        equal(done.returncode, 0, f"status of pmerge ({done.stderr})")
    body = json.loads(pdiff("base-sums.ptf", "new-sums.ptf", "--to", "json"))
    equal(body["interval"], "sampling", "the interval")
    for node in body["nodes"]:
        check(not node["self"]["beyond_sampling"] and node["self"]["low"] is None,
              f"{node['name']}: {node['self']}")


@test
def a_page_of_both_sides():
    """What a browser makes of it is for eyes; here: it is whole, loads nothing, and
    has the data of --to json."""
    hostile = pathlib.Path("hos<script>tile.py")
    hostile.write_text(BEFORE.read_text() + "# </script><script>alert(1)</script>\n")
    record("hostile.ptf", PYTHON, hostile, "3")
    for base, new in ((runs(BEFORE)[0], runs(AFTER)[0]), (runs(BEFORE)[0], "hostile.ptf")):
        pdiff(base, new, "-o", "d.html")
        text = pathlib.Path("d.html").read_text()
        links = re.findall(r'<\w+ [^>]*(?:src|href)="([^"]*)"', text)
        check(all(link.startswith("data:") for link in links), f"it loads {links}")
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
        page = json.loads(data.group(1))
        equal(page["report"], json.loads(pdiff(base, new, "--to", "json")), "the data")
        file = page["files"][0]
        equal(file["base"], BEFORE.read_text().splitlines(), "the text of the base")
        equal(len(file["origin"]), len(file["new"]), "origins")
        check("alert(1)" not in text.replace(data.group(1), ""), "text became code")


@test
def refused_unless_forced():
    whole, other = runs(BEFORE, 2)
    data = pathlib.Path(whole).read_bytes()
    pathlib.Path("cut.ptf").write_bytes(data[:len(data) * 9 // 10])
    done = run(PDIFF, "cut.ptf", other)
    equal(done.returncode, 3, "the status for a cut trace")
    equal(done.stdout, "", "what is written then")
    check("not comparable" in done.stderr, f"it says {done.stderr}")
    text = pdiff("cut.ptf", other, "--force")
    check("Forced, not comparable" in text, "that it was forced is not told")


@test
def trouble_is_status_2():
    trace = runs(BEFORE, 1)[0]
    for arguments in ((trace, "missing.ptf"), (trace,), (trace, trace, trace),
                      (trace, trace, "--alpha", "2"), (trace, trace, "--by", "colour"),
                      (trace, trace, "--per", "nothing"), ("/dev/null", trace)):
        pdiff(*arguments, status=2)
    with open("/dev/full", "w") as full:
        done = run(PDIFF, trace, trace, stdout=full)
        equal(done.returncode, 2, "the status for a full disk")
    pdiff(trace, trace, "-o", "no/such/folder.json", status=2)


@test
def other_views_and_scales():
    base, new = runs(BEFORE)[0], runs(AFTER)[0]
    text = pdiff(base, new, "--by", "all", "--min", "0")
    for heading in ("files, with what", "stacks", "threads", "modules", "kinds of time"):
        check(heading in text, f"no table of {heading}")
    body = json.loads(pdiff(base, new, "--share", "--to", "json"))
    equal(round(body["nodes"][0]["total"]["base"], 6), 1, "the share of the program")
    check("| where |" in pdiff(base, new, "--to", "markdown"), "no table in the markdown")


main()
