"""What pmerge makes of many traces is what they hold, each told from the others."""
import glob
from ptftest import *

PMERGE, PMERGE_MPI = str(BIN / "pmerge"), str(BIN / "pmerge-mpi")
RANKS = 64
CLASS_NS = [name + "_ns" for name in ("python", "native", "kernel", "runnable", "gil", "wait",
                                      "unknown")]


def merge(out, *inputs, options=(), status=0, **keywords):
    done = run(PMERGE, "-o", out, *options, *inputs, **keywords)
    equal(done.returncode, status, f"status ({done.stderr.strip()})")
    return done


def ranks():
    """Traces of many processes that ran side by side, made once."""
    paths = [f"rank{number}.ptf" for number in range(RANKS)]
    waiting = [path for path in paths if not os.path.exists(path)]
    running = []
    while waiting or running:
        while waiting and len(running) < 8:
            path = waiting.pop()
            number = path[4:-4]
            # Some with memory, at intervals that differ.
            memory = [["--memory", "--memory-interval", "64K"], ["--memory"], [], []]
            running.append(subprocess.Popen(
                [PREC, "--quiet", *memory[int(number) % 4], "-o", path, "--", PYTHON,
                 str(PROGRAMS / "rank.py"), "0.1", number]))
        equal(running.pop(0).wait(), 0, "status of prec")
    return paths


def made(number, samples, threads=2, folder=".", memory=0):
    """A synthetic trace."""
    path = f"{folder}/made{number}-{samples}{f'-{memory}' if memory else ''}.ptf"
    if not os.path.exists(path):
        equal(run(SUPPORT / "make_trace", path, samples, threads, number, 0,
                  memory).returncode, 0, "status of make_trace")
    return path


def sums(document):
    return {key: document[key] for key in CLASS_NS}


def settle(value):
    """Puts lists in an order of their own: equal times come in any."""
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            settle(item)
    if isinstance(value, list):
        value.sort(key=str)


def first_difference(got, wanted, where=""):
    if isinstance(got, dict) and isinstance(wanted, dict) and got.keys() == wanted.keys():
        pairs = [(f"{where}/{key}", got[key], wanted[key]) for key in got]
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        pairs = [(f"{where}[{i}]", *pair) for i, pair in enumerate(zip(got, wanted))]
    else:
        return None if got == wanted else f"{where}: {got!r}, not {wanted!r}"[:500]
    return next(filter(None, (first_difference(a, b, there) for there, a, b in pairs)), None)


def without(value, *keys):
    if isinstance(value, dict):
        return {key: without(item, *keys) for key, item in value.items() if key not in keys}
    return [without(item, *keys) for item in value] if isinstance(value, list) else value


@test
def nothing_of_64_processes_is_lost():
    paths = ranks()
    merge("all.ptf", *paths)
    merged, separate = pinfo("all.ptf"), json.loads(run(PINFO, "--json", *paths).stdout)
    equal(sums(merged), sums(separate), "time by class")
    equal(merged["samples"], separate["samples"], "samples")
    equal([section["has_index"] for section in merged["files"][0]["sections"]], [True],
          "sections with an index")
    for key in ("pid", "arguments", "exit_status", "cpu_ns", "maximum_rss_bytes"):
        equal(sorted(str(process[key]) for process in merged["processes"]),
              sorted(str(process[key]) for process in separate["processes"]), f"{key}s")
    equal(len(merged["recordings"]), RANKS, "recordings")
    equal(len({recording["attributes"]["recording.id"] for recording in merged["recordings"]}),
          RANKS, "recordings with an id of their own")
    equal(sum(recording["samples"] for recording in merged["recordings"]), merged["samples"],
          "samples of all recordings")
    by_pid = {process["pid"]: process["recording"] for process in merged["processes"]}
    equal(len(set(by_pid.values())), RANKS, "recordings that processes belong to")
    # Losses of each kind, and points of counters.
    def losses(document):
        result = collections.Counter()
        for loss in document["losses"]:
            result[loss["kind"]] += loss["count"]
        return result
    equal(losses(merged), losses(separate), "losses")
    points = {metric["name"]: (metric["points"], metric["sum"]) for metric in merged["metrics"]}
    equal(points, {metric["name"]: (metric["points"], metric["sum"])
                   for metric in separate["metrics"]}, "metrics")
    check(points["alloc_bytes"][1] > 0, "no memory was recorded")


@test
def all_views_are_those_of_the_inputs_together():
    paths = ranks()
    merge("all.ptf", *paths)
    merged, separate = (json.loads(run(PCONV, *files, "--to", "json", "--min", "0").stdout)
                        for files in (["all.ptf"], paths))
    # Merging places recordings on whole steps: what processes held at one time together
    # differs by what they allocated within a step.
    together = [key for key in separate if key.startswith(("max_footprint", "ptf_peak_"))]
    together.append("ptf_maximum_bytes")
    merged, separate = (without(document, "samples", "memory_samples", "n_peak_mb", "n_growth_mb",
                                "growth_rate", *together) for document in (merged, separate))
    # Which of the processes is called the program depends on the order.
    for document in (merged, separate):
        for key in ("args", "start_time_absolute", "start_time_perf", "main_thread_id"):
            del document[key]
        settle(document)
    difference = first_difference(merged, separate)
    check(not difference, f"JSON of the merged one differs: {difference}")
    merged, separate = (sorted(run(PCONV, *files, "--to", "folded").stdout.splitlines())
                        for files in (["all.ptf"], paths))
    equal(merged, separate, "folded stacks")


@test
def order_and_grouping_do_not_matter():
    paths = ranks()
    merge("all.ptf", *paths)
    merge("reversed.ptf", *reversed(paths))
    for group in range(0, RANKS, 8):
        merge(f"group{group}.ptf", *paths[group:group + 8])
    groups = [f"group{group}.ptf" for group in range(0, RANKS, 8)]
    merge("groups.ptf", *groups)
    # What overlaps is taken once, and said.
    done = merge("overlap.ptf", *groups, *paths[3:17])
    check("14 recordings came more than once" in one_line(done.stderr), done.stderr)
    for other in ("reversed.ptf", "groups.ptf", "overlap.ptf"):
        equal(digest(other), digest("all.ptf"), f"digest of {other}")
    check(digest("group0.ptf") != digest("group8.ptf"), "all digests are equal")


@test
def a_merged_trace_is_smaller():
    paths = ranks()
    merge("all.ptf", *paths)
    before, after = sum(map(os.path.getsize, paths)), os.path.getsize("all.ptf")
    check(after < before / 3, f"{after} bytes of {before}: sources are not shared")
    # One alone too, as larger Blocks need fewer bytes.
    record("live.ptf", PYTHON, PROGRAMS / "rank.py", 3, 1, options=["--rate", "1000"])
    merge("regrouped.ptf", "live.ptf")
    live, regrouped = os.path.getsize("live.ptf"), os.path.getsize("regrouped.ptf")
    check(regrouped < live, f"{regrouped} bytes of {live}")


@test
def MPI_ranks_make_the_same():
    if not os.path.exists(PMERGE_MPI) or not shutil.which("mpirun"):
        skip("pmerge-mpi was not made: no MPI (libopenmpi-dev, openmpi-bin)")
    paths = ranks()
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    # A few loopback processes; no other way to talk is worth a search.
    plain = ["--oversubscribe", "--mca", "btl", "self,vader,tcp"]
    for options in ([], ["--as-runs", "--aggregate"]):
        merge("serial.ptf", *paths, options=options)
        for count in (1, 2, 4, 5):
            done = run("mpirun", *root, *plain, "-n", count, PMERGE_MPI, "-o", "mpi.ptf",
                       *options, *paths)
            equal(done.returncode, 0, f"status of {count} ranks ({done.stderr})")
            equal(digest("mpi.ptf"), digest("serial.ptf"), f"digest of {count} ranks {options}")
    os.remove("mpi.ptf")
    # One failure of one rank is one message, and no file.
    done = run("mpirun", *root, *plain, "-n", 3, PMERGE_MPI, "-o", "mpi.ptf", *paths, "none.ptf")
    check(done.returncode != 0, "a missing input is no failure")
    equal(done.stderr.count("none.ptf"), 1, "messages")
    check(not os.path.exists("mpi.ptf"), "there is a file after a failure")
    done = run("mpirun", *root, *plain, "-n", 3, PMERGE_MPI, "--keep-going", "-o", "mpi.ptf",
               *paths, "none.ptf")
    equal(done.returncode, 0, "status with --keep-going")
    merge("serial.ptf", *paths)
    equal(digest("mpi.ptf"), digest("serial.ptf"), "digest with --keep-going")


@test
def runs_and_labels_are_marked():
    paths = ranks()[:4]
    merge("job.ptf", *paths[:2], options=["--label", "build=old", "--label", "größe=1"])
    merge("runs.ptf", "job.ptf", *paths[2:], options=["--as-runs"])
    recordings = pinfo("runs.ptf")["recordings"]
    equal(len({recording["run"] for recording in recordings}), 3, "runs")
    labels = collections.Counter(
        (recording["attributes"].get("label.build"), recording["attributes"].get("label.größe"))
        for recording in recordings)
    equal(labels, {("old", "1"): 2, (None, None): 2}, "labels")
    text = run(PINFO, "runs.ptf").stdout
    check(re.search(r"recordings +4 of 1 host, 3 runs", text), text)
    check("build=old" in text, text)
    equal({recording["run"] for recording in pinfo("job.ptf")["recordings"]}, {""},
          "runs of a job")


@test
def sums_without_times_tell_the_same():
    paths = [made(number, 200000) for number in range(1, 6)]
    merge("full.ptf", *paths, options=["--as-runs"])
    done = merge("sums.ptf", *paths, options=["--as-runs", "--aggregate"])
    check("left out" in done.stderr and "mark" in done.stderr, f"what is lost is not said: {done.stderr}")
    full, small = os.path.getsize("full.ptf"), os.path.getsize("sums.ptf")
    check(small * 50 < full, f"{small} bytes of {full}")
    equal(sums(pinfo("sums.ptf")), sums(pinfo("full.ptf")), "time by class")
    equal(len({recording["run"] for recording in pinfo("sums.ptf")["recordings"]}), 5, "runs")
    for part in ("files", "ptf_without_file", "ptf_all_ns", "ptf_python_ns", "ptf_wait_ns"):
        equal(pconv_json("sums.ptf", "--min", "0")[part],
              pconv_json("full.ptf", "--min", "0")[part], part)
    # The way there does not matter.
    merge("again.ptf", "full.ptf", options=["--aggregate"])
    equal(digest("again.ptf"), digest("sums.ptf"), "digest of sums of a merged trace")


# What each of its processes holds at once is known: the blocks are far above the interval.
HOLDER = """
import os
holds = [bytes(1 << 20) for _ in range(20 if os.fork() else 10)]
more = [bytearray(1 << 20) for _ in range(15)]
del more
again = bytes(bytearray(3 << 20))
"""


@test
def memory_is_kept_with_its_peaks():
    for number in range(3):
        record(f"holder{number}.ptf", PYTHON, "-c", HOLDER,
               options=["--memory", "--memory-interval", "64K"])
    paths = [f"holder{number}.ptf" for number in range(3)] + [made(7, 20000, memory=30000)]
    merge("whole.ptf", *paths, options=["--as-runs"])
    merge("sums.ptf", *paths, options=["--as-runs", "--aggregate"])
    merge("of-whole.ptf", "whole.ptf", options=["--aggregate"])
    for path in paths:
        merge(f"sums-{path[:-4].replace('/', '-')}.ptf", path,
              options=["--as-runs", "--aggregate"])
    merge("of-sums.ptf", *sorted(glob.glob("sums-*.ptf"), reverse=True))
    for other in ("of-whole.ptf", "of-sums.ptf"):
        equal(digest(other), digest("sums.ptf"), f"digest of {other}")
    # A metric that is described in other words is another one.
    def sums_of(*files):
        result = collections.Counter()
        for metric in json.loads(run(PINFO, "--json", *files).stdout)["metrics"]:
            result[metric["name"]] += metric["sum"]
        return result
    separate, whole, small = sums_of(*paths), sums_of("whole.ptf"), sums_of("sums.ptf")
    for metric in ("alloc_bytes", "free_bytes", "copy_bytes"):
        check(separate[metric] > 0, f"no {metric}")
        equal(whole[metric], separate[metric], f"{metric} when merged")
        equal(small[metric], separate[metric], f"{metric} without times")
    # What each held at once, and little of the interpreter itself; live is what is known
    # of it at the end.
    merge("holders.ptf", *paths[:3], options=["--aggregate"])
    held = sums_of("holders.ptf")["peak_bytes"]
    wanted = 3 * (20 + 15 + 10 + 15) << 20
    check(wanted * 0.99 < held < wanted + 3 * 2 * (8 << 20),
          f"{held} bytes at the peaks of six processes, not {wanted} and a bit")


@test
def inputs_are_named_in_every_way():
    os.makedirs("ordner/größe/leer", exist_ok=True)
    paths = [made(1, 1000, folder="ordner"), made(2, 1000, folder="ordner/größe"),
             made(3, 1000, folder="ordner/größe")]
    pathlib.Path("ordner/größe/.hidden.ptf").write_text("no trace")
    pathlib.Path("ordner/größe/notes.txt").write_text("no trace")
    merge("all.ptf", *paths)
    pathlib.Path("list.txt").write_text("\n".join(paths) + "\n\n")
    pathlib.Path("nested.txt").write_text("@list.txt")
    whole_thing = pathlib.Path(paths[0]).read_bytes()
    for name, inputs, options in (
            ("a folder", ["ordner"], {}),
            ("patterns", ["ordner/*.ptf", "ord*/gr*/made*.ptf"], {}),
            ("a pattern of folders", ["ord*"], {}),
            ("a list", ["@list.txt"], {}),
            ("a list of lists", ["@nested.txt"], {}),
            ("standard input", ["-", *paths[1:]], {"input": whole_thing, "text": False}),
            ("a list on standard input", ["@/dev/stdin"], {"input": "\n".join(paths)})):
        merge("other.ptf", *inputs, **options)
        equal(digest("other.ptf"), digest("all.ptf"), f"digest by {name}")
    # Sections of one file are as good as files.
    pathlib.Path("joined").write_bytes(b"".join(pathlib.Path(p).read_bytes() for p in paths))
    merge("other.ptf", "joined")
    equal(digest("other.ptf"), digest("all.ptf"), "digest of joined files")
    merge("other.ptf", "-", input=pathlib.Path("joined").read_bytes(), text=False)
    equal(digest("other.ptf"), digest("all.ptf"), "digest of joined files on standard input")
    done = run(PMERGE, *paths, text=False)
    pathlib.Path("piped.ptf").write_bytes(done.stdout)
    equal(digest("piped.ptf"), digest("all.ptf"), "digest of standard output")
    for inputs in (["nothere*.ptf"], ["@nothere.txt"], ["ordner/größe/leer"]):
        done = merge("none.ptf", *inputs, status=1)
        check(inputs[0].strip("@") in one_line(done.stderr), done.stderr)
    check(not os.path.exists("none.ptf"), "there is a file after a failure")


@test
def damage_is_named_and_left_out_only_when_asked():
    paths = [made(number, 20000) for number in (1, 2)]
    data = pathlib.Path(made(3, 20000)).read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    pathlib.Path("flipped.ptf").write_bytes(flipped)
    pathlib.Path("text.ptf").write_text("this is not a trace")
    pathlib.Path("empty.ptf").write_bytes(b"")
    merge("good.ptf", *paths)
    bad = ("flipped.ptf", "text.ptf", "empty.ptf", "missing.ptf")
    for name in bad:
        done = merge("none.ptf", paths[0], name, paths[1], status=1)
        check(name in one_line(done.stderr), done.stderr)
        check(not os.path.exists("none.ptf"), "there is a file after a failure")
    done = merge("rest.ptf", *paths, *bad, options=["--keep-going"])
    for name in bad:
        check(name in done.stderr, f"{name} is not named: {done.stderr}")
    check("4 of 6 inputs left out" in done.stderr, done.stderr)
    equal(digest("rest.ptf"), digest("good.ptf"), "digest of the rest")
    done = merge("none.ptf", *bad, options=["--keep-going"], status=1)
    check(not os.path.exists("none.ptf"), "there is a file of nothing")
    # A trace whose recorder was killed is good to its end.
    pathlib.Path("cut.ptf").write_bytes(data[:len(data) * 2 // 3])
    done = merge("with-cut.ptf", *paths, "cut.ptf")
    check("cut.ptf" in done.stderr, f"the cut is not told: {done.stderr}")
    equal([recording["has_end"] for recording in sorted(
        pinfo("with-cut.ptf")["recordings"], key=lambda r: r["has_end"])],
        [False, True, True], "recordings with an end")


@test
def what_fails_leaves_nothing():
    path = made(1, 20000)
    done = run(PMERGE, "-o", "/dev/full", path)
    equal(done.returncode, 1, "status on a full disk")
    check("No space" in one_line(done.stderr), done.stderr)
    pathlib.Path("kept.ptf").write_text("as it was")
    merge("kept.ptf", "missing.ptf", status=1)
    equal(pathlib.Path("kept.ptf").read_text(), "as it was", "a file after a failure")
    equal(run(PMERGE, "--align", "sun", path).returncode, 2, "status of wrong use")
    equal(run(PMERGE, "--label", "novalue", path).returncode, 2, "status of wrong use")


@test
def regions_select_the_same():
    module = PROGRAMS.parents[2] / "tools" / "python"
    for number in range(3):
        record(f"marked{number}.ptf", PYTHON, PROGRAMS / "marked.py", module)
    paths = [f"marked{number}.ptf" for number in range(3)]
    merge("marked.ptf", *paths)
    options = ["--to", "json", "--region", "load", "--min", "0"]
    merged, separate = (json.loads(run(PCONV, *options, *files).stdout)
                        for files in (["marked.ptf"], paths))
    check(separate["ptf_python_ns"] > 0, "no time in the region")
    equal(sums({key: merged["ptf_" + key] for key in CLASS_NS}),
          sums({key: separate["ptf_" + key] for key in CLASS_NS}), "time in the region")


# ------------------------------------------------------------------ clocks

def in_another_world(command, boot_id=None, monotonic=0):
    """The command with another boot id and name, and its clock set off."""
    script = ""
    if boot_id:
        pathlib.Path("boot_id").write_text(boot_id + "\n")
        script = ("mount --bind boot_id /proc/sys/kernel/random/boot_id && "
                  f"hostname node-{boot_id[:2]} && ")
    words = ["unshare", "--mount", "--uts", "sh", "-c", script + 'exec "$@"', "sh"]
    if monotonic:
        words += ["unshare", "--time", "--fork", "--monotonic", str(monotonic), "--boottime",
                  str(monotonic)]
    return words + [str(word) for word in command]


def can_change_clocks():
    probe = run(*in_another_world(["true"], "0" * 8, 100))
    if probe.returncode:
        skip("no namespaces here: " + (probe.stderr.strip().splitlines() or ["?"])[-1])


def recorded_in_worlds(worlds):
    """Records one after another; when each program began and ended, by REALTIME."""
    program = "import time; print(time.time_ns()); s = sum(range(3000000)); print(time.time_ns())"
    spans = {}
    for path, boot_id, monotonic in worlds:
        done = run(*in_another_world([PREC, "--quiet", "-o", path, "--", PYTHON, "-c", program],
                                     boot_id, monotonic))
        equal(done.returncode, 0, f"status of prec ({done.stderr})")
        spans[path] = [int(line) for line in done.stdout.split()]
    return spans


def starts(path):
    """When each recording began, after the first one, by REALTIME at its start."""
    return {int(recording["attributes"]["recording.origin_realtime_ns"]): recording["start_ns"]
            for recording in pinfo(path)["recordings"]}


def check_order(path, tolerance_ns, what):
    found = starts(path)
    first = min(found)
    for realtime, start in found.items():
        off = abs(start - (realtime - first))
        check(off < tolerance_ns, f"{what}: a recording is off by {off} ns")


@test
def one_host_with_containers_is_one_clock():
    can_change_clocks()
    worlds = [("a.ptf", None, 0), ("b.ptf", None, 100000), ("c.ptf", None, 777)]
    recorded_in_worlds(worlds)
    done = merge("worlds.ptf", *(path for path, _, _ in worlds))
    equal(done.stderr, "", "notes")
    # Both clocks run by the same quartz; 5 ms allow for setting the time of day.
    check_order("worlds.ptf", 5000000, "one host")
    check("merge.clock_uncertainty_ns" not in
          pinfo("worlds.ptf")["files"][0]["sections"][0]["attributes"], "exact is uncertain")


@test
def hosts_are_aligned_by_their_time_of_day():
    can_change_clocks()
    worlds = [("a.ptf", None, 0), ("b.ptf", "11111111-2222-3333-4444-555555555555", 12345678),
              ("c.ptf", "99999999-2222-3333-4444-555555555555", 999)]
    recorded_in_worlds(worlds)
    paths = [path for path, _, _ in worlds]
    done = merge("worlds.ptf", *paths)
    check("they may be off by" in one_line(done.stderr), done.stderr)
    check_order("worlds.ptf", 5000000, "hosts")
    document = pinfo("worlds.ptf")
    hosts = {recording["host"] for recording in document["recordings"]}
    check(hosts > {"node-11", "node-99"}, f"hosts are {hosts}")
    off = int(document["files"][0]["sections"][0]["attributes"]["merge.clock_uncertainty_ns"])
    check(0 < off < 5000000, f"off by {off} ns")
    merge("two.ptf", paths[1], paths[2])
    merge("other.ptf", "two.ptf", paths[0])
    equal(digest("other.ptf"), digest("worlds.ptf"), "digest in two steps")
    merge("start.ptf", *paths, options=["--align", "start"])
    equal(set(starts("start.ptf").values()), {0}, "starts")
    # From what was aligned otherwise, too.
    merge("back.ptf", "start.ptf")
    equal(digest("back.ptf"), digest("worlds.ptf"), "digest of what is aligned again")


# ------------------------------------------------------------------ memory

def peak_bytes(*command):
    process = subprocess.Popen([str(word) for word in command])
    _, status, usage = os.wait4(process.pid, 0)
    equal(os.waitstatus_to_exitcode(status), 0, "status")
    return usage.ru_maxrss * 1024


@test
def more_inputs_than_descriptors():
    paths = [made(number, 3000) for number in range(1, 301)]
    options = ["--align", "start"]  # so that all of them are at the same time
    merge("half1.ptf", *paths[:100], options=options)
    merge("half2.ptf", *paths[100:200], options=options)
    merge("half3.ptf", *paths[200:], options=options)
    merge("halves.ptf", "half1.ptf", "half2.ptf", "half3.ptf", options=options)
    done = run("sh", "-c", 'ulimit -n 160; exec "$@"', "sh", PMERGE, "-o", "all.ptf", *options,
               *paths)
    equal(done.returncode, 0, f"status ({done.stderr})")
    equal(digest("all.ptf"), digest("halves.ptf"), "digest")
    # What is there twice is read once; and what is open is sections, of one file or of many.
    with open("one.ptf", "wb") as one:
        for path in paths:
            with open(path, "rb") as part:
                one.write(part.read())
    for again in (paths + paths, ["one.ptf"]):
        done = run("sh", "-c", 'ulimit -n 160; exec "$@"', "sh", PMERGE, "-o", "again.ptf",
                   *options, *again)
        equal(done.returncode, 0, f"status ({done.stderr})")
        equal(digest("again.ptf"), digest("all.ptf"), "digest")
    few, many = (peak_bytes(PMERGE, "--quiet", "-o", "peak.ptf", *options, *some)
                 for some in (paths[:120], paths))
    note(f"{few >> 20} MiB for 120 traces, {many >> 20} for 300")
    # Of each what it defines; not a decoder of its own and a frame.
    check(many < few * 2, f"{many >> 20} MiB")
    os.environ["TMPDIR"] = "nowhere"
    done = merge("none.ptf", *paths, options=options, status=1)
    del os.environ["TMPDIR"]
    check("nowhere: No such file" in one_line(done.stderr), done.stderr)


@test
def memory_does_not_grow_with_samples():
    few = [made(number, 20000) for number in range(1, 41)]
    many = [made(number, 400000) for number in range(1, 41)]
    small, large = (peak_bytes(PMERGE, "--quiet", "-o", "peak.ptf", *paths)
                    for paths in (few, many))
    note(f"40 traces: {small >> 20} MiB with 0.8 million samples, {large >> 20} with 16 million")
    # Rows on their way, and one frame of each input; not 20 times as much.
    check(large < 200 << 20, f"{large >> 20} MiB")
    equal(pinfo("peak.ptf")["samples"], 16000000, "samples")


main()
