"""pconv --to flamegraph: well-formed whatever the names are, and every time right."""
from xml.etree import ElementTree

from ptftest import *

SVG = "{http://www.w3.org/2000/svg}"
CPU = ("unknown", "python", "native", "kernel")


class Graph:
    """The picture, and the data that its script reads."""

    def __init__(self, path):
        self.root = ElementTree.parse(path).getroot()
        data = json.loads(self.root.find(f"{SVG}metadata").text)
        self.data = data
        self.count = len(data["frame"])
        self.classes = {c["name"]: c["values"] for c in data["classes"]}
        self.total = [sum(values[i] for values in self.classes.values())
                      for i in range(self.count)]
        self.own, self.parent, path = list(self.total), [None] * self.count, []
        for i, depth in enumerate(data["depth"]):
            del path[depth:]
            if path:
                self.parent[i] = path[-1]
                self.own[path[-1]] -= self.total[i]
            path.append(i)

    def who(self, i):
        """(name, file, line)"""
        frame = self.data["frame"][i] - 1
        file = self.data["fileOf"][frame]
        return (self.data["names"][frame], self.data["files"][file - 1] if file else "",
                self.data["lines"][frame])

    def is_gathered(self, i):
        return self.data["frame"][i] == self.data["gathered"]

    def totals(self, key):
        """Time of every stack with the key in it, once."""
        result, keys = collections.Counter(), []
        for i in range(self.count):
            del keys[self.data["depth"][i]:]
            mine = key(*self.who(i))
            if mine not in keys:
                result[mine] += self.total[i]
            keys.append(mine)
        return result

    def texts(self):
        return [text.text or "" for text in self.root.iter(f"{SVG}text")]

    def titles(self):
        return [title.text for title in self.root.iter(f"{SVG}title")]


def traces():
    if not os.path.exists("walk.ptf"):
        record("walk.ptf", PYTHON, ROOT / "tests/support/examples/walk.py")
        # 4000 rows about memory, which are no samples of time.
        done = run(SUPPORT / "make_trace", "made.ptf", 5000, 3, 0, 0, 4000)
        check(done.returncode == 0, done.stderr)
    return "walk.ptf", "made.ptf"


def drawn(trace, *options):
    out = f"{trace}{len(os.listdir())}.svg"
    done = run(PCONV, trace, "-o", out, *options)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return Graph(out)


@test
def everything_is_what_pinfo_says():
    for trace in traces():
        info = pinfo(trace)
        graph = drawn(trace)
        equal(graph.total[0], info["cpu_ns"], "CPU time")
        for name in CPU:
            equal(graph.classes.get(name, [0])[0], info[f"{name}_ns"], f"{name} time")
        check(all(own >= 0 for own in graph.own), "children are wider than their parent")
        equal(drawn(trace, "--metric", "samples", "--class", "cpu").total[0],
              sum(c["samples"] for c in info["classes"] if c["class"] in CPU), "samples")
        equal(drawn(trace, "--metric", "wall", "--wait", "all").total[0],
              sum(info[f"{name}_ns"] for name in CPU + ("runnable", "gil", "wait")),
              "time with all waits")


@test
def functions_and_lines_have_the_time_of_the_tables():
    for trace in traces():
        table = pconv_json(trace, "--metric", "cpu", "--min", "0")
        lines = drawn(trace)
        functions = drawn(trace, "--no-lines")
        # What is in the smallest frames, which are gathered, may be missing.
        missing = max(sum(graph.total[i] for i in range(graph.count) if graph.is_gathered(i))
                      for graph in (lines, functions))
        check(missing < lines.total[0] / 50, f"{missing} ns are gathered")
        of_line = lines.totals(lambda name, file, line: (file, line))
        of_function = functions.totals(lambda name, file, line: (name, file, line))
        for file, body in table["files"].items():
            for line in body["lines"]:
                got, wanted = of_line[file, line["lineno"]], line["ptf_total_ns"]
                check(0 <= wanted - got <= missing,
                      f"{file}:{line['lineno']} has {got}, not {wanted}")
            for function in body["functions"]:
                got = of_function[function["line"], file, function["lineno"]]
                check(0 <= function["ptf_total_ns"] - got <= missing,
                      f"{function['line']} has {got}, not {function['ptf_total_ns']}")


@test
def reversed_it_begins_with_what_ran():
    for trace in traces():
        ran = collections.Counter()
        graph = drawn(trace, "--no-lines")
        for i in range(graph.count):
            ran[graph.who(i)] += graph.own[i]
        graph = drawn(trace, "--no-lines", "--reverse")
        wrong = [graph.who(i) for i in range(graph.count)
                 if graph.parent[i] == 0 and not graph.is_gathered(i)
                 and abs(graph.total[i] - ran[graph.who(i)]) > graph.total[0] / 200]
        check(not wrong, f"{wrong}")


@test
def threads_are_apart():
    trace = traces()[1]
    graph, info = drawn(trace, "--threads", "--metric", "wall"), pinfo(trace)
    roots = {graph.who(i)[0]: graph.total[i] for i in range(graph.count)
             if graph.parent[i] == 0}
    equal(roots, {f"thread {t['tid']}": sum(t[f"{c}_ns"] for c in CPU + (
        "runnable", "gil", "wait")) for t in info["threads"]}, "threads")


@test
def the_picture_needs_no_script():
    for trace in traces():
        graph = drawn(trace)
        groups = [group for group in graph.root.iter(f"{SVG}g") if group.find(f"{SVG}title")
                  is not None]
        rects = [group.find(f"{SVG}rect") for group in groups]
        rows = collections.defaultdict(list)
        for rect in rects:
            rows[float(rect.get("y"))].append((float(rect.get("x")), float(rect.get("width"))))
        top = min(rows)
        equal(rows[top], [(10.0, 1180.0)], "the frame of everything")
        for y, row in rows.items():
            row.sort()
            for (x, width), (after, _) in zip(row, row[1:]):
                check(x + width <= after + 0.02, f"frames overlap at {x},{y}")
            check(sum(width for _, width in row) <= 1180.1, f"row {y} is wider than everything")
        for i, total in enumerate(graph.total):
            if graph.parent[i] == 0 and total > graph.total[0] / 50:
                share = f"{total / graph.total[0] * 100:.2f} %"
                check(any(graph.who(i)[0] in t and share in t for t in graph.titles()),
                      f"no title says {graph.who(i)[0]} {share}")
        check(not any(element.tag.endswith("image") or element.get("href")
                      for element in graph.root.iter()), "it refers to something else")


HOSTILE = ["</text><script>alert(1)</script>", "&lt;&amp;&#0;", "a\"b'c", "]]>", "\x01\x1b[31m",
           "\u202egnp.exe", "\ufffe\uffff", "日本語", "</metadata>"]


@test
def hostile_names_stay_text():
    code = "import sys, time\n" + "".join(
        f"exec(compile('def f():\\n    end = time.thread_time() + 0.06\\n"
        f"    while time.thread_time() < end: pass\\nf()', {name!r} + '.py', 'exec'))\n"
        for name in HOSTILE)
    pathlib.Path("hostile.py").write_text(code)
    record("hostile.ptf", PYTHON, "hostile.py", options=("--rate", "500"))
    graph = drawn("hostile.ptf")
    equal([e.tag for e in graph.root], [SVG + name for name in (
        "title", "style", "rect", "g", "metadata", "script")], "elements of the file")
    equal(len(list(graph.root.iter(f"{SVG}script"))), 1, "scripts")
    files = set(graph.data["files"])
    for name in HOSTILE[:4] + HOSTILE[7:]:
        check(name + ".py" in files, f"no {name!r} among {files}")
    check("\\x01\\x1b[31m.py" in files and "\\u202egnp.exe.py" in files, f"{files}")
    shown = "".join(graph.texts() + graph.titles())
    check("<script>alert(1)</script>" in shown, "the name is not shown as text")
    check("\u202e" not in shown and "\x1b" not in shown, "a control character is shown")


@test
def five_thousand_frames_deep():
    pathlib.Path("deep.py").write_text(
        "import sys, time\nsys.setrecursionlimit(9000)\ndef down(n):\n    if n:\n"
        "        return down(n - 1)\n    end = time.thread_time() + 0.4\n"
        "    while time.thread_time() < end:\n        pass\ndown(5000)\n")
    record("deep.ptf", PYTHON, "deep.py")
    for options in ((), ("--reverse",)):
        graph = drawn("deep.ptf", *options)
        check(max(graph.data["depth"]) > 4000 if not options else True,
              f"it is only {max(graph.data['depth'])} deep")
        check(float(graph.root.get("height")) < 6000, "the picture is too high to be seen")
        check(sum(len(t) for t in graph.texts()) < 200000, "the picture is too large")


@test
def nothing_counted_is_a_picture_too():
    graph = drawn(traces()[1], "--class", "wait")
    equal(graph.total, [0], "time")
    check("nothing was counted" in graph.texts(), f"{graph.texts()}")


@test
def memory_is_that_of_the_tables():
    trace = traces()[1]
    for measure, lines in memory_of_lines(trace).items():
        graph = drawn(trace, "--metric", measure)
        equal(graph.data["unit"], "bytes", "unit")
        equal(graph.total[0], sum(lines.values()), f"{measure}: all")
        check(set(graph.classes) <= {"python", "native"}, f"{measure}: {set(graph.classes)}")
        own = collections.Counter()
        for i in range(graph.count):
            check(not graph.is_gathered(i), "frames are gathered")
            name, file, line = graph.who(i)
            # The table charges Python code with what the library does for it.
            parent = graph.parent[i]
            own[(file, line) if file or parent is None else graph.who(parent)[1:]] += graph.own[i]
        equal({place: amount for place, amount in own.items() if amount}, lines, measure)
        check(any("memory " in text and "iB" in text for text in graph.texts()), "the headline")
        folded = run(PCONV, trace, "--to", "folded", "--metric", measure).stdout
        equal(sum(int(line.rpartition(" ")[2]) for line in folded.splitlines()), graph.total[0],
              f"{measure} of folded stacks")
    python = drawn(trace, "--metric", "alloc", "--class", "python")
    equal(list(python.classes), ["python"], "allocators")
    equal(python.total[0], drawn(trace, "--metric", "alloc").classes["python"][0], "of Python")


@test
def where_there_is_no_memory_it_says_so():
    walk, made = traces()
    for words, status, said in (([walk, "--to", "folded", "--metric", "peak"], 1, "prec --memory"),
                                ([made, "--to", "folded", "--metric", "live", "--time", "9h.."], 1,
                                 "in what is selected"),
                                ([made, "--to", "folded", "--metric", "live", "--threads"], 2,
                                 "in common"),
                                ([made, "--to", "perfetto", "-o", "x", "--metric", "live"], 2,
                                 "no meaning")):
        done = run(PCONV, *words)
        equal(done.returncode, status, f"status of {words}")
        check(said in done.stderr, done.stderr)


main()
