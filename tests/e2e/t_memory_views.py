"""What the views say of memory is what pinfo says, to the byte: the table, JSON, CSV and
the page; and of a trace without memory nothing has changed. Whether it is true is the
matter of t_memory.py."""
import csv
import io

from ptftest import *
from webpages import Page, unpacked

PROGRAM = """
import json
kept = []
def build(n):
    return [{"id": i, "name": "user %d" % i} for i in range(n)]
def grow():
    for i in range(40):
        kept.append(bytes(1000000))
        sum(range(100000))
text = json.dumps(build(50000))
back = json.loads(text)
grow()
again = bytearray(text.encode()) * 5
"""
BYTES = {"alloc": ("allocated_python_bytes", "allocated_native_bytes"),
         "live": ("live_bytes",), "peak": ("peak_bytes",), "copy": ("copied_bytes",)}


def traces():
    """Recorded, and made up: with library code, native code, threads, processes."""
    if not os.path.exists("recorded.ptf"):
        pathlib.Path("allocate.py").write_text(PROGRAM)
        record("recorded.ptf", PYTHON, "allocate.py", options=["--memory"])
        done = run(SUPPORT / "make_trace", "made.ptf", 5000, 3, 0, 300, 20000)
        check(done.returncode == 0, done.stderr)
    return "recorded.ptf", "made.ptf"


def memory_of(trace):
    """pinfo's sums, by their name in CSV; of peaks those of the processes, which need not be
    at one time."""
    info = pinfo(trace)
    sums = {name: sum(info["memory"][key] for key in keys) for name, keys in BYTES.items()}
    peaks = [process["memory"]["peak_bytes"] for process in info["processes"]
             if "memory" in process]
    check(max(peaks) <= sums["peak"] <= sum(peaks), f"peaks {peaks}, {sums['peak']} at one time")
    return {**sums, "peak": sum(peaks)}


def near(got, wanted, what):
    """Numbers of JSON have nine digits."""
    check(abs(got - wanted) <= 1e-6 * max(1, abs(wanted)), f"{what}: {got}, not {wanted}")


def converted(trace, form, *options, columns=""):
    done = run(PCONV, trace, "--to", form, *options,
               env={**os.environ, "COLUMNS": str(columns), "LC_ALL": "C.UTF-8"})
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return done.stdout


def scalene(trace, *options):
    return json.loads(converted(trace, "json", "--min", "0", *options))


def bytes_of(row, name):
    return sum(row.get(f"ptf_{key}", 0) for key in BYTES[name])


@test
def csv_adds_up_to_pinfo():
    for trace in traces():
        for charge in ("self", "user"):
            rows = list(csv.DictReader(io.StringIO(converted(trace, "csv", "--charge", charge),
                                                   newline="")))
            for name, wanted in memory_of(trace).items():
                equal(sum(int(row[f"{name}_bytes"]) for row in rows), wanted,
                      f"{name} of {trace}, {charge}")
            check({row["class"] for row in rows if int(row["alloc_bytes"])} <=
                  {"python", "native"}, "other classes allocate")
        check("alloc_bytes" not in converted(trace, "csv", "--threads").split("\n")[0],
              "bytes of threads, which are not known")


@test
def json_adds_up_to_pinfo():
    for trace in traces():
        data, memory = scalene(trace), memory_of(trace)
        files = [*data["files"].values(), data["ptf_without_file"]]
        for name, wanted in memory.items():
            if name != "peak":
                equal(bytes_of(data, name), wanted, f"{name} of all of {trace}")
            equal(sum(bytes_of(function, name) for file in files
                      for function in file["functions"]), wanted, f"{name} by function, {trace}")
            for file in data["files"].values():
                equal(sum(bytes_of(line, name) for line in file["lines"]), bytes_of(file, name),
                      f"{name} of the lines of a file of {trace}")
        near(data["max_footprint_mb"] * 2 ** 20, pinfo(trace)["memory"]["peak_bytes"],
             "the footprint")
        near(max(mb for _, mb in data["samples"]), data["max_footprint_mb"], "its levels")
        # In Scalene's stacks only Python is.
        check(0 < sum(mb for _, mb in data["memory_stacks"]) <= memory["alloc"] / 2 ** 20 + 1e-3,
              "bytes of stacks")
        check(0 <= data["max_footprint_python_fraction"] <= 1, "a share")
        equal(data["memory"], True, "memory")
        for file in data["files"].values():
            for line in file["lines"]:
                check(line["n_avg_mb"] <= line["n_peak_mb"] <= data["max_footprint_mb"] + 1e-6,
                      f"average, own peak and peak: {line}")
                if line["memory_samples"]:
                    near(max(mb for _, mb in line["memory_samples"]), line["n_peak_mb"], "levels of a line")


@test
def the_line_that_holds_most_is_named():
    traces()
    data = scalene("recorded.ptf")
    name, line = data["max_footprint_fname"], data["max_footprint_lineno"]
    text = data["files"][name]["lines"][line - 1]["line"]
    check("bytes(1000000)" in text, f"the peak is said to be of: {text}")
    check("bytes(1000000)" in run(PINFO, "--summary", "recorded.ptf").stdout, "the summary's line")
    table = converted("recorded.ptf", "table", columns=160)
    check("Lines that held most:\n" in table and
          "bytes(1000000)" in table.split("Lines that held most:\n")[1].split("\n")[0], table)


@test
def the_table_never_overflows():
    for trace in traces():
        for columns in (55, 60, 70, 80, 90, 100, 110, 120, 160):
            for options in ((), ("--classes",), ("--reduced",)):
                text = converted(trace, "table", *options, columns=columns)
                widest = max((columns_of(line), line) for line in text.split("\n"))
                # Columns of time alone may need more than a very narrow terminal has.
                fixed = max(len(line.rpartition("│")[0]) for line in text.split("\n")) + 1
                check(widest[0] <= max(columns, fixed + 15), f"{widest[0]} of {columns}: {widest[1]}")
                check("Memory" in text, f"no memory in {columns} columns")


def columns_of(line):
    return sum(2 if 0x1100 <= ord(c) and (0x2E80 <= ord(c) <= 0xFFEF) else 1 for c in line)


@test
def the_table_has_the_numbers_of_json():
    traces()
    data = scalene("recorded.ptf")
    lines = {line["lineno"]: line for line in next(
        file for path, file in data["files"].items() if path.endswith("allocate.py"))["lines"]}
    table = converted("recorded.ptf", "table", "--files", "*allocate.py", columns=160)
    rows = table.split("function summary")[0].split("\n")
    head = next(row for row in rows if "timeline/%" in row).split("│")
    peak_at = [cell.strip() for cell in head].index("peak")
    seen = 0
    for row in rows:
        cells = row.split("│")
        if len(cells) == len(head) and cells[0].strip().isdigit():
            mb = lines[int(cells[0])]["n_peak_mb"]
            said = cells[peak_at].strip()
            equal(said, f"{mb:.0f}M" if mb > 0.5 else "", f"peak of line {cells[0]}")
            percent = cells[peak_at + 1].strip().rpartition(" ")[2]
            share = 100 * lines[int(cells[0])]["n_usage_fraction"]
            if share >= 1:
                equal(percent, f"{share:.0f}%", f"share of line {cells[0]}")
                check(any(c in "▁▂▃▄▅▆▇█" for c in cells[peak_at + 1]), "a timeline")
            seen += bool(said)
    check(seen >= 3, f"{seen} lines with a peak")


@test
def the_page_has_the_lines_of_json():
    for trace in traces():
        data = Page(converted(trace, "html")).data
        memory = {name: sum(unpacked(data["memory"]["stacks"][column])) for name, column in
                  (("alloc", "allocated"), ("live", "live"), ("peak", "peak"), ("copy", "copied"))}
        equal(memory, memory_of(trace), f"stacks of the page of {trace}")
        for charge in ("self", "user"):
            columns = {key: unpacked(text) for key, text in
                       data["memory"]["charges"][charge]["lines"].items()}
            found = {}
            for i, file in enumerate(columns["file"]):
                found[data["files"][file - 1]["path"], columns["line"][i]] = tuple(
                    columns[key][i] for key in ("python", "native", "live", "peak", "maximum",
                                                "average", "copied"))
                level = columns["level"][64 * i:64 * i + 64]
                check(max(level) == (63 if columns["maximum"][i] else 0), f"levels {level}")
            wanted = {(path, line["lineno"]): tuple(line[f"ptf_{key}_bytes"] for key in (
                "allocated_python", "allocated_native", "live", "peak", "maximum", "average",
                "copied"))
                for path, file in scalene(trace, "--charge", charge)["files"].items()
                for line in file["lines"] if "ptf_peak_bytes" in line}
            equal(found, wanted, f"lines of the page of {trace}, {charge}")


@test
def without_memory_nothing_is_said():
    done = run(SUPPORT / "make_trace", "plain.ptf", 5000, 3)
    check(done.returncode == 0, done.stderr)
    equal(pinfo("plain.ptf")["memory"], None, "pinfo --json")
    check("peak" not in run(PINFO, "plain.ptf").stdout, "pinfo tells a peak")
    check("Memory" not in converted("plain.ptf", "table", columns=160), "a column of memory")
    equal(converted("plain.ptf", "csv").split("\n")[0],
          "file,line,function,class,self_ns,total_ns", "columns of CSV")
    data = scalene("plain.ptf")
    equal((data["memory"], data["max_footprint_mb"], data["samples"], data["memory_stacks"]),
          (False, 0, [], []), "JSON")
    equal(Page(converted("plain.ptf", "html")).data["memory"], None, "the page")


@test
def what_is_left_of_a_selection_has_its_memory():
    """Half the time: sums are smaller, and there is still a peak."""
    traces()
    all_of, part = memory_of("made.ptf"), scalene("made.ptf", "--time", "0..1s")
    check(0 < bytes_of(part, "alloc") < all_of["alloc"], "bytes allocated in half the time")
    check(part["max_footprint_mb"] > 0, "a peak of half the time")


@test
def standard_input_will_do():
    traces()
    with open("recorded.ptf", "rb") as file:
        text = run(PINFO, "--json", "-", stdin=file).stdout
    equal(json.loads(text)["memory"], pinfo("recorded.ptf")["memory"], "memory by standard input")


@test
def what_several_processes_held_is_not_of_one_end():
    code = ("import os\nfor i in range(3):\n    pid = os.fork()\n    if not pid:\n"
            "        x = bytearray(40 * 2 ** 20)\n        os._exit(0)\n    os.waitpid(pid, 0)\n")
    record("ends.ptf", PYTHON, "-c", code, options=["--memory"])
    said = run(PINFO, "--summary", "ends.ptf").stdout
    check("held by processes as they ended" in said, said)


@test
def memory_that_no_sample_met_was_recorded():
    record("none.ptf", PYTHON, "-c", "", options=["--memory-interval", "1T"])
    done = run(PCONV, "none.ptf", "--to", "folded", "--metric", "alloc")
    equal(done.returncode, 1, "pconv's status")
    check("a smaller prec --memory-interval" in done.stderr, done.stderr)


main()
