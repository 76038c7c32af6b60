"""pprof: in Go's own tool, and in speedscope."""
from consumer import *


def go_pprof(*arguments):
    """What go tool pprof prints."""
    environment = dict(os.environ, PPROF_TMPDIR=os.getcwd())
    # Newer Gos build the tool when it is first used.
    done = run(need("go"), "tool", "pprof", *arguments, env=environment, timeout=500)
    check(done.returncode == 0, f"go tool pprof ended with {done.returncode}: {done.stderr}")
    return done.stdout


def number(text):
    return float(re.match(r"[-0-9.]+", text)[0])


def top(file, kind):
    """The total, and {function: (self, total)}"""
    text = go_pprof("-top", "-unit=ns", f"-sample_index={kind}", "-nodecount=100000", "-nodefraction=0", file)
    total = number(re.search(r"([0-9.]+\S*) total$", text, re.M)[1])
    rows = {}
    for line in text.split("flat%")[1].splitlines()[1:]:
        own, _, _, cumulated, _, name = line.split(None, 5)
        rows[name] = (number(own), number(cumulated))
    return total, rows


def tags(file, kind):
    """{key: {value: sum}}"""
    result, key = collections.defaultdict(dict), None
    # A unit would be that of thread ids as well.
    unit = () if kind == "samples" else ("-unit=ns",)
    for line in go_pprof("-tags", *unit, f"-sample_index={kind}", file).splitlines():
        heading = re.match(r" *(\S+): Total ", line)
        value = re.match(r" *(\S+) \( *[0-9.]+%\): (.*)", line)
        if heading:
            key = heading[1]
        elif value:
            result[key][value[2]] = number(value[1])
    return result


def close(got, wanted):
    """Go prints six digits of a number."""
    return abs(got - wanted) <= abs(wanted) * 1e-4 + 1


@test
def go_sums_types_and_functions_as_pinfo_does():
    need("go")
    for trace in (generated("made.ptf"), recorded("walk.ptf")):
        file, info = convert(trace, trace + ".pb.gz"), pinfo(trace)
        wall = sum(info[f"{c}_ns"] for c in ("unknown", "python", "native", "kernel", "runnable",
                                             "gil", "wait"))
        for kind, wanted in (("samples", info["samples"]), ("cpu", info["cpu_ns"]),
                             ("wall", wall)):
            total, rows = top(file, kind)
            check(close(total, wanted), f"{kind}: {total}, not {wanted}")
            check(close(sum(own for own, _ in rows.values()), wanted), f"{kind} of functions")
        table = pconv_json(trace, "--wait", "all", "--min", "0")
        for body in table["files"].values():
            for function in body["functions"]:
                # A name of several functions is one of Go's rows.
                names = [f for b in table["files"].values() for f in b["functions"]
                         if f["line"] == function["line"]]
                if len(names) == 1 and function["ptf_total_ns"]:
                    check(function["line"] in rows, f"no {function['line']} among {list(rows)}")
                    check(close(rows[function["line"]][1], function["ptf_total_ns"]),
                          f"{function['line']}: {rows[function['line']]}")


@test
def go_sums_labels_as_pinfo_does():
    need("go")
    for trace in (generated("made.ptf"), recorded("walk.ptf")):
        file, info = convert(trace, trace + ".pb.gz"), pinfo(trace)
        found = tags(file, "wall")
        for cls in ("unknown", "python", "native", "kernel", "runnable", "gil", "wait"):
            check(close(found["class"].get(cls, 0), info[f"{cls}_ns"]), f"{cls}: {found['class']}")
        found = tags(file, "samples")
        for thread in info["threads"]:
            check(close(found["tid"].get(str(thread["tid"]), 0), thread["samples"]),
                  f"thread {thread['tid']}: {found['tid']}")
        raw = go_pprof("-raw", file)
        check(f"run.command: {info['files'][0]['sections'][0]['command']}" in
              go_pprof("-comments", file), "no command among the comments")
        check("cpu/nanoseconds[dflt]" in raw, "CPU time is not what is shown first")


@test
def go_sums_memory_as_the_tables_do():
    need("go")
    done = run(MAKE_TRACE, "memory.ptf", 5000, 4, 0, 0, 4000)
    check(done.returncode == 0, done.stderr)
    file = convert("memory.ptf", "memory.pb.gz")
    for kind, measure in (("alloc_space", "alloc"), ("inuse_space", "live"),
                          ("peak_space", "peak"), ("copy_space", "copy")):
        text = go_pprof("-top", "-unit=B", f"-sample_index={kind}", file)
        total = number(re.search(r"([0-9.]+)B total", text)[1])
        wanted = sum(memory_of_lines("memory.ptf")[measure].values())
        check(close(total, wanted), f"{kind}: {total}, not {wanted}")


@test
def speedscope_counts_the_same():
    for trace in (generated("made.ptf"), recorded("walk.ptf")):
        profiles = speedscope(convert(trace, trace + ".pb.gz"))
        info = pinfo(trace)
        cpu = [p for p in profiles if p["unit"] == "nanoseconds"]
        check(cpu and close(cpu[0]["total"], info["cpu_ns"]), f"{profiles}, not {info['cpu_ns']}")


main()
