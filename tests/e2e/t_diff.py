"""pdiff on real programs: the right places are named, and no others.

The long form of this, with figures, is tests/stress/diff_truth.py.
"""
import xml.etree.ElementTree

from ptftest import *

PDIFF = str(BIN / "pdiff")
RUNS = 8
ALPHA = ("--alpha", "0.01")
BEFORE, AFTER = PROGRAMS / "before.py", PROGRAMS / "after.py"

_recorded = {}


def runs(program, count=RUNS):
    """Traces of so many runs of a program, recorded once for all tests."""
    name = pathlib.Path(program).stem
    have = _recorded.setdefault(name, [])
    while len(have) < count:
        trace = f"{name}{len(have)}.ptf"
        record(trace, PYTHON, program, "3", options=("-F", "1000"))
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


def named(body, view, measure="self"):
    return {node["name"]: node for node in body["nodes"] if node["view"] == view
            and node[measure]["verdict"] in ("slower", "faster")}


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
