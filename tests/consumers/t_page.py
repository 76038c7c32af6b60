"""The page of pconv --to html in a browser: what it computes is what pconv says, it
does what a press or a drag promises, nothing leaves it, and text stays text."""
from consumer import *

CLASSES = ("unknown", "python", "native", "kernel", "runnable", "gil", "wait")


def opened(page):
    """What page.mjs saw; never an error, never a request but for the page."""
    result = in_browser("page.mjs", page)
    equal(result["errors"], [], "errors of the page")
    equal([url for url in result["asked"] if not url.startswith(("file:", "data:"))], [],
          "what it asked the network for")
    equal(len([url for url in result["asked"] if url.startswith("file:")]), 1, "files it read")
    equal(result["cuts"], "", "time that is cut into parts")
    note(f"{page}: {os.path.getsize(page) / 1e6:.1f} MB, opened in {result['openedMs']} ms, "
         f"{result['cpuMs']} ms of CPU time")
    return result


def traces():
    if not os.path.exists("walk.ptf"):
        generated("made.ptf")
        recorded("walk.ptf")
        done = run(MAKE_TRACE, "many.ptf", 200000, 4, 0, 3000)
        check(done.returncode == 0, done.stderr)
        for trace in ("made.ptf", "walk.ptf", "many.ptf"):
            convert(trace, trace + ".html")
    return "made.ptf", "walk.ptf", "many.ptf"


results = {}


def result_of(trace):
    if trace not in results:
        results[trace] = opened(trace + ".html")
    return results[trace]


def sums_of_pconv(trace, *options):
    """The same as page.mjs's sums, from pconv --to json."""
    data = pconv_json(trace, "--min", "0", *options)
    lines, functions = collections.Counter(), collections.Counter()
    bodies = [(path, body) for path, body in data["files"].items()]
    bodies.append(("", data["ptf_without_file"]))
    for path, body in bodies:
        for line in body.get("lines", []):
            if line["ptf_total_ns"]:
                lines[path, line["lineno"], *ns_of(line)] += 1
        for function in body.get("functions", []):
            if function["ptf_total_ns"]:
                # Without a file the page names the module too.
                functions[path and function["line"], path, *ns_of(function)] += 1
    return [data[f"ptf_{name}_ns"] for name in CLASSES], lines, functions


def ns_of(row):
    return (*(row[f"ptf_{name}_ns"] for name in CLASSES), row["ptf_total_ns"])


@test
def sums_are_those_of_pconv():
    ways = {"main": (), "all": ("--wait", "all"), "none": ("--metric", "cpu"),
            "user": ("--charge", "user"), "python": ("--class", "python")}
    for trace in traces():
        tid = pinfo(trace)["threads"][0]["tid"]
        for way, options in {**ways, "thread": ("--thread", str(tid))}.items():
            page = result_of(trace)["sums"][way]
            wanted_all, lines, functions = sums_of_pconv(trace, *options)
            equal(page["all"], wanted_all, f"{trace}, {way}: time by class")
            equal(collections.Counter((path, line, *ns, total)
                                      for path, line, ns, total in page["lines"]), lines,
                  f"{trace}, {way}: lines")
            equal(collections.Counter((path and name, path, *ns, total)
                                      for name, path, ns, total in page["functions"]), functions,
                  f"{trace}, {way}: functions")


@test
def time_awaited_is_that_of_pconv():
    done = run(PREC, "--quiet", "-o", "awaits.ptf", PYTHON, PROGRAMS / "awaits.py")
    check(done.returncode == 0, done.stderr)
    convert("awaits.ptf", "awaits.ptf.html")
    result, report = result_of("awaits.ptf"), pconv_json("awaits.ptf", "--min", "0")
    wanted = sorted([path, row["lineno"], row["ptf_await_ns"]]
                    for path, body in report["files"].items()
                    for row in body["lines"] if row["ptf_await_ns"])
    for way in ("main", "thread", "user"):
        equal(sorted(result["sums"][way]["awaits"]), wanted, f"{way}: time awaited by line")
    equal(result["sums"]["main"]["awaitNs"], report["ptf_await_ns"], "time awaited in all")
    equal(result["sums"]["python"]["awaitNs"], 0, "time awaited of another class")
    check("await" in result["seen"]["opened"]["heads"][0], "no column await")
    check(not any("await" in head for head in result_of(traces()[0])["seen"]["opened"]["heads"]),
          "a column await without tasks")


@test
def the_hundred_percent_is_that_of_the_table():
    for trace in traces():
        table = run(PCONV, trace, "--to", "table").stdout
        wanted = re.search(r"100 % is ([^:]+(?::\d\ds|:\d\dm)?):", table).group(1)
        seen = result_of(trace)["seen"]["opened"]["hundred"]
        equal(re.search(r"100 % is (.+?): CPU", seen).group(1).replace("µ", "u"), wanted,
              f"{trace}: 100 %")


@test
def tables_sort_search_and_fold():
    for trace in traces():
        result = result_of(trace)
        seen = result["seen"]
        first = seen["opened"]
        equal(first["tab"], "lines", "the first view")
        check(seen["folded"]["open"][0] != first["open"][0], "a file does not fold")
        equal(seen["unfolded"]["open"], first["open"], "which files are unfolded")
        totals = [float(total.replace("<", "")) for total in seen["by total"]["totals"]]
        equal(totals, sorted(totals, reverse=True), "totals, sorted")
        names = [name.lower().replace("callers", "") for name in seen["by name"]["names"]]
        equal(names, sorted(names), "names, sorted")
        check(len(names) > 3, "there are hardly any functions")
        word = result["word"]
        check(0 < len(seen["searched"]["names"]) <= len(names), "what the search finds")
        check("matching" in seen["searched"]["matches"], seen["searched"]["matches"])
        check(seen["only matches"]["allNs"] <= first["allNs"], "what only matches")
        share = float(re.match(r"<?([\d.]+)", seen["searched"]["matches"]).group(1))
        check(abs(share - 100 * seen["only matches"]["allNs"] / first["allNs"]) < 0.06,
              f"{word}: {share} % match, {seen['only matches']['allNs']} ns of {first['allNs']}")
        equal((seen["search ended"]["matches"], seen["search ended"]["allNs"]),
              ("", first["allNs"]), "after Escape")
        equal(seen["source"]["tab"], "lines", "where a function's source is shown")
        check(seen["source"]["target"], "no line is pointed at")


@test
def the_flame_graph_zooms_walks_and_turns():
    for trace in traces():
        seen = result_of(trace)["seen"]
        equal(seen["flame"]["tab"], "flame", "the view")
        equal(seen["flame"]["zoom"], "all", "before a click")
        equal(seen["zoomed"]["zoom"], seen["flame"]["flame"][1], "what a click zooms to")
        equal(seen["zoom ended"]["zoom"], "all", "after Escape")
        check(seen["walked"]["zoom"] in seen["flame"]["flame"][1:], "keys do not walk")
        check(seen["inverted"]["flame"] != seen["flame"]["flame"], "inverted, it is the same")
        check(any("thread " in title for title in seen["by thread"]["flame"]), "no threads")


@test
def a_selected_time_filters_everything():
    for trace in traces():
        seen = result_of(trace)["seen"]
        whole = seen["opened"]["allNs"]
        check(0 < seen["selected"]["allNs"] < whole, f"{seen['selected']['allNs']} of {whole}")
        check(" to " in seen["selected"]["selection"], seen["selected"]["selection"])
        check("of what is selected" in seen["selected"]["hundred"], seen["selected"]["hundred"])
        check(seen["moved"]["selection"] != seen["selected"]["selection"], "arrows do not move it")
        check(seen["timeline"]["strips"] > len(pinfo(trace)["threads"]), "strips of threads")
        equal(seen["selection ended"]["allNs"], whole, "after Escape")
        check(seen["one class"]["allNs"] < whole, "a class is not left out")
        equal(seen["all classes"]["allNs"], whole, "with all classes again")


@test
def light_dark_help_narrow_and_paper():
    result = result_of("walk.ptf")
    seen = result["seen"]
    equal((seen["light"]["theme"], seen["dark"]["theme"]), ("light", "dark"), "as the system has it")
    equal(seen["light by choice"]["theme"], "light", "the choice")
    check(seen["light"]["background"] != seen["dark"]["background"], "dark is no other colour")
    equal((seen["help"]["help"], seen["help ended"]["help"]), (True, False), "the help")
    for key in "1234":
        check(not seen[f"narrow {key}"]["isTooWide"], f"view {key} is wider than 800 pixels")
        equal(seen[f"narrow {key}"]["stretched"], 0, f"canvases of another width in view {key}")
    check(result["paper"] > 10000, "the printed page is empty")
    paper = result["onPaper"]
    equal((paper["theme"], paper["blank"]), ("light", 0), "on paper: theme, blank pictures")
    check(paper["boxes"] > 3, "the printed flame graph is empty")
    equal(seen["printed"]["theme"], "light", "after printing")


@test
def hostile_text_stays_text():
    evil = "</script><script>alert(1)</script>"
    pathlib.Path("evil.py").write_text(f"""import time
text = '''<!-- <script> {evil} '''  # <img src=x onerror=alert(2)> \u202e {evil}
def burn():
    end = time.process_time() + 0.4
    while time.process_time() < end: pass  # </SCRIPT><img src=x onerror=alert(3)>
namespace = {{'burn': burn}}
exec(compile('def f():\\n burn()\\nf()', '<img src=x onerror="alert(4)">', 'exec'), namespace)
f = type(burn)(burn.__code__.replace(co_name='<b onclick=alert(5)>', co_qualname='<b>"\\x1b[31m')
               if hasattr(burn.__code__, 'co_qualname') else
               burn.__code__.replace(co_name='<b>"\\x1b[31m'), globals())
f()
""")
    record("evil.ptf", PYTHON, "evil.py", evil)
    seen = opened(convert("evil.ptf", "evil.html"))["seen"]
    plain = result_of("walk.ptf")["seen"]["opened"]
    for name, step in seen.items():
        equal(step["strangers"], 0, f"{name}: elements that load something")
        equal(step["scripts"], plain["scripts"], f"{name}: scripts")
    lines = [text for _, _, text in seen["opened"]["lines"]]
    check(any("</SCRIPT><img src=x onerror=alert(3)>" in text for text in lines),
          f"the source is not as it was: {lines}")
    check(any('<b>"\\x1b[31m' in name for name in seen["functions"]["names"]),
          f"{seen['functions']['names']}")


@test
def ten_million_samples():
    done = run(MAKE_TRACE, "huge.ptf", 10**7, 8, 0, 20000, timeout=300)
    check(done.returncode == 0, done.stderr)
    done = run(PCONV, "huge.ptf", "-o", "huge.html", timeout=300)
    check(done.returncode == 0, done.stderr)
    result = opened("huge.html")
    equal(sum(result["sums"]["all"]["all"]),
          sum(pinfo("huge.ptf")[f"{name}_ns"] for name in CLASSES), "all time")


main()
