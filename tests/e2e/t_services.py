"""Long recordings: into a sequence of files, or the last of it in memory."""
from ptftest import *

MODULE = ROOT / "tools" / "python"
PMERGE = str(BIN / "pmerge")

# Steps, a second thread, children; at the end it says what all of them have used. It
# ends after some time, or when a file "enough" is there.
SERVICE = """
import json, os, resource, subprocess, sys, threading, time
sys.path.insert(0, sys.argv[1])
import ptf

def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

def helper():
    while not is_over:
        burn(0.01)
        time.sleep(0.01)

is_over = False
thread = threading.Thread(target=helper, name="the helper")
thread.start()
end = time.monotonic() + float(sys.argv[2])
with ptf.region("service"):
    while time.monotonic() < end and not os.path.exists("enough"):
        with ptf.region("request"):
            burn(0.03)
        subprocess.run([sys.executable, "-S", "-c", "sum(range(300000))"])
is_over = True
thread.join()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps(sum(u.ru_utime + u.ru_stime for u in used)), flush=True)
os._exit(0)  # nothing that it has not told
"""

PHASES = """
import os, sys, time

def burn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

def early(): burn(1.5)
def middle(): burn(1.5)
def late(): burn(1.5)
"""

# Until a line comes.
ENDLESS = ("import sys, threading\nfinish = []\n"
           "threading.Thread(target=lambda: finish.append(sys.stdin.readline())).start()\n"
           "while not finish: pass\n")


def names_of(pattern):
    return sorted(map(str, pathlib.Path(".").glob(pattern)))


def cpu_of(trace):
    return whole(trace).total(classes=ALL_CPU) / 1e9


def functions_of(trace):
    return {frame[0] for stack, _, _, ns in whole(trace).stacks() if ns for frame in stack}


def background(trace, *command, options=()):
    return subprocess.Popen([PREC, "--quiet", "-o", trace, *options, "--", *map(str, command)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def ctl(pid, *words):
    return run(PREC, "ctl", "-p", pid, *words)


def started(child):
    check(wait_until(lambda: ctl(child.pid, "status").returncode == 0),
          "the recording cannot be reached")


def status(child):
    done = ctl(child.pid, "status")
    check(done.returncode == 0, done.stderr)
    return done.stdout


# ---------------------------------------------------------------- rotation

@test
def many_files_say_together_what_one_would():
    done = record("svc.ptf", PYTHON, "-c", SERVICE, MODULE, 4.5,
                  options=["--rotate", "1s", "-F", "500"])
    truth = json.loads(done.stdout)
    files = names_of("svc.*.ptf")
    check(len(files) >= 4, f"files: {files}")
    equal(files, [f"svc.{number:04}.ptf" for number in range(1, len(files) + 1)], "names")
    each = [pinfo(file) for file in files]
    equal(len({one["files"][0]["sections"][0]["trace_id"] for one in each}), 1, "trace ids")
    # Nothing is lost at the seams, and nothing counted twice.
    cpu = sum(map(cpu_of, files))
    check(abs(cpu / truth - 1) < 0.01, f"{cpu:.3f} s in the files, truly {truth:.3f} s")
    equal(run(PMERGE, "-o", "all.ptf", *files).returncode, 0, "status of pmerge")
    check(abs(cpu_of("all.ptf") - cpu) < 1e-6, "merging changes the CPU time")
    # One follows the other without a gap.
    for one, following in zip(each, each[1:]):
        section, next_section = (e["files"][0]["sections"][0] for e in (one, following))
        equal(section["origin_monotonic_ns"] + section["elapsed_ns"],
              next_section["origin_monotonic_ns"], "end of one and begin of the next")
    # Each can be understood alone: who ran, what it was doing, the source.
    pid = each[0]["processes"][0]["pid"]
    for file, one in zip(files, each):
        equal(one["processes"][0]["pid"], pid, f"{file}: process")
        check("-c" in one["processes"][0]["arguments"], f"{file}: command line")
        if file not in (files[0], files[-1]):
            check("the helper" in {t["name"] for t in one["threads"]}, f"{file}: threads")
            check(any(s["file"].endswith("threading.py") for s in one["sources"]), f"{file}: sources")
            check("helper" in functions_of(file), f"{file}: functions")
            section = whole(file)
            service = [p["id"] for p in section["processes"] if p["pid"] == pid]
            alone = section.total(classes=ALL_CPU, processes=service) / 1e9
            inside = region_cpu(file, "service")
            check(abs(inside - alone) < 1e-3, f"{file}: {inside:.4f} s in the region of {alone:.4f} s")


def region_cpu(trace, name):
    done = run(PCONV, "--to", "folded", "--region", name, trace)
    check(done.returncode == 0, done.stderr)
    return sum(int(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines()) / 1e6


# Two threads, a child that lives over several files, and many short ones.
FAMILY = """
import json, os, subprocess, sys, threading, time
end = time.monotonic() + 4
def work():
    while time.monotonic() < end:
        sum(range(3000))
        time.sleep(0.005)
thread = threading.Thread(target=work, name="the helper")
thread.start()
code = "import sys, time; time.sleep(2.2); sum(range(3000000)); sys.exit(3)"
long = subprocess.Popen([sys.executable, "-S", "-c", code])
short = []
while time.monotonic() < end:
    short.append(subprocess.Popen([sys.executable, "-S", "-c", "sum(range(300000))"]))
    short[-1].wait()
thread.join()
long.wait()
print(json.dumps({"main": os.getpid(), "thread": thread.native_id, "long": long.pid,
                  "short": [child.pid for child in short]}))
"""
CLASSES = ("python", "native", "kernel", "runnable", "gil", "wait", "unknown")


@test
def what_goes_on_in_the_next_file_is_one():
    truth = json.loads(record("family.ptf", PYTHON, "-c", FAMILY,
                              options=["--rotate", "1s", "-F", "500"]).stdout)
    files = names_of("family.*.ptf")
    check(len(files) >= 4, f"files: {files}")
    equal(run(PMERGE, "-o", "all.ptf", *files).returncode, 0, "status of pmerge")
    each = [pinfo(file) for file in files]
    lives = [{process["pid"]: process for process in one["processes"]} for one in each]
    check(not lives[0][truth["long"]]["has_end"], "the child ends in the first file")
    pids = sorted([truth["main"], truth["long"], *truth["short"]])
    for name, inputs in (("merged", ["all.ptf"]), ("files", files), ("reversed", files[::-1])):
        document = json.loads(run(PINFO, "--json", *inputs).stdout)
        equal(sorted(process["pid"] for process in document["processes"]), pids, f"{name}: pids")
        equal(sorted(thread["tid"] for thread in document["threads"] if thread["tid"]),
              sorted([*pids, truth["thread"]]), f"{name}: tids")
        found = {process["pid"]: process for process in document["processes"]}
        ends = {pid: process["exit_status"] for pid, process in found.items()}
        equal(ends, {pid: 3 if pid == truth["long"] else 0 for pid in pids}, f"{name}: ends")
        last = max(n for n, life in enumerate(lives) if truth["long"] in life)
        equal(found[truth["long"]]["cpu_ns"], lives[last][truth["long"]]["cpu_ns"],
              f"{name}: CPU time at the end")
        equal({thread["name"] for thread in document["threads"]
               if thread["tid"] == truth["thread"]}, {"the helper"}, f"{name}: thread")
        equal([(recording["parts"], recording["has_end"], recording["samples"])
               for recording in document["recordings"]],
              [(len(files), True, document["samples"])], f"{name}: recordings")
        for key in ("samples", *(cls + "_ns" for cls in CLASSES)):
            equal(document[key], sum(one[key] for one in each), f"{name}: {key}")
        threads = pconv_json_of(inputs)["ptf_threads"]
        equal(len(threads), len({thread["tid"] for thread in threads}), f"{name}: rows of threads")
        events = json.loads(run(PCONV, "--to", "chrome", *inputs).stdout)["traceEvents"]
        equal(sum(event["name"] == "process_name" for event in events), len(pids),
              f"{name}: processes on the time line")
        check_slices(events, name)


def pconv_json_of(inputs):
    return json.loads(run(PCONV, "--to", "json", "--min", "0", *inputs).stdout)


def check_slices(events, name):
    """A slice is written when it has ended: those of a thread end one after the other."""
    last = {}
    for event in events:
        if event.get("ph") == "X":
            thread, end = (event["pid"], event["tid"]), event["ts"] + event["dur"]
            check(end >= last.get(thread, 0), f"{name}: times of {thread} go back")
            last[thread] = end
    check(last, f"{name}: no slices")


@test
def parts_are_merged_in_any_order_and_grouping():
    files = names_of("family.*.ptf")
    middle = len(files) // 2
    for options in ([], ["--align", "start"], ["--as-runs"], ["--aggregate"]):
        def merged(out, *inputs):
            done = run(PMERGE, "-o", out, *options, *inputs)
            equal(done.returncode, 0, f"status of pmerge ({done.stderr})")
            return out
        all_at_once = digest(merged("all.ptf", *files))
        equal(digest(merged("other.ptf", *files[::-1])), all_at_once, f"reversed {options}")
        first, second = merged("1.ptf", *files[:middle]), merged("2.ptf", *files[middle:])
        equal(digest(merged("other.ptf", second, first)), all_at_once, f"in groups {options}")
        # What comes twice is taken once.
        equal(digest(merged("other.ptf", first, *files[1:])), all_at_once, f"twice {options}")
        equal(digest(merged("other.ptf", "all.ptf")), all_at_once, f"once more {options}")
        equal({recording["run"] for recording in pinfo("all.ptf")["recordings"]},
              {"" if "--as-runs" not in options else
               pinfo(files[0])["files"][0]["sections"][0]["trace_id"]}, f"runs {options}")


@test
def dumps_that_overlap_are_told():
    child = background("over.ptf", PYTHON, "-c", ENDLESS, options=["--last", "1m"])
    started(child)
    for _ in range(2):
        time.sleep(0.5)
        equal(ctl(child.pid, "dump").returncode, 0, "status of dump")
    child.communicate("\n")
    done = run(PMERGE, "-o", "both.ptf", *names_of("over.*.ptf"))
    check("counts twice" in one_line(done.stderr) or "taken once" in done.stderr, done.stderr)


@test
def files_have_a_size():
    code = ("import os, resource, time\nend = time.monotonic() + 3\n"
            "while time.monotonic() < end: pass\n"
            "u = resource.getrusage(resource.RUSAGE_SELF)\n"
            "print(u.ru_utime + u.ru_stime, flush=True)\nos._exit(0)\n")
    done = record("small.ptf", PYTHON, "-c", code,
                  options=["--rotate", "6K", "--no-source", "-F", "10000"])
    files = names_of("small.*.ptf")
    # What is written is seen once in 0.7 s: 7,000 samples of at most 3 bytes, and names.
    sizes = [os.path.getsize(file) for file in files]
    check(len(files) >= 2 and max(sizes) < 6144 + 30000, f"sizes: {sizes}")
    cpu, truth = sum(map(cpu_of, files)), float(done.stdout)
    check(abs(cpu / truth - 1) < 0.01, f"{cpu:.3f} s in the files, truly {truth:.3f} s")


@test
def numbers_go_on_and_the_oldest_go():
    sleep = [PYTHON, "-c", "import time; time.sleep(2.5)"]
    pathlib.Path("kept.0000.ptf").write_text("no trace\n")
    pathlib.Path("kept.0001.ptf").write_text("no trace\n")
    record("kept.ptf", *sleep, options=["--rotate", "500ms", "--keep", "2"])
    files = names_of("kept.*.ptf")
    equal(len(files), 4, f"files {files}, two of them not prec's")
    equal(pathlib.Path("kept.0001.ptf").read_text(), "no trace\n", "a file that is no trace")
    last = int(files[-1][5:9])
    check(last >= 5, f"files: {files}")
    record("kept.ptf", PYTHON, "-c", "pass", options=["--rotate", "1h", "--keep", "2"])
    equal(names_of("kept.*.ptf")[2:], [f"kept.{last:04}.ptf", f"kept.{last + 1:04}.ptf"],
          "files after another run")
    whole(f"kept.{last + 1:04}.ptf")


@test
def the_number_stands_where_it_is_wanted():
    record("no%n-%%.trace", "true", options=["--rotate", "1h"])
    whole("no0001-%.trace")
    for name, why in (("%n/x.ptf", "not of a folder"), ("%n%n.ptf", "may stand in the name")):
        done = prec(name, "true", options=["--rotate", "1h"])
        equal(done.returncode, 2, f"status for {name}")
        check(why in done.stderr, done.stderr)
    done = prec("%n.ptf", "true")
    equal(done.returncode, 2, "status for %n without --rotate")
    check("--rotate" in done.stderr, done.stderr)


@test
def rotation_can_be_asked_for():
    child = background("asked.ptf", PYTHON, "-c", ENDLESS, options=["--rotate", "1h"])
    started(child)
    check("into asked.0001.ptf" in status(child), status(child))
    check("into asked.0002.ptf" in ctl(child.pid, "rotate").stdout, "the answer to rotate")
    whole("asked.0001.ptf")
    check("into asked.0002.ptf" in status(child), status(child))
    equal(ctl(child.pid, "stop").returncode, 0, "status of stop")
    equal(ctl(child.pid, "rotate").returncode, 0, "status of rotate while off")
    equal([mark["kind"] for mark in pinfo("asked.0003.ptf")["marks"]], [], "marks, not written yet")
    equal(ctl(child.pid, "dump").returncode, 1, "status of dump")
    child.communicate("\n")
    equal(child.returncode, 0, "status")
    equal([mark["kind"] for mark in pinfo("asked.0003.ptf")["marks"]], ["recording_off"], "marks")
    equal(len(names_of("asked.*")), 3, "files")


@test
def nothing_rotates_while_off():
    child = background("off.ptf", PYTHON, "-c", ENDLESS, options=["--rotate", "300ms", "--delay", "1h"])
    started(child)
    time.sleep(1)
    equal(len(names_of("off.*.ptf")), 1, "files while off")
    ctl(child.pid, "start")
    check(wait_until(lambda: len(names_of("off.*.ptf")) > 1), "nothing rotates when on again")
    child.communicate("\n")


@test
def what_is_left_of_a_killed_prec_can_be_read():
    child = background("killed.ptf", PYTHON, "-c", ENDLESS, options=["--rotate", "1s"])
    started(child)
    check(wait_until(lambda: len(names_of("killed.*")) == 2), "it does not rotate")
    last = names_of("killed.*")[-1]
    check(wait_until(lambda: rows_of(last) > 0), "nothing is in the file that is written")
    child.kill()
    child.wait()
    for file in names_of("killed.*"):
        check(rows_of(file) > 0, f"{file} has nothing")
        equal(Trace(file).only["has_end"], file != names_of("killed.*")[-1], f"{file} is whole")
    child.stdin.write("\n")
    child.stdin.close()


def rows_of(trace):
    """Of one that is being written, too."""
    trace = Trace(trace)
    return trace.only.row_count() if trace.error is None and trace.sections else 0


@test
def without_a_place_for_the_next_file_one_goes_on():
    os.mkdir("gone")
    child = background("gone/x.ptf", PYTHON, "-c", ENDLESS, options=["--rotate", "300ms"])
    started(child)
    os.rename("gone", "elsewhere")
    time.sleep(1)
    _, told = child.communicate("\n")
    equal(child.returncode, 0, "status")
    check(told.count("goes on") == 1, f"told: {told}")
    files = names_of("elsewhere/*")
    section = whole(files[-1])
    check(section["end_ns"] > 0.6e9, "the last file does not go on")


# --------------------------------------------------------- flight recorder

@test
def the_window_is_the_end():
    record("last.ptf", PYTHON, "-c", PHASES + "early(); middle(); late()\n",
           options=["--last", "2s", "-F", "500"])
    section = whole("last.ptf")
    check(section["first_ns"] >= 0, "a stamp before the window")
    # It ends with the program, and begins on a step of the stamps.
    check(abs(section["end_ns"] - 2e9) < 25e6, f"the window has {section['end_ns'] / 1e9:.3f} s")
    seen = functions_of("last.ptf")
    check("early" not in seen and {"middle", "late"} <= seen, f"functions: {seen}")
    late = sum(ns for stack, _, _, ns in section.stacks() if any(f[0] == "late" for f in stack))
    check(abs(late / 1e9 - 1.5) < 0.1, f"late has {late / 1e9:.3f} s, truly 1.5 s")
    info = pinfo("last.ptf")
    equal(len(info["processes"]), 1, "processes")
    equal(info["processes"][0]["exit_status"], 0, "exit status")
    check(info["processes"][0]["start_ns"] < -2e9, "when the process began")
    equal(os.listdir(".").count("last.ptf"), 1, "files")


@test
def a_crash_is_in_the_window():
    done = prec("crash.ptf", PYTHON, "-c", PHASES + "early(); late(); os.kill(os.getpid(), 11)\n",
                options=["--last", "1s"])
    equal(done.returncode, 139, "status")
    equal(pinfo("crash.ptf")["processes"][0]["exit_status"], 139, "exit status in the trace")
    seen = functions_of("crash.ptf")
    check("late" in seen and "early" not in seen, f"functions: {seen}")


@test
def dumps_are_made_while_it_runs():
    child = background("server.ptf", PYTHON, "-c", SERVICE, MODULE, 600, options=["--last", "2s", "-F", "500"])
    started(child)
    time.sleep(3.5)
    check(re.search(r"the last [23]\.\d s in memory \(\d+ bytes\), for server.ptf", status(child)),
          status(child))
    told = ctl(child.pid, "dump").stdout
    check("dumped to server.0001.ptf" in told, told)
    os.mkdir("dumps")
    equal(run(PREC, "ctl", "-p", child.pid, "dump", "größe 1.ptf", cwd="dumps").returncode, 0,
          "status of a dump elsewhere")
    pathlib.Path("script.py").write_text("precious\n")
    equal(ctl(child.pid, "dump", "script.py").returncode, 1, "status of a dump over a script")
    equal(pathlib.Path("script.py").read_text(), "precious\n", "the script")
    done = ctl(child.pid, "dump", "nowhere/x.ptf")
    equal(done.returncode, 1, "status of a dump into no folder")
    check("nowhere/x.ptf: No such file" in done.stderr, done.stderr)
    equal(ctl(child.pid, "rotate").returncode, 1, "status of rotate")
    pathlib.Path("enough").touch()
    child.communicate()
    equal(child.returncode, 0, "status")
    equal(names_of("server*"), ["server.0001.ptf", "server.ptf"], "files")
    equal(os.listdir("dumps"), ["größe 1.ptf"], "files of the other folder")
    for trace in ("server.0001.ptf", "dumps/größe 1.ptf", "server.ptf"):
        understood(trace)
    check(not pinfo("server.0001.ptf")["processes"][0]["has_end"], "a dump knows the end")
    check(pinfo("server.ptf")["processes"][0]["has_end"], "the last one does not know the end")


def understood(trace):
    """Of the service: one process and its threads, whatever seams there were."""
    section, info = whole(trace), pinfo(trace)
    check(section["first_ns"] >= 0, f"{trace}: a stamp before the window")
    check(1.9e9 < section["end_ns"] < 2.1e9, f"{trace}: {section['end_ns'] / 1e9:.3f} s")
    keys = [(p["pid"], p["start_ns"]) for p in info["processes"]]
    equal(len(set(keys)), len(keys), f"{trace}: processes, and those that are different")
    keys = [(t["pid"], t["tid"], t["start_ns"]) for t in info["threads"]]
    equal(len(set(keys)), len(keys), f"{trace}: threads, and those that are different")
    equal([t["name"] for t in info["threads"]].count("the helper"), 1, f"{trace}: the helper")
    check(any(s["file"].endswith("threading.py") for s in info["sources"]), f"{trace}: sources")
    begun = [m["name"] for m in info["marks"] if m["kind"] == "begin"]
    equal(begun.count("service"), 1, f"{trace}: begins of the region that goes on")
    check("request" in begun, f"{trace}: begins of others")
    pid = info["processes"][0]["pid"]
    service = [p["id"] for p in section["processes"] if p["pid"] == pid]
    alone = section.total(classes=ALL_CPU, processes=service) / 1e9
    inside = region_cpu(trace, "service")
    check(alone - 0.15 < inside < alone + 1e-3, f"{trace}: {inside:.3f} s in the region of {alone:.3f} s")
    native = [stack[-1] for stack, _, _, ns in section.stacks() if ns and stack and stack[-1][3] == "native"]
    check(not native or any(frame[0] for frame in native), f"{trace}: no native code has a name")


@test
def memory_does_not_grow():
    child = background("long.ptf", PYTHON, "-c", ENDLESS, options=["--last", "1s", "-F", "10000"])
    started(child)
    time.sleep(3)
    before = resident_bytes(child.pid), len(os.listdir(f"/proc/{child.pid}/fd"))
    held, written = [], 0
    for _ in range(8):
        time.sleep(0.5)
        written, size = bytes_of(status(child))
        held.append(size)
    after = resident_bytes(child.pid), len(os.listdir(f"/proc/{child.pid}/fd"))
    check(max(held) < written / 2, f"{max(held)} bytes of {written} are kept")
    check(after[0] < before[0] + 2e6, f"resident memory grew from {before[0]} to {after[0]} bytes")
    check(abs(after[1] - before[1]) <= 1, f"descriptors: {before[1]}, then {after[1]}")
    child.communicate("\n")
    whole("long.ptf")


def bytes_of(told):
    """Written so far, and kept."""
    return int(re.search(r"(\d+) bytes, ", told)[1]), int(re.search(r"in memory \((\d+) bytes\)", told)[1])


def resident_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024


@test
def memory_has_a_limit():
    child = background("limit.ptf", PYTHON, "-c", ENDLESS,
                       options=["--last", "1h", "--max-size", "8K", "-F", "10000", "--no-source"])
    started(child)
    told = []
    check(wait_until(lambda: told.append(status(child)) or bytes_of(told[-1])[0] > 30000, seconds=90,
                     step=0.1), "less is written than should be kept")
    sizes = [bytes_of(text)[1] for text in told]
    # The last second comes on top: at most 10,000 samples of at most a byte and a half.
    check(max(sizes) < 8192 + 15000, f"sizes: {max(sizes)}")
    check(max(sizes) > 4000, "the limit was never near")
    child.communicate("\n")
    equal(child.returncode, 0, "status")
    check(whole("limit.ptf").row_count() > 0, "nothing is left")


@test
def a_stopped_recorder_keeps_what_it_has():
    child = background("stopped.ptf", PYTHON, "-c", PHASES + "early(); sys.stdin.readline(); late()\n",
                       options=["--last", "1s"])
    started(child)
    time.sleep(1.2)
    ctl(child.pid, "stop")
    time.sleep(1.5)
    ctl(child.pid, "dump", "kept.ptf")
    check("early" in functions_of("kept.ptf"), "what was there before the stop is gone")
    child.communicate("\n")
    check("late" not in functions_of("stopped.ptf"), "recorded while off")
    check("early" in functions_of("stopped.ptf"), "what was there before the stop is gone")


@test
def an_end_by_time_or_hand_is_a_dump():
    child = background("hand.ptf", PYTHON, "-c", ENDLESS, options=["--last", "10s"])
    started(child)
    time.sleep(0.5)
    ctl(child.pid, "finish")
    check(wait_until(lambda: os.path.exists("hand.ptf")), "no dump after finish")
    whole("hand.ptf")
    check(child.poll() is None, "prec has left its program alone")
    child.communicate("\n")
    child = background("time.ptf", PYTHON, "-c", ENDLESS, options=["--last", "10s", "--duration", "0.5"])
    check(wait_until(lambda: os.path.exists("time.ptf")), "no dump after its time")
    whole("time.ptf")
    child.communicate("\n")


@test
def a_dump_that_cannot_be_written_is_a_failure():
    os.mkdir("removed")
    child = background("removed/x.ptf", PYTHON, "-c", ENDLESS, options=["--last", "10s"])
    started(child)
    os.rmdir("removed")
    _, told = child.communicate("\n")
    equal(child.returncode, 1, "status")
    check("removed/x.ptf: No such file" in told, told)


@test
def nothing_is_left_of_a_killed_flight_recorder():
    before = set(os.listdir("/tmp")), set(os.listdir("/dev/shm"))
    child = background("dead.ptf", PYTHON, "-c", ENDLESS, options=["--last", "10s"])
    started(child)
    check(not os.path.exists("dead.ptf"), "there is a trace already")
    child.kill()
    child.wait()
    child.stdin.write("\n")
    child.stdin.close()
    left = [name for folder, had in zip(("/tmp", "/dev/shm"), before)
            for name in set(os.listdir(folder)) - had if "prec" in name]
    equal(left, [], "files")
    equal(names_of("dead*"), [], "files")


@test
def misuse_is_told():
    for words, why in ((["--rotate", "100"], "neither a size"), (["--rotate", "x"], "neither a size"),
                       (["--rotate", "1m", "--last", "1m"], "one of them"),
                       (["--keep", "2"], "--keep is for --rotate"),
                       (["--rotate", "1m", "--keep", "0"], "no number of files"),
                       (["--rotate", "1m", "-o", "-"], "not standard output"),
                       (["--last", "1m", "-o", "-"], "not standard output"),
                       (["--last", "soon"], "is no time"),
                       (["ctl", "dump", "a", "b"], "too much"), (["ctl", "rotate", "now"], "too much")):
        done = run(PREC, *words, *(["true"] if words[0] != "ctl" else []))
        equal(done.returncode, 2, f"status of prec {words}")
        check(why in done.stderr, f"prec {words}: {done.stderr}")
    done = run(PREC, "--last", "1m", "-o", "nowhere/x.ptf", "true")
    equal(done.returncode, 1, "status for a folder that is not there")
    check("nowhere/x.ptf: No such file" in done.stderr, done.stderr)


main()
