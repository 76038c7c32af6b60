"""pconv --to html: one file that loads nothing, in which text stays text, and whose
data adds up to what pinfo and pconv --to json say, to the nanosecond. What a browser
makes of it is in tests/consumers/t_page.py."""
from ptftest import *
from timedmarks import Timed
from webpages import CLASSES, Page


def converted(trace, *options):
    out = trace + ".html"
    done = run(PCONV, trace, "-o", out, *options)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return Page(pathlib.Path(out).read_text())


def traces():
    if not os.path.exists("walk.ptf"):
        record("walk.ptf", PYTHON, ROOT / "tests/support/examples/walk.py")
        for made in (("made.ptf", 5000, 3), ("many.ptf", 200000, 4, 0, 3000)):
            done = run(SUPPORT / "make_trace", *made)
            check(done.returncode == 0, done.stderr)
    return "walk.ptf", "made.ptf", "many.ptf"


@test
def the_page_needs_nothing_else():
    page = converted(traces()[0])
    equal([link for link in page.links if not link[1].startswith(("data:", "#"))], [],
          "what the page would load")
    check("default-src 'none'" in page.text, "the page does not forbid itself to load anything")
    for kind, text in page.scripts:
        for word in ("fetch(", "XMLHttpRequest", "WebSocket", "importScripts", "sendBeacon"):
            check(kind or word not in text, f"a script has {word}")


@test
def threads_and_classes_add_up_to_pinfo():
    for trace in traces():
        page, info = converted(trace), pinfo(trace)
        for name in ("thread_series", "stack_series"):
            threads = collections.Counter()
            samples = collections.Counter()
            for node, thread, kind, points in page.series(name):
                threads[thread, kind] += sum(ns for _, ns, _ in points)
                samples[thread] += sum(count for _, _, count in points)
            for i, thread in enumerate(info["threads"], 1):
                for kind in CLASSES:
                    equal(threads[i, kind], thread[f"{kind}_ns"],
                          f"{trace}: {kind} of thread {thread['tid']} in {name}")
                equal(samples[i], thread["samples"], f"{trace}: samples of {thread['tid']}")
            for kind in CLASSES:
                equal(sum(ns for (_, k), ns in threads.items() if k == kind),
                      info[f"{kind}_ns"], f"{trace}: {kind} in {name}")


@test
def lines_add_up_to_json():
    for trace in traces():
        page = converted(trace)
        parent = [0]
        for node, up in enumerate(page.column("nodes", "parent"), 1):
            parent.append(node - up)
        place, owner = [0] + page.column("nodes", "place"), [0] + page.column("nodes", "owner")
        function, line = (page.column("places", key) for key in ("function", "line"))
        file_of = [0] + page.column("functions", "file")
        lines = collections.Counter()
        for node, thread, kind, points in page.series("stack_series"):
            for _ in range(owner[node]):
                node = parent[node]
            at = place[node] - 1
            file = file_of[function[at]] if node else 0
            if file:
                path = page.data["files"][file - 1]["path"]
                lines[path, line[at], kind] += sum(ns for _, ns, _ in points)
        done = run(PCONV, trace, "--to", "json", "--wait", "all", "--min", "0", "--charge", "self")
        check(done.returncode == 0, done.stderr)
        wanted = collections.Counter()
        for path, file in json.loads(done.stdout)["files"].items():
            for one in file["lines"]:
                for kind in CLASSES:
                    wanted[path, one["lineno"], kind] += one[f"ptf_{kind}_ns"]
        equal(+lines, +wanted, f"{trace}: time by line and class")


@test
def time_awaited_adds_up_to_json():
    record("awaits.ptf", PYTHON, PROGRAMS / "awaits.py")
    page, report = converted("awaits.ptf", "--min", "0"), pconv_json("awaits.ptf", "--min", "0")
    place, function = page.column("nodes", "place"), page.column("places", "function")
    line, file_of = page.column("places", "line"), page.column("functions", "file")
    up, files, seen = page.column("nodes", "parent"), page.data["files"], collections.Counter()
    for node, ns in zip(page.column("awaits", "node"), page.column("awaits", "time_ns")):
        # The innermost line of the user's own code.
        while True:
            at = place[node - 1] - 1
            file = files[file_of[function[at] - 1] - 1]
            if file["is_user"]:
                break
            node -= up[node - 1]
        seen[file["path"], line[at]] += ns
    wanted = {(path, row["lineno"]): row["ptf_await_ns"] for path, body in report["files"].items()
              for row in body["lines"] if row["ptf_await_ns"]}
    equal(dict(seen), wanted, "time awaited by line")
    check(len(wanted) > 5, f"only {len(wanted)} lines await")


@test
def marks_and_what_ran_are_where_the_program_was():
    timed = Timed("timed.ptf")
    page = converted("timed.ptf")
    timed.check_marks([(mark["name"], mark["kind"], mark["time_ns"])
                       for mark in page.data["marks"]])
    parent = [0]
    for node, up in enumerate(page.column("nodes", "parent"), 1):
        parent.append(node - up)
    place, function = [0] + page.column("nodes", "place"), page.column("places", "function")
    names = page.data["functions"]["name"]
    bin_ns, times = page.data["stack_grid"]["bin_ns"], []
    for node, _, kind, points in page.series("stack_series"):
        while node and names[function[place[node] - 1] - 1] != "inside":
            node = parent[node]
        if node and kind in ("python", "native", "kernel"):
            times += [(at + 0.5) * bin_ns for at, _, _ in points]
    timed.check_inside(times, timed.period_ns + bin_ns / 2)


@test
def bins_are_bounded():
    for trace in traces():
        page = converted(trace)
        grid, coarse = page.data["grid"], page.data["stack_grid"]
        equal(coarse["bin_ns"] % grid["bin_ns"], 0, "fine bins in a coarse one")
        for name, bins in (("thread_series", grid), ("stack_series", coarse)):
            for *_, points in page.series(name):
                check(all(0 <= at < bins["bin_count"] for at, _, _ in points), f"{trace}: a bin")
        check(bins["bin_count"] <= 600, f"{bins['bin_count']} bins")
        check(pinfo(trace)["elapsed_ns"] <= grid["bin_count"] * grid["bin_ns"],
              "the bins do not cover the run")


@test
def hostile_text_stays_text():
    """Names, sources and arguments that would end the script, or begin another."""
    evil = "</script><script>alert(1)</script><!-- \" ' & \\ \x1b[31m \u202e \u2028"
    program = pathlib.Path("</script><b>\"'&.py".replace("/", "\u2215"))
    program.write_text(f"""import time
# {evil}
text = '''<!-- <script> ]]> {{% raw %}} </script >'''
def burn():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass  # </SCRIPT><img src=x onerror=alert(2)>
exec(compile('def f():\\n burn()\\nf()', '<img src=x onerror="alert(3)">', 'exec'))
""".replace("\u2028", ""))
    record("evil.ptf", PYTHON, program, "</script><script>alert(4)</script>")
    page, plain = converted("evil.ptf"), converted(traces()[0])
    equal(page.tags, plain.tags, "elements of the page")
    equal([kind for kind, _ in page.scripts], [kind for kind, _ in plain.scripts], "scripts")
    equal([text for kind, text in page.scripts if not kind],
          [text for kind, text in plain.scripts if not kind], "the page's own scripts")
    raw = page.text[page.text.index('id="data">') + 10:]
    raw = raw[:raw.index("</script>")]
    check("<" not in raw and "\x1b" not in raw, "the data has a < or a control character")
    check("</script><script>alert(4)</script>" in page.data["run"]["command"],
          page.data["run"]["command"])
    sources = {file["path"]: file.get("lines", []) for file in page.data["files"]}
    check(any("</SCRIPT><img src=x onerror=alert(2)>" in line
              for lines in sources.values() for line in lines), "the source is not as it was")
    check(any("onerror=\"alert(3)\"" in path for path in sources), f"{list(sources)}")


@test
def what_is_selected_is_all_there_is():
    page = converted("made.ptf", "--class", "python", "--thread", "4000", "--time", "0..100ms")
    kinds = {kind for *_, kind, _ in page.series("stack_series")}
    threads = {thread for _, thread, *_ in page.series("stack_series")}
    equal((kinds, threads), ({"python"}, {1}), "classes and threads")
    check(page.data["grid"]["bin_count"] * page.data["grid"]["bin_ns"] <= 10**8, "bins beyond")
    check("0 s to 100.000 ms" in page.data["run"]["selected"], page.data["run"]["selected"])


@test
def options_are_what_the_page_shows_first():
    for options, wanted in (((), ("main", "user")), (("--wait", "all"), ("all", "user")),
                            (("--metric", "cpu"), ("none", "user")),
                            (("--charge", "self"), ("main", "self"))):
        seen = converted("made.ptf", *options).data["view"]
        equal((seen["waits"], seen["charge"]), wanted, f"{options}")


main()
