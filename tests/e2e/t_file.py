"""The file: stock tools read it, pieces of it too, and a crash leaves it."""
from ptftest import *


@test
def stock_tools_print_it():
    for tool in ("zstd", "protoc"):
        if not shutil.which(tool):
            skip(f"{tool} is missing")
    record("stock.ptf", PYTHON, PROGRAMS / "spin.py", 1)
    plain = run("zstd", "-dc", "stock.ptf", text=False)
    equal(plain.returncode, 0, "status of zstd")
    decoded = run("protoc", "--decode=ptf.Trace", "-I", ROOT / "schemas", "ptf.proto",
                  input=plain.stdout, text=False)
    equal(decoded.returncode, 0, "status of protoc")
    text = decoded.stdout.decode("latin-1")
    section = whole("stock.ptf")
    for kind in ("samples", "definitions", "section_start", "section_end", "clock"):
        found = len(re.findall(rf"^  {kind} {{", text, re.M))
        equal(found, section["blocks"].get(kind, 0), f"{kind} Blocks by protoc and libptf")
        check(found, f"no {kind} Block")
    unknown = re.findall(r"^ *\d+[:{ ].*", text, re.M)
    check(not unknown, f"fields that the schema does not know: {unknown[:3]}")
    counts = sum(map(int, re.findall(r"^    count: (\d+)", text, re.M)))
    equal(counts, section["samples"], "rows by protoc and libptf")


@test
def stock_zstd_finds_no_fault_and_keeps_checksums():
    if not shutil.which("zstd"):
        skip("zstd is missing")
    listed = run("zstd", "-lv", "stock.ptf")
    equal(listed.returncode, 0, "status of zstd -l")
    check("XXH64" in listed.stdout, f"no checksum: {listed.stdout}")
    again = run("zstd", "-t", "stock.ptf")
    equal(again.returncode, 0, "status of zstd -t")


def totals(path):
    """The numbers of pinfo that must add up."""
    info = pinfo(path)
    return {key: info[key] for key in ("sections", "samples", "cpu_ns", "python_ns",
                                       "native_ns", "kernel_ns", "wait_ns")}


def json_totals(path):
    """{line: on-CPU ns} of spin.py by pconv."""
    result = collections.Counter()
    for file, body in pconv_json(path)["files"].items():
        for line in body["lines"]:
            ns = line["ptf_python_ns"] + line["ptf_native_ns"] + line["ptf_kernel_ns"]
            if ns:
                result[file, line["lineno"]] += ns
    return result


@test
def cat_of_two_is_two_sections_and_counts_twice():
    data = pathlib.Path("stock.ptf").read_bytes()
    pathlib.Path("twice.ptf").write_bytes(data + data)
    trace = Trace("twice.ptf")
    equal((trace.error, trace.notes, len(trace.sections)), (None, [], 2),
          "error, notes, sections")
    equal(trace.sections[0].raw, trace.sections[1].raw, "the two sections")
    once, twice = json_totals("stock.ptf"), json_totals("twice.ptf")
    check(once, "pconv shows no time")
    equal(twice, collections.Counter({key: 2 * ns for key, ns in once.items()}),
          "time by line in the file of two")
    once = totals("stock.ptf")
    equal(once["sections"], 1, "sections of one")
    equal(totals("twice.ptf"), {key: 2 * number for key, number in once.items()},
          "totals of pinfo")


@test
def a_good_section_after_a_cut_one_is_found():
    data = pathlib.Path("stock.ptf").read_bytes()
    for cut in (len(data) - 100, len(data) // 2, 200):
        pathlib.Path("after.ptf").write_bytes(data[:cut] + data)
        trace = Trace("after.ptf")
        equal(trace.error, None, f"error after a section cut at {cut}")
        check(trace.notes, f"no note about the section cut at {cut}")
        equal(trace.sections[-1].raw["samples"], whole("stock.ptf")["samples"],
              f"samples of the good section after one cut at {cut}")
        check(trace.sections[-1].raw["has_end"], "the good section has lost its end")


@test
def a_section_appended_to_garbage_is_found():
    data = pathlib.Path("stock.ptf").read_bytes()
    pathlib.Path("after.ptf").write_bytes(data + b"\n garbage \0" * 50 + data)
    trace = Trace("after.ptf")
    equal(trace.error, None, "error")
    check(trace.notes, "no note about the garbage")
    equal([section["samples"] for section in trace.sections],
          [whole("stock.ptf")["samples"]] * 2, "samples of the sections")


@test
def cut_anywhere_it_reads_to_the_last_whole_Block():
    # Small, so that two thousand readings take seconds; several frames.
    record("small.ptf", PYTHON, PROGRAMS / "spin.py", 3, options=["-F", "200"])
    done = run(SUPPORT / "cutread", "small.ptf", 1, 2048, 200, 300, timeout=300)
    note(done.stdout.strip().replace("\n", "; "))
    equal(done.returncode, 0, f"status of cutread ({done.stdout.strip()} {done.stderr})")


@test
def pinfo_reads_a_cut_file_and_says_so():
    data = pathlib.Path("small.ptf").read_bytes()
    for cut in (len(data) - 1, len(data) - 300, len(data) * 2 // 3):
        pathlib.Path("cut.ptf").write_bytes(data[:cut])
        done = run(PINFO, "cut.ptf")
        equal(done.returncode, 0, f"status of pinfo for a file cut at {cut} of {len(data)}")
        shown = (done.stdout + done.stderr).lower()
        check(re.search(r"cut|incomplete|missing|no end|not whole|truncated|without", shown),
              f"nothing says that the file is cut at {cut} of {len(data)}: {shown[-300:]}")
        check("spin.py" in done.stdout or "sample" in shown, "it shows nothing of the rest")


@test
def without_one_whole_Block_there_is_no_data():
    data = pathlib.Path("small.ptf").read_bytes()
    pathlib.Path("cut.ptf").write_bytes(data[:100])
    for tool, options in ((PINFO, []), (PCONV, ["--to", "json"])):
        done = run(tool, "cut.ptf", *options)
        equal(done.returncode, 1, f"status of {tool}")
        # The last line says why; lines before it tell what was found.
        check(re.search("no data|no whole Block", done.stderr.splitlines()[-1]),
              f"it says {done.stderr!r}")
        equal(done.stdout, "", "stdout")


@test
def SIGKILL_of_prec_loses_at_most_a_second():
    program = subprocess.Popen(
        [PREC, "--quiet", "-o", "killed.ptf", "--", PYTHON, PROGRAMS / "spin.py", "6"],
        stdout=subprocess.PIPE, text=True)
    time.sleep(3.5)
    killed_at = time.monotonic_ns()
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    trace = Trace("killed.ptf")
    section = trace.only
    check(trace.notes or not section["has_end"], "nothing says that the file is cut")
    lost = (killed_at - section["origin_ns"] - section["last_ns"]) / 1e9
    note(f"the last row is {lost:.2f} s before the kill")
    check(lost < 1.1, f"the last row is {lost:.2f} s before the kill")
    check(section.row_count() > 100, f"only {section.row_count()} rows")
    # The program goes on without its recorder, undisturbed.
    rest = program.stdout.read()
    check('"cpu"' in rest, f"the program did not end as it should: {rest!r}")
    equal(run(PINFO, "killed.ptf").returncode, 0, "status of pinfo")


@test
def a_recording_through_a_pipe_is_the_same_file():
    with open("piped.ptf", "wb") as out:
        cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out)
        done = run(PREC, "--quiet", "-o", f"/dev/fd/{cat.stdin.fileno()}", "--",
                   PYTHON, PROGRAMS / "spin.py", 1, pass_fds=[cat.stdin.fileno()])
        cat.stdin.close()
        cat.wait()
    equal(done.returncode, 0, "status of prec")
    check(whole("piped.ptf")["samples"] > 100, "there are no rows")


main()
