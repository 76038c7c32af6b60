"""pplot draws what pinfo says, on every kind of page, whatever names there are."""
from ptftest import *
import itertools
import xml.etree.ElementTree

PPLOT = str(BIN / "pplot")
KINDS = ("timeline", "lines", "functions", "threads", "heatmap", "runs")


SLOWER = ("import time\ndef burn(seconds):\n    end = time.thread_time() + seconds\n"
          "    while time.thread_time() < end: pass\n"
          "def grown():\n    end = time.thread_time() + 0.3\n"
          "    while time.thread_time() < end: pass\n"
          "burn(0.1)\ngrown()\n")


def make():
    """Three runs of a program with threads and marks."""
    for i in range(3):
        record(f"run{i}.ptf", PYTHON, PROGRAMS / "marked.py", ROOT / "tools" / "python",
               options=["-F", "1000"])


def pplot(*words, **options):
    done = run(PPLOT, *words, **options)
    check(done.returncode == 0, f"pplot ended with {done.returncode}: {done.stderr}")
    check(not done.stderr, f"it complains: {done.stderr}")
    return done


def block(script, name):
    """The rows of a data block, as numbers."""
    text = script.split(f"${name} << EOD\n", 1)[1].split("\nEOD\n", 1)[0]
    return [[float(word) for word in line.split()] for line in text.splitlines()
            if not line.startswith("#")]


def totals(*traces):
    """{class: ns} of all threads, as pinfo says."""
    document = json.loads(run(PINFO, "--json", *traces).stdout)
    # In the order that pictures stack them.
    return [document[f"{name}_ns"] for name in
            ("python", "native", "kernel", "unknown", "gil", "runnable", "wait")]


@test
def every_kind_on_every_page():
    make()
    for kind in KINDS:
        for suffix, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF-"), ("svg", b"<?xml")):
            out = f"{kind}.{suffix}"
            pplot("-k", kind, "run0.ptf", "run1.ptf", "run2.ptf", "-o", out, "--size", "800x500")
            data = pathlib.Path(out).read_bytes()
            check(data.startswith(magic) and len(data) > 3000, f"{out} is no picture")
        tree = xml.etree.ElementTree.parse(f"{kind}.svg")
        check("marked.py" in "".join(tree.getroot().itertext()), f"{kind}.svg has no headline")


@test
def pictures_of_characters_fit_the_terminal():
    for kind in KINDS:
        text = pplot("-k", kind, "run0.ptf", "--to", "text", "--size", "80x24").stdout
        lines = text.splitlines()
        check(len(lines) <= 24 and max(map(len, lines)) <= 80,
              f"{kind}: {max(map(len, lines))}x{len(lines)}, not 80x24")
        check("marked.py" in text, f"{kind}: no headline")
        headline = next(line for line in lines if "marked.py" in line)
        check("|" not in headline, f"{kind}: drawn over: {headline}")
        check(len("".join(text.split())) > 150, f"{kind}: an empty picture")


@test
def a_comparison_says_what_pdiff_says():
    for i in range(3):
        record(f"slow{i}.ptf", PYTHON, "-c", SLOWER, options=["-F", "1000"])
        record(f"fast{i}.ptf", PYTHON, "-c", SLOWER.replace("0.3", "0.1"), options=["-F", "1000"])
    base = [f"fast{i}.ptf" for i in range(3)]
    new = [f"slow{i}.ptf" for i in range(3)]
    for out in ("diff.png", "diff.svg", "diff.pdf"):
        pplot("-k", "diff", *base, "--", *new, "-o", out, "--by", "function")
    text = pplot("-k", "diff", *base, "--", *new, "--to", "text", "--size", "80x24").stdout
    check("|" not in next(line for line in text.splitlines() if line.strip()),
          f"the headline is drawn over:\n{text}")
    script = pplot("-k", "diff", *base, "--", *new, "--by", "function", "--script").stdout
    bars = block(script, "bars")
    said = json.loads(run(str(BIN / "pdiff"), *base, "--", *new, "--to", "json",
                          "--by", "function").stdout)
    check(bars[0][3] > 0.15e9, f"the slower function is not the first bar: {bars[0]}")
    check("grown" in script.split("set ytics scale 0 (")[1].split(")")[0], "its name is not there")
    check(any(abs(float(value) - bars[0][3]) < 1 for value in
              re.findall(r'"difference": ([-0-9.e+]+)', json.dumps(said))),
          f"pdiff knows no such difference: {bars[0][3]}")
    for words in (["fast0.ptf"], [*base], ["--", "fast0.ptf"]):
        equal(run(PPLOT, "-k", "diff", *words, "-o", "x.png").returncode, 2, f"status of {words}")


@test
def a_comparison_of_memory():
    for name in ("before", "after"):
        record(f"{name}.ptf", PYTHON, PROGRAMS / f"hold_{name}.py", "10", options=["--memory"])
    sides = ("before.ptf", "after.ptf", "--metric", "peak")
    script = pplot("-k", "diff", *sides, "--script").stdout
    check("base_bytes" in script and "MiB a run: more is larger" in script, "no bytes")
    said = json.loads(run(str(BIN / "pdiff"), *sides, "--to", "json").stdout)
    lines = [node for node in said["nodes"] if node["view"] == "line"]
    largest = max(lines, key=lambda node: abs(node["self"]["difference"]))
    check("rows.append" in largest["text"], f"the largest difference is at {largest['name']}")
    check(abs(block(script, "bars")[0][3] - largest["self"]["difference"]) < 1,
          f"pdiff says {largest['self']}")
    done = run(PPLOT, "-k", "diff", "run0.ptf", *sides[1:], "-o", "x.png")
    equal(done.returncode, 1, "the status of a side without memory")


@test
def a_flame_graph_is_that_of_pconv():
    pplot("-k", "flame", "run0.ptf", "-o", "flame.svg")
    equal(pathlib.Path("flame.svg").read_text(),
          run(PCONV, "run0.ptf", "--to", "flamegraph").stdout, "the flame graph")
    equal(run(PPLOT, "-k", "flame", "run0.ptf", "-o", "flame.png").returncode, 2, "status of PNG")
    for words in (["--size", "800x500"], ["--dark"]):
        done = run(PPLOT, "-k", "flame", "run0.ptf", "-o", "flame.svg", *words)
        check(done.returncode == 2 and "no meaning" in done.stderr, f"{words}: {done.stderr}")


@test
def what_is_drawn_over_time_is_what_pinfo_says():
    script = pplot("run0.ptf", "--script").stdout
    drawn = [sum(column) for column in list(zip(*block(script, "cpu0")))[1:]]
    equal(drawn[:4], totals("run0.ptf")[:4], "CPU time by class")
    equal(drawn[4:], [0, 0, 0], "waits, which are not asked for")
    check('set label "load"' in script, "the region is not drawn")

    script = pplot("-k", "threads", "run0.ptf", "--script").stdout
    drawn = [sum(column) for column in list(zip(*block(script, "lanes")))[2:]]
    equal(drawn, totals("run0.ptf"), "all time by class")

    script = pplot("-k", "heatmap", "run0.ptf", "--script").stdout
    drawn = sum(row[2] for row in block(script, "heat"))
    equal(drawn, sum(totals("run0.ptf")[:3]), "sampled CPU time")


@test
def bars_are_what_pconv_says():
    document = json.loads(run(PCONV, "run0.ptf", "--to", "json", "--min", "0").stdout)
    lines = sorted((line["ptf_python_ns"] + line["ptf_native_ns"] + line["ptf_kernel_ns"] +
                    line["ptf_gil_ns"] + line["ptf_runnable_ns"] + line["ptf_wait_ns"] +
                    line["ptf_unknown_ns"] for file in document["files"].values()
                    for line in file["lines"]), reverse=True)
    script = pplot("-k", "lines", "run0.ptf", "--top", "5", "--script").stdout
    drawn = [sum(row[1:]) for row in block(script, "bars")]
    equal(drawn, [ns for ns in lines[:5] if ns >= document["ptf_all_ns"] / 1000], "lines")

    script = pplot("-k", "runs", "run0.ptf", "run1.ptf", "run2.ptf", "--script").stdout
    drawn = [sum(row[1:]) for row in block(script, "runs")]
    wanted = [json.loads(run(PCONV, f"run{i}.ptf", "--to", "json").stdout)["ptf_all_ns"]
              for i in range(3)]
    equal(drawn, wanted, "runs")


@test
def several_runs_have_an_interval():
    script = pplot("-k", "functions", "run0.ptf", "run1.ptf", "run2.ptf", "--script").stdout
    bars, intervals = block(script, "bars"), block(script, "intervals")
    equal(len(bars), len(intervals), "bars with an interval")
    for bar, (_, mean, half) in zip(bars, intervals):
        check(abs(sum(bar[1:]) / 3 - mean) < 1 and half >= 0, f"mean {mean} of {sum(bar[1:])}")


@test
def a_script_runs_as_it_stands():
    pplot("-k", "threads", "run0.ptf", "--script", "-o", "run0.gp")
    done = run("gnuplot", "run0.gp")
    check(done.returncode == 0, done.stderr)
    check(pathlib.Path("run0-threads.png").read_bytes().startswith(b"\x89PNG"), "no picture")


@test
def names_do_no_harm():
    hostile = ("q'uote", 'dou"ble', "back`touch harm`tick", "$(touch harm)", "new\nline",
               "'; system('touch harm'); '", "@macro {/Bold x}_{sub}^{up}", "\u202edlrow",
               "🐍" * 30, "x" * 10000, "\x1b[2J", "%d%s\\n", "a'1\"23`4")
    code = ("import sys, time, threading\nsys.path.insert(0, sys.argv[1])\nimport ptf\n"
            f"names = {hostile!r}\n"
            "text = ('import time\\ndef f():\\n    end = time.thread_time() + 0.03\\n'\n"
            "        '    while time.thread_time() < end: pass\\n')\n"
            "for name in names:\n    space = {}\n"
            "    exec(compile(text, name[:200], 'exec'), space)\n    f = space['f']\n"
            "    f.__code__ = f.__code__.replace(co_name=name,\n"
            "        **({'co_qualname': name} if hasattr(f.__code__, 'co_qualname') else {}))\n"
            "    with ptf.region(name):\n"
            "        thread = threading.Thread(target=f, name=name)\n"
            "        thread.start(); thread.join(); f()\n")
    record("hostile.ptf", PYTHON, "-c", code, ROOT / "tools" / "python",
           options=["-F", "1000"])
    for kind in KINDS:
        pplot("-k", kind, "hostile.ptf", "-o", "hostile.svg")
        text = "".join(xml.etree.ElementTree.parse("hostile.svg").getroot().itertext())
        if kind == "functions":
            for name in ("q'uote", 'dou"ble', "back`touch harm`tick", "{/Bold x}", "%d%s", "a'1\"23`4"):
                check(name in text, f"{name} is not drawn as it is")
        pplot("-k", kind, "hostile.ptf", "--to", "text", "--size", "100x40")
        pplot("-k", kind, "hostile.ptf", "--script", "-o", "hostile.gp")
        done = run("gnuplot", "hostile.gp")
        check(done.returncode == 0, f"{kind}: {done.stderr}")
    check(not os.path.exists("harm"), "a name ran a command")


@test
def selections_and_panels():
    whole_cpu = sum(totals("run0.ptf")[:4])
    script = pplot("run0.ptf", "--threads", "--script").stdout
    parts = [block(script, f"cpu{i}") for i in range(script.count("$cpu") // 2 + 1)
             if f"$cpu{i} << EOD" in script]
    check(len(parts) >= 2, "no panel for each thread")
    equal(sum(sum(row[1:]) for part in parts for row in part), whole_cpu, "CPU time of all panels")
    script = pplot("run0.ptf", "--region", "load", "--script").stdout
    drawn = sum(sum(row[1:]) for row in block(script, "cpu0"))
    check(0.25e9 < drawn < 0.35e9, f"CPU time of the region load: {drawn / 1e9} s, truly 0.3 s")
    script = pplot("run0.ptf", "--class", "wait", "--script").stdout
    check(sum(row[7] for row in block(script, "cpu0")) > 0, "waits that were asked for")


@test
def misuse_is_told():
    for words, said in ((["run0.ptf", "-o", "x.gif"], "give --to"),
                        (["run0.ptf", "-k", "pie", "-o", "x.png"], "is none of timeline"),
                        (["run0.ptf", "--size", "800", "-o", "x.png"], "not WIDTHxHEIGHT"),
                        ([], "no trace given")):
        done = run(PPLOT, *words)
        equal(done.returncode, 2, f"status of pplot {words}")
        check(said in done.stderr, done.stderr)
    equal(run(PPLOT, "nope.ptf", "-o", "x.png").returncode, 1, "status without a trace")


@test
def merged_runs_are_runs():
    equal(run(str(BIN / "pmerge"), "--as-runs", "-o", "runs.ptf", "run0.ptf", "run1.ptf",
              "run2.ptf").returncode, 0, "status of pmerge")
    apart = ["run0.ptf", "run1.ptf", "run2.ptf"]
    for kind, names in (("runs", ["runs"]), ("lines", ["bars", "intervals"]),
                        ("functions", ["bars", "intervals"])):
        merged = pplot("-k", kind, "runs.ptf", "--script").stdout
        script = pplot("-k", kind, *apart, "--script").stdout
        for name in names:
            equal(sorted(block(merged, name)), sorted(block(script, name)), f"{kind}: {name}")
        check("3 runs" in merged, f"{kind} does not say that there are 3 runs")
    check("runs.ptf, run 2" in pplot("-k", "runs", "runs.ptf", "--script").stdout, "name of a run")
    # Parts of one run are one; what is there twice counts once.
    equal(run(str(BIN / "pmerge"), "-o", "parts.ptf", *apart).returncode, 0, "status of pmerge")
    equal(len(block(pplot("-k", "runs", "parts.ptf", "--script").stdout, "runs")), 1, "runs")
    done = run(PPLOT, "-k", "runs", "runs.ptf", "run1.ptf", "--script")
    equal(len(block(done.stdout, "runs")), 3, "runs of runs.ptf and one of them")
    check("more than once" in done.stderr, done.stderr)
    # Both sides of a comparison.
    for kind in ("slow", "fast"):
        equal(run(str(BIN / "pmerge"), "--as-runs", "-o", f"{kind}.ptf",
                  *(f"{kind}{i}.ptf" for i in range(3))).returncode, 0, "status of pmerge")
    script = pplot("-k", "diff", "fast.ptf", "slow.ptf", "--script").stdout
    check("3 runs against 3" in script, "the runs of a comparison")
    equal(block(script, "bars"), block(pplot("-k", "diff", *(f"fast{i}.ptf" for i in range(3)), "--",
          *(f"slow{i}.ptf" for i in range(3)), "--script").stdout, "bars"), "differences")


@test
def counters_have_a_panel_for_each_unit():
    equal(run(SUPPORT / "make_trace", "counters.ptf", 5000, 2, 1).returncode, 0, "make_trace")
    script = pplot("counters.ptf", "--script", "--size", "1200x900").stdout
    for curve, last in (("0_0", (50 << 20) + 31 * (3 << 20)), ("0_1", (10 << 20) + 31 * (1 << 18)),
                        ("1_0", 80 - 31), ("1_1", 5 + 31), ("2_0", 31000)):
        equal(block(script, f"counter{curve}")[-1][1], last, f"the end of curve {curve}")
    for label in ('set ylabel "MiB"', 'title "rss"', 'title "shared"', 'set ylabel "gpu, %"',
                  'title "card 0"', 'set ylabel "faults, count"'):
        check(label in script, f"{label} is not there")
    pplot("counters.ptf", "-o", "counters.png")
    # One metric of one process needs no legend.
    check("title ''" in pplot("run0.ptf", "--script").stdout, "a legend of one curve")


@test
def what_is_measured_can_be_chosen():
    equal(run(SUPPORT / "make_trace", "counters.ptf", 5000, 2, 1).returncode, 0, "make_trace")
    script = pplot("counters.ptf", "--metric", "gpu,faults", "--script").stdout
    check('set ylabel "gpu, %"' in script and 'set ylabel "faults, count"' in script
          and "rss" not in script and "$cpu0" not in script, "not the counters that were asked for")
    check(script.index("unset label 1001") < script.rindex("plot $counter"), "two headlines")
    # Time by class.
    whole_ns = dict(zip(("python", "native", "kernel", "unknown", "gil", "runnable", "wait"),
                        totals("run0.ptf")))
    for metric, classes in (("gil", ["gil"]), ("python,wait", ["python", "wait"]),
                            ("wall", list(whole_ns))):
        script = pplot("run0.ptf", "--metric", metric, "--script").stdout
        drawn = sum(sum(row[1:]) for row in block(script, "cpu0"))
        equal(drawn, sum(whole_ns[name] for name in classes), f"time of {metric}")
    script = pplot("-k", "runs", "run0.ptf", "--metric", "wait", "--script").stdout
    equal(sum(block(script, "runs")[0][1:]), whole_ns["wait"], "waits of all threads")
    for words, status, said in ((["--metric", "gpu,rsz"], 1, "'rsz' is not in the traces"),
                                (["--metric", "rsz"], 1, "gpu (%), faults (count)"),
                                (["-k", "lines", "--metric", "rss"], 1, "is a counter"),
                                (["-k", "heatmap", "--metric", "cpu"], 2, "no meaning"),
                                (["-k", "lines", "--threads"], 2, "no meaning"),
                                (["-k", "runs", "--top", "3"], 2, "no meaning"),
                                (["--by", "function"], 2, "no meaning")):
        done = run(PPLOT, "counters.ptf", *words, "-o", "x.png")
        equal(done.returncode, status, f"status of {words}")
        check(said in done.stderr, f"{words}: {done.stderr}")
    check(not os.path.exists("x.png"), "a picture was left")


def make_memory():
    """A recording and a made-up trace, both with memory."""
    equal(run(SUPPORT / "make_trace", "made.ptf", 5000, 4, 0, 0, 3000).returncode, 0, "make_trace")
    if not os.path.exists("held.ptf"):
        pathlib.Path("held.py").write_text(HELD)
        record("held.ptf", PYTHON, "held.py", options=["--memory"])


# 64 MiB are held for 0.3 s or more, 96 MiB beside them for 0.1 s of that.
HELD = ("import time\n"
        "def small():\n    return bytearray(64 << 20)\n"
        "def large():\n    return bytearray(96 << 20)\n"
        "time.sleep(0.1)\n"
        "kept = small()\ntime.sleep(0.1)\n"
        "more = large()\ntime.sleep(0.1)\n"
        "del more\ntime.sleep(0.1)\n"
        "del kept\ntime.sleep(0.1)\n")
MIB = 1 << 20


@test
def memory_over_time_is_what_the_program_held():
    make_memory()
    script = pplot("-k", "memory", "held.ptf", "--script").stdout
    rows = block(script, "held")
    names = [name for name in re.findall(r'title "([^"]*)"', script) if name.startswith("held.py")]
    equal(names[:2], ["held.py:5", "held.py:3"], "lines, the largest first")
    # Blocks of that size are all sampled: what they hold is exact, but for a byte at
    # their end.
    held = [(row[-1] // MIB, row[-2] // MIB) for row in rows]
    seen = [state for state, _ in itertools.groupby(held)]
    equal(seen, [(0, 0), (0, 64), (96, 64), (0, 64), (0, 0)],
          "MiB held, one after the other")
    check("'peak 16" in script and "MiB' at" in script, "the peak is not marked")
    check('title "rss"' in script and 'title "footprint"' in script, "the system's view")
    level_s = (rows[1][0] - rows[0][0]) / 1e9
    for state, least_s in (((0, 64), 0.2), ((96, 64), 0.1)):
        took_s = held.count(state) * level_s
        check(took_s >= least_s - 2 * level_s, f"{state} for {took_s} s, at least {least_s} s")


@test
def memory_on_every_page():
    make_memory()
    for trace in ("held.ptf", "made.ptf"):
        for suffix, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF-"), ("svg", b"<?xml")):
            pplot("-k", "memory", trace, "-o", f"memory.{suffix}", "--size", "800x500")
            data = pathlib.Path(f"memory.{suffix}").read_bytes()
            check(data.startswith(magic) and len(data) > 3000, f"memory.{suffix} is no picture")
        text = pplot("-k", "memory", trace, "--to", "text", "--size", "80x24").stdout
        check(len(text.splitlines()) <= 24 and max(map(len, text.splitlines())) <= 80, "its size")
        check("peak" in text and "footprint" in text, f"what is it?\n{text}")
        pplot("-k", "memory", trace, "--script", "-o", "memory.gp")
        equal(run("gnuplot", "memory.gp").returncode, 0, "status of gnuplot")
    rows = block(pplot("-k", "memory", "made.ptf", "--script").stdout, "held")
    check(all(min(row[1:]) >= 0 for row in rows), "less than nothing is held")
    live = sum(memory_of_lines("made.ptf")["live"].values())
    check(abs(sum(rows[-1][1:]) - live) < 64 * MIB, f"{rows[-1]} at the end, {live} is left")


@test
def bars_and_flames_of_memory():
    make_memory()
    for measure, lines in memory_of_lines("made.ptf", "--charge", "user").items():
        script = pplot("-k", "lines", "made.ptf", "--metric", measure, "--script").stdout
        drawn = [sum(row[1:]) for row in block(script, "bars")]
        least = sum(lines.values()) / 1000
        equal(drawn, sorted((n for n in lines.values() if n >= least), reverse=True), measure)
        check("set xlabel 'MiB'" in script or "set xlabel 'GiB'" in script, "no unit of bytes")
        pplot("-k", "functions", "made.ptf", "--metric", measure, "-o", "bars.png")
        pplot("-k", "flame", "made.ptf", "--metric", measure, "-o", "flame.svg")
        equal(pathlib.Path("flame.svg").read_text(),
              run(PCONV, "made.ptf", "--to", "flamegraph", "--metric", measure).stdout, "the graph")
    # Several runs have their interval.
    for i in (1, 2):
        equal(run(SUPPORT / "make_trace", f"made{i}.ptf", 5000, 4, i, 0, 3000).returncode, 0, "made")
    script = pplot("-k", "lines", "made1.ptf", "made2.ptf", "--metric", "alloc", "--script").stdout
    for bar, (_, mean, half) in zip(block(script, "bars"), block(script, "intervals")):
        check(abs(sum(bar[1:]) / 2 - mean) < 1 and half > 0, f"mean {mean} of {sum(bar[1:])}")
    for words, status, said in ((["-k", "memory", "run0.ptf"], 1, "prec --memory"),
                                (["-k", "lines", "--metric", "peak", "run0.ptf"], 1, "prec --memory"),
                                (["--metric", "peak", "made.ptf"], 2, "no meaning"),
                                (["-k", "flame", "--threads", "--metric", "peak", "made.ptf"], 2,
                                 "in common")):
        done = run(PPLOT, *words, "-o", "x.svg")
        equal(done.returncode, status, f"status of {words}")
        check(said in done.stderr, done.stderr)


@test
def terminals_of_gnuplot_6():
    os.makedirs("six", exist_ok=True)
    fake = pathlib.Path("six/gnuplot")
    environment = {**os.environ, "PATH": f"{os.path.abspath('six')}:{os.environ['PATH']}",
                   "LC_ALL": "C.UTF-8"}

    def drawn(answer, *options, version="6.0", **more):
        fake.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo gnuplot {version} && exit\n"
                        "script=$(cat)\n"
                        f"[ \"$script\" = 'set terminal block' ] && {{ {answer}; }}\n"
                        "echo \"$script\"\n")
        fake.chmod(0o755)
        done = run(PPLOT, "run0.ptf", "--to", "text", *options, env={**environment, **more})
        equal(done.returncode, 0, f"status ({done.stderr})")
        return done.stdout.splitlines()[0]

    has, warns, fails = "exit 0", "echo '  line 0: warning: unknown or ambiguous terminal type' >&2; exit 0", "exit 1"
    colour = "--color=always"
    check(drawn(has, colour).startswith("set terminal block quadrants noenhanced size"), "block")
    check("ansi256" in drawn(has, colour), "colours")
    for answer, options in ((warns, [colour]), (fails, [colour]), (has, ["--color=never"]),
                            (has, [colour, "-o", "/dev/stdout"])):
        check(drawn(answer, *options).startswith("set terminal dumb"), f"{answer} {options}")
    check(drawn(has, colour, LC_ALL="C").startswith("set terminal dumb"), "without UTF-8")
    check(drawn(has, colour, version="5.4").startswith("set terminal dumb"), "before 6.0")
    # One that lacks what is needed for a picture.
    fake.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo gnuplot 6.0 && exit\n"
                    "echo 'line 0: warning: unknown or ambiguous terminal type' >&2\n"
                    "echo 'line 0: unexpected or unrecognized token: font' >&2\nexit 1\n")
    done = run(PPLOT, "run0.ptf", "-o", "six.png", env=environment)
    check(done.returncode == 1 and "built without the terminal" in done.stderr, done.stderr)


@test
def without_gnuplot_it_says_what_to_install():
    os.makedirs("empty", exist_ok=True)
    done = run(PPLOT, "run0.ptf", "-o", "x.png", env={**os.environ, "PATH": os.path.abspath("empty")})
    equal(done.returncode, 1, "status")
    check("gnuplot-nox" in done.stderr, done.stderr)
    check(not os.path.exists("x.png"), "a picture was left")
    # Older than what the scripts need, and one that fails.
    fake = pathlib.Path("empty/gnuplot")
    fake.write_text("#!/bin/sh\necho gnuplot 4.6 patchlevel 0\n")
    fake.chmod(0o755)
    done = run(PPLOT, "run0.ptf", "-o", "x.png", env={**os.environ, "PATH": os.path.abspath("empty")})
    check(done.returncode == 1 and "too old" in done.stderr, done.stderr)
    fake.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo gnuplot 5.4 && exit\n"
                    "echo 'line 3: no such thing' >&2\nexit 1\n")
    done = run(PPLOT, "run0.ptf", "-o", "x.png", env={**os.environ, "PATH": os.path.abspath("empty")})
    check(done.returncode == 1 and "line 3: no such thing" in done.stderr, done.stderr)
    check(not os.path.exists("x.png"), "a picture was left")


main()
