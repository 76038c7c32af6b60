"""What pinfo and pconv say is what the trace holds, to the nanosecond."""
from ptftest import *

TRACE = "tools.ptf"
LINES = ("ptf_python_ns", "ptf_native_ns", "ptf_kernel_ns", "ptf_runnable_ns", "ptf_gil_ns",
         "ptf_wait_ns")
CLASS_OF = dict(zip(LINES, (PYTHON_CPU, NATIVE, KERNEL, RUNNABLE, GIL, WAIT)))


def make():
    if not os.path.exists(TRACE):
        record(TRACE, PYTHON, PROGRAMS / "truth.py", 1.5)
    return whole(TRACE)


@test
def JSON_has_every_nanosecond_on_its_line():
    section = make()
    file = str(PROGRAMS / "truth.py")
    shown = pconv_json(TRACE)["files"][file]["lines"]
    raw = section.lines(file)
    wrong = []
    for line in shown:
        for key in LINES:
            if line[key] != raw.get((line["lineno"], CLASS_OF[key]), 0):
                wrong.append((line["lineno"], key, line[key],
                              raw.get((line["lineno"], CLASS_OF[key]), 0)))
    check(not wrong, f"line, key, shown, in the trace: {wrong[:4]}")
    equal([line["lineno"] for line in shown],
          list(range(1, len((PROGRAMS / "truth.py").read_text().splitlines()) + 1)),
          "line numbers")
    texts = [line["line"].rstrip("\n") for line in shown]
    equal(texts, (PROGRAMS / "truth.py").read_text().splitlines(), "texts")


@test
def JSON_of_all_files_sums_to_the_total():
    section = make()
    for options in ([], ["--min", "0"]):
        document = pconv_json(TRACE, *options)
        elsewhere = [document["ptf_without_file"], document["ptf_omitted_files"]]
        for part in ("lines", "functions"):
            total = collections.Counter()
            for body in document["files"].values():
                for item in body[part]:
                    total.update({key: item[key] for key in LINES})
            for body in elsewhere:
                total.update({key: body.get(key, 0) for key in LINES})
            for key in LINES:
                equal(total[key], section.total(classes=(CLASS_OF[key],)),
                      f"{key} of all {part} with {options}")


@test
def A_class_of_time_is_a_metric():
    section = make()
    for metric, classes in (("python", (PYTHON_CPU,)), ("gil", (GIL,)),
                            ("waiting", (RUNNABLE, GIL, WAIT)), ("native,wait", (NATIVE, WAIT))):
        total = section.total(classes=classes)
        if not total:
            continue
        equal(pconv_json(TRACE, "--metric", metric)["ptf_all_ns"], total, f"100 % of {metric}")
        folded = run(PCONV, TRACE, "--to", "folded", "--metric", metric).stdout
        drawn = sum(int(line.rsplit(" ", 1)[1]) for line in folded.splitlines())
        check(abs(drawn - total / 1000) <= len(folded.splitlines()), f"folded stacks of {metric}")
    for tool, words, status in ((PCONV, [TRACE], 1), (BIN / "pdiff", [TRACE, TRACE], 2)):
        done = run(tool, *words, "--metric", "walk")
        equal(done.returncode, status, "status")
        check("'walk' is not in the traces" in one_line(done.stderr) and "rss (bytes)" in done.stderr,
              f"message: {done.stderr}")
        check("python, native" in done.stderr, f"it does not say what there is: {done.stderr}")
    # It is there, but as time of classes.
    check("cannot be chosen here" in run(PCONV, TRACE, "--metric", "time").stderr, "time")


@test
def JSON_follows_the_schema_of_Scalene():
    make()
    document = pconv_json(TRACE)
    for key, kind in (("program", str), ("args", list), ("elapsed_time_sec", (int, float)),
                      ("start_time_absolute", (int, float)), ("files", dict), ("memory", bool),
                      ("gpu", bool)):
        check(isinstance(document.get(key), kind), f"{key} is {document.get(key)!r}")
    body = document["files"][str(PROGRAMS / "truth.py")]
    for key, kind in (("percent_cpu_time", (int, float)), ("functions", list), ("lines", list),
                      ("imports", list), ("leaks", dict)):
        check(isinstance(body.get(key), kind), f"{key} of a file is {body.get(key)!r}")
    check(0 <= body["percent_cpu_time"] <= 100.01, "percent_cpu_time is out of range")
    keys = ("line", "lineno", "n_cpu_percent_python", "n_cpu_percent_c", "n_sys_percent",
            "n_core_utilization", "n_avg_mb", "n_peak_mb", "n_copy_mb_s", "n_gpu_percent",
            "start_region_line", "end_region_line")
    for line in body["lines"]:
        missing = [key for key in keys if key not in line]
        check(not missing, f"line {line['lineno']} lacks {missing}")
        share = line["n_cpu_percent_python"] + line["n_cpu_percent_c"] + line["n_sys_percent"]
        check(0 <= share <= 100.01, f"line {line['lineno']} has {share} %")
    total = sum(line[key] for line in body["lines"]
                for key in ("n_cpu_percent_python", "n_cpu_percent_c", "n_sys_percent"))
    check(85 < total <= 100.1, f"the percentages sum to {total:.2f}")
    names = {function["line"] for function in body["functions"]}
    check({"loop_a", "loop_b", "deep", "consume", "produce"} <= names, f"functions: {names}")


@test
def folded_stacks_sum_to_the_total():
    section = make()
    total = 0
    for line in run(PCONV, TRACE, "--to", "folded").stdout.splitlines():
        match = re.fullmatch(r"(\S.*) (\d+)", line)
        check(match, f"{line!r} is not a folded stack")
        total += int(match[2])
    cpu = section.total()
    everything = section.total(classes=range(7))
    units = [scale for scale in (1, 1000, 1000000)
             if cpu * 0.98 <= total * scale <= everything * 1.02]
    check(units, f"the stacks sum to {total}; CPU time is {cpu} ns, all is {everything} ns")
    text = run(PCONV, TRACE, "--to", "folded").stdout
    check(re.search(r"<module>.*;.*main.*;.*consume.*;.*produce", text),
          "the stack of the generator is not there")


@test
def the_table_shows_the_busy_lines():
    make()
    done = run(PCONV, TRACE, "--to", "table")
    equal(done.returncode, 0, "status")
    check("\x1b" not in done.stdout, "escape codes without a terminal")
    for text in ("value = value * 3 % 65537", "return sorted(NUMBERS)", "return os.urandom(1 << 20)",
                 "time.sleep(0.008)"):
        lines = [line for line in done.stdout.splitlines() if text in line]
        check(lines, f"no line {text!r} in the table")
        check("%" in lines[0], f"no percentage on {lines[0]!r}")
    check("Python" in done.stdout and "native" in done.stdout and "system" in done.stdout,
          "the columns have no names")


@test
def the_table_says_what_the_JSON_says():
    make()
    file = str(PROGRAMS / "truth.py")
    # Some lines have the same text, and functions have numbers too.
    shares = {(line["lineno"], line["line"].rstrip()):
              [line[key] for key in ("n_cpu_percent_python", "n_cpu_percent_c", "n_sys_percent")]
              for line in pconv_json(TRACE)["files"][file]["lines"]}
    table = run(PCONV, TRACE, "--to", "table", "--files", "*truth.py", "--all-lines",
                env=dict(os.environ, COLUMNS="160")).stdout
    seen = 0
    for row in table.splitlines():
        cells = [cell.strip() for cell in re.split("[\u2502|]", row)]
        if len(cells) < 6 or not cells[0].isdigit():
            continue
        place = int(cells[0]), re.split("[\u2502|]", row)[-1].rstrip()
        if place not in shares or sum(shares[place]) < 2:
            continue
        for share, cell in zip(shares[place], cells[1:4]):
            shown = float(cell.rstrip("%") or 0)
            check(abs(shown - share) <= 1, f"line {place[0]}: {cell or 'nothing'} for {share:.2f} %")
        seen += 1
    check(seen >= 8, f"only {seen} busy lines were found in the table")


@test
def the_table_fits_the_terminal():
    make()
    for columns in (60, 80, 132):
        done = run(PCONV, TRACE, "--to", "table", env=dict(os.environ, COLUMNS=str(columns)))
        # But for the command, which is there to be copied.
        widest = max(len(line) for line in done.stdout.splitlines()[1:])
        check(widest <= columns, f"{widest} columns for COLUMNS={columns}")


@test
def the_table_has_the_programs_own_files_first():
    pathlib.Path("aside").mkdir()
    pathlib.Path("aside/brief.py").write_text(
        "import json\n"
        "def mine(text):\n"
        "    return json.loads(text, parse_int=lambda digits: 0)\n"
        "def main():\n"
        "    for _ in range(30):\n"
        "        mine('[' + '1, ' * 20000 + '1]')\n"
        "        json.dumps(list(range(9000)), indent=1)\n"
        "main()\n")
    run(PREC, "-q", "-F", "1000", "-o", "brief.ptf", "brief.py", cwd="aside")
    table = run(PCONV, "--charge", "self", "aside/brief.ptf").stdout
    titles = re.findall(r"^ *(\S.*): (?:% of time = )? *[0-9.]+%", table, re.M)
    equal(titles[0], "brief.py", f"the first file of {titles}")
    check("Library code" in titles, f"{titles}: nothing says where libraries begin")
    check(any(title.endswith("/json/encoder.py") for title in titles), f"no library in {titles}")
    encoder = table[table.index("json/encoder.py"):]
    check(encoder.index("...") < encoder.index("function summary"),
          "all lines of the library are shown")
    own = run(PCONV, "aside/brief.ptf").stdout
    check("encoder.py" not in own, f"time of the library is still its own in\n{own}")
    told = run(PINFO, "--summary", "aside/brief.ptf").stdout
    check(re.search(r" %  brief.py:7  json.dumps", told) and "coder.py" not in told,
          f"the summary names libraries, not who called them:\n{told}")


@test
def files_of_one_name_have_their_folders():
    for folder in ("here", "there"):
        pathlib.Path(folder).mkdir()
        pathlib.Path(folder, "twin.py").write_text(
            "import time\nend = time.thread_time() + 0.1\n"
            "while time.thread_time() < end:\n    sum(range(1000))\n")
        run(PREC, "-q", "-o", f"{folder}.ptf", f"{folder}/twin.py")
    check(re.search(r"^ *twin.py: %", run(PCONV, "here.ptf").stdout, re.M), "the name is not short")
    both = run(PCONV, "here.ptf", "there.ptf").stdout
    for folder in ("here", "there"):
        check(f"/{folder}/twin.py: %" in both, f"which is in {folder}?\n{both}")


@test
def output_to_a_file_is_that_to_stdout():
    make()
    for form in ("json", "table", "folded"):
        shown = run(PCONV, TRACE, "--to", form).stdout
        done = run(PCONV, TRACE, "--to", form, "-o", f"out.{form}")
        equal((done.returncode, done.stdout), (0, ""), f"status and stdout of {form}")
        equal(pathlib.Path(f"out.{form}").read_text(), shown, f"{form} in a file")


@test
def a_trace_on_standard_input():
    make()
    for tool, options in ((PINFO, []), (PCONV, ["--to", "folded"])):
        with open(TRACE, "rb") as file:
            done = run(tool, "-", *options, stdin=file)
        equal(done.returncode, 0, f"status of {tool} ({done.stderr})")
        check(done.stdout, f"{tool} shows nothing")


@test
def pinfo_tells_what_is_in_it():
    section = make()
    done = run(PINFO, TRACE)
    equal((done.returncode, done.stderr), (0, ""), "status and stderr")
    check("truth.py" in done.stdout, "the program's name is not there")
    info = json.dumps(pinfo(TRACE))
    for what, number in (("samples", section["samples"]),
                         ("pid", list(section.processes.values())[0]["pid"]),
                         ("bytes", os.path.getsize(TRACE))):
        check(re.search(rf"\b{number}\b", info), f"no {what} {number} in pinfo --json")


@test
def CPU_time_without_samples_is_CPU_time():
    # One sample a second: next to nothing of it was sampled.
    record("rare.ptf", PYTHON, PROGRAMS / "spin.py", "0.3", options=["-F", "1"])
    process = list(whole("rare.ptf").processes.values())[0]
    info = pinfo("rare.ptf")
    # The process's clock goes on a little after the last thread's was read.
    check(0.95 * process["cpu_ns"] < info["cpu_ns"] <= process["cpu_ns"],
          f"cpu_ns {info['cpu_ns']}, of the process {process['cpu_ns']}")
    few = info["unknown_ns"] > 0.01 * info["cpu_ns"]
    for tool, options in ((PINFO, ["--summary"]), (PINFO, []), (PCONV, [])):
        text = run(tool, *options, "rare.ptf").stdout
        equal("of it unsampled" in text, few, f"says that time was not sampled: {text}")


@test
def shares_of_CPU_time_alone():
    section = make()
    document = pconv_json(TRACE, "--metric", "cpu")
    equal(document["ptf_all_ns"], section.total() + document["ptf_unknown_ns"], "100 %")
    equal([document[key] for key in LINES[3:]], [0, 0, 0], "waits")
    lines = document["files"][str(PROGRAMS / "truth.py")]["lines"]
    check(all(line[key] == 0 for line in lines for key in LINES[3:]), "waits of lines")
    check("CPU time of all threads, without waits" in run(PCONV, TRACE, "--metric", "cpu").stdout,
          "the table does not say what 100 % is")
    equal(run(PCONV, TRACE, "--metric", "samples").returncode, 2, "status of --metric samples")
    equal(run(PCONV, TRACE, "--metric", "cpu", "--wait", "all").returncode, 2,
          "status of --metric cpu --wait all")


@test
def parts_are_selected():
    everything = pconv_json(TRACE)
    parts = [pconv_json(TRACE, "--class", name) for name in ("cpu", "waiting")]
    equal(sum(part["ptf_all_ns"] for part in parts), everything["ptf_all_ns"], "time of all classes")
    equal(parts[0]["ptf_selection"], "class unknown or python or native or kernel", "selection")
    halves = [pconv_json(TRACE, "--time", text, "--wait", "all") for text in ("..0.5s", "500ms..")]
    equal(sum(half["ptf_samples"] for half in halves), everything["ptf_samples"],
          "samples of both halves")
    check("Selected: function loop_a." in
          run(PCONV, TRACE, "--function", "loop_a").stdout, "the table says what is selected")
    equal(run(PCONV, TRACE, "--function", "no_such_function").returncode, 1, "status")
    for option in (("--time", "5s..2s"), ("--class", "snake"), ("--map", "x")):
        equal(run(PCONV, TRACE, *option).returncode, 2, f"status of {option}")
    mapped = pconv_json(TRACE, "--map", f"{PROGRAMS}/=src/")
    check("src/truth.py" in mapped["files"], f"paths are mapped: {list(mapped['files'])}")


def the_start_is_told_to_the_nanosecond():
    section = pinfo(make() and TRACE)["files"][0]["sections"][0]
    text = run(PCONV, TRACE, "--to", "json").stdout
    for key, ns in (("start_time_absolute", section["origin_realtime_ns"]),
                    ("start_time_perf", section["origin_monotonic_ns"]),
                    ("elapsed_time_sec", section["elapsed_ns"])):
        shown = re.search(rf'"{key}": (\d+)\.(\d{{9}}),', text)
        check(shown, f"{key} has not all digits")
        equal(int(shown[1] + shown[2]), ns, key)


@test
def what_matches_nothing_is_a_mistake():
    make()
    for option in ("--thread", "--files"):
        for form in ("table", "json"):
            done = run(PCONV, TRACE, option, "nope*", "--to", form)
            equal((done.returncode, done.stdout), (1, ""), f"status and stdout of {option}")
            check(f"{option} nope*" in one_line(done.stderr), f"it says {done.stderr!r}")


@test
def the_trace_can_be_read_elsewhere():
    # Without its program, sources and libraries: all is inside.
    os.makedirs("away", exist_ok=True)
    path = pathlib.Path("away/job.py").absolute()
    path.write_text("import time\nend = time.thread_time() + 0.6\nwhile time.thread_time() < end:\n"
                    "    sum(range(1000))\n")
    record("away.ptf", PYTHON, path)
    shutil.rmtree("away")
    done = run(PCONV, "away.ptf", "--to", "table", cwd="/")  # not there: a relative name
    check(done.returncode == 1, "the test itself")
    done = run(PCONV, pathlib.Path("away.ptf").absolute(), "--to", "table", cwd="/")
    check("    sum(range(1000))" in done.stdout, "the source text is gone")


main()
