"""What recording memory costs, in CPU time, beside plain prec and beside others.

As cost.py does it: pairs of processes that take turns, the ratio of what their work
needs. memray and scalene run the same interpreter from PYTHONPATH; they are
installed from the registry of Python at fixed versions, into a folder of the build.
They do not do the same: memray's file has every allocation, with its stack if
--native; scalene samples as we do, and has a timer for time as well.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import measure
from cost import Cost, ratio_text

PACKAGES = ("memray==1.20.0", "scalene==2.4.0")
START_PAIR_COUNT = 5
SIZE_UNIT_COUNT = 100
# (title, arguments behind the compiled programs/blocks.c)
NATIVE = [(f"malloc and free in {threads} thread{'s' * (threads > 1)}", str(threads))
          for threads in (1, 4)]

Case = collections.namedtuple("Case", "name command why_not")


def peers_folder(build):
    """Where memray and scalene are, after they are installed; or None and why not."""
    folder = pathlib.Path(build) / "bench-peers"
    done_file = folder / "packages"
    if done_file.exists() and done_file.read_text() == repr(PACKAGES):
        return folder, None
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--upgrade",
                           "--only-binary", ":all:", "--target", folder, *PACKAGES],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        last = (done.stderr.strip() or "pip says nothing").splitlines()[-1]
        return None, f"cannot be installed here: {last[:100]}"
    done_file.write_text(repr(PACKAGES))
    return folder, None


def of_python(folder, module, *options):
    """The same interpreter and script, run by a module of the folder."""
    def command(trace, program):
        options_now = [option.replace("TRACE", trace) for option in options]
        return ["env", f"PYTHONPATH={folder}", program[0], "-m", module, *options_now, *program[1:]]
    return command


def cases(tools, folder, why_not):
    def ours(*options):
        return lambda trace, program: tools.record(trace, *options) + program

    yield Case("alone", lambda trace, program: program, None)
    yield Case("prec", ours(), None)
    yield Case("prec --memory", ours("--memory"), None)
    yield Case("prec --memory-interval 64K", ours("--memory-interval", "64K"), None)
    for name, module, options in (
            ("memray run", "memray", ()),
            ("memray run --aggregate", "memray", ("--aggregate",)),
            ("memray run, with Python's", "memray", ("--trace-python-allocators",))):
        yield Case(name, of_python(folder, module, "run", "--quiet", "--force", *options,
                                   "--output", "TRACE"), why_not)
    yield Case("scalene run", of_python(folder, "scalene", "run", "--outfile", "TRACE"), why_not)


def show(cost, case):
    with tempfile.TemporaryDirectory() as scratch:
        command = case.command(os.path.join(scratch, "trace"), cost.program)
        ratios = cost.ratios(command)
        start, _ = cost.once(command, 0, START_PAIR_COUNT)
    print(f"  {case.name:26} {ratio_text(ratios)} {start * 1e3:8.2f}", flush=True)


def programs(folder):
    """(title, command, whether it is of Python, why not)"""
    for title, name in (("pure Python, many objects", "objects.py"), ("numpy", "arrays.py")):
        program = measure.program(name)
        works = subprocess.run(program + ["0"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL).returncode == 0
        yield title, program, True, None if works else "it does not run here"
    binary = os.path.join(folder, "blocks")
    built = subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-pthread", "-o", binary,
                            measure.PROGRAMS / "blocks.c"])
    for title, threads in NATIVE:
        yield title, [binary, threads], False, "no C compiler" if built.returncode else None


def print_costs(tools, pair_count, turn_count, log, program_regex, case_regex):
    peers, why_not = peers_folder(tools.build)
    with tempfile.TemporaryDirectory() as folder:
        for title, program, is_python, wrong in programs(folder):
            if not re.search(program_regex, " ".join(program)):
                continue
            print(f"Cost of memory, {title}; recorded : alone, {pair_count} pairs in "
                  f"{turn_count} turns\n", flush=True)
            if wrong:
                print(f"  skipped: {wrong}\n")
                continue
            print(f"  {'':26} {'median':>7}   {'95 % interval':14} {'start ms':>8}")
            cost = Cost(program, pair_count, turn_count, log)
            for case in cases(tools, peers, why_not):
                # Others record programs of Python only.
                if not re.search(case_regex, case.name) or \
                        not is_python and not case.name.startswith(("alone", "prec")):
                    continue
                if case.why_not:
                    print(f"  {case.name:26} skipped: {case.why_not}")
                else:
                    show(cost, case)
            print(flush=True)


def memory_rows(tools, trace):
    """How many rows are about memory."""
    strings, metrics, count = {}, {}, 0
    for line in tools.support("dump_rows", trace).splitlines():
        word, _, rest = line.partition(" ")
        if word == "string":
            number, _, text = rest.partition(" ")
            strings[number] = text
        elif word == "metric":
            number, name, *_ = rest.split()
            metrics[number] = strings[name]
        elif word == "row":
            columns = [column.split("=") for column in rest.split()[6:]]
            count += any(metrics[number] in ('"alloc_bytes"', '"free_bytes"', '"copy_bytes"')
                         and value != "0" for number, value in columns)
    return count


def print_size(tools):
    """Bytes of the file for each row about memory: what it has more than a plain one."""
    print(f"Size of memory: {SIZE_UNIT_COUNT} units of objects.py, without sources\n\n"
          f"  {'':26} {'rows':>8} {'bytes/row':>12}")
    program = measure.program("objects.py") + [str(SIZE_UNIT_COUNT)]
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace.ptf")

        def size(*options):
            subprocess.run(tools.record(trace, "--no-source", *options) + program, check=True,
                           stdout=subprocess.DEVNULL)
            return os.path.getsize(trace)
        plain = size()
        for interval in ("512K", "64K", "8K"):
            more = size("--memory-interval", interval) - plain
            rows = memory_rows(tools, trace)
            print(f"  --memory-interval {interval:9} {rows:7} {more / rows:12.3f}", flush=True)
    print()


def print_memory(tools, pair_count, turn_count, log, program_regex, case_regex):
    print_costs(tools, pair_count, turn_count, log, program_regex, case_regex)
    print("  start: CPU time that is added to a program that does nothing else than start.\n")
    if not program_regex and not case_regex:
        print_size(tools)
