"""pconv --to ptf: the same trace again, a part of it, and one without secrets."""
import csv
import random
from ptftest import *

PMERGE = str(BIN / "pmerge")
TRACE = "threads.ptf"
GOLDEN = ROOT / "tests" / "golden" / "v1"
PARTS = ("sources", "args", "hosts", "paths")


def make():
    if not os.path.exists(TRACE):
        record(TRACE, PYTHON, PROGRAMS / "marked.py", ROOT / "tools" / "python",
               options=["--memory", "--memory-interval", "16K"])
        check(sum_of(TRACE, "alloc_bytes") > 0, "no memory was recorded")
    return TRACE


def sum_of(path, metric):
    return sum(found["sum"] for found in pinfo(path)["metrics"] if found["name"] == metric)


def rewrite(out, *arguments, status=0, **keywords):
    done = run(PCONV, *arguments, "--to", "ptf", "-o", out, **keywords)
    equal(done.returncode, status, f"status ({done.stderr.strip()})")
    return done


def attributes(path):
    return pinfo(path)["files"][0]["sections"][0]["attributes"]


def payload(path):
    if not shutil.which("zstd"):
        skip("zstd is missing")
    done = run("zstd", "-dc", path, text=False)
    equal(done.returncode, 0, "status of zstd")
    return done.stdout


@test
def A_copy_has_all_that_its_trace_has():
    make()
    traces = [TRACE] + [GOLDEN / f"{name}.ptf" for name in
                        ("every-kind", "many-kinds", "exact", "rounded", "joined", "tiny",
                         "small-frames", "recompressed")]
    for name, options in (("merged", []), ("runs", ["--as-runs"]), ("sums", ["--aggregate"])):
        equal(run(PMERGE, *options, "-o", f"{name}.ptf", TRACE,
                  GOLDEN / "every-kind.ptf").returncode, 0, "status of pmerge")
        traces.append(f"{name}.ptf")
    for trace in traces:
        rewrite("copy.ptf", trace)
        equal(digest("copy.ptf"), digest(trace), f"digest of the copy of {trace}")
        check(all(section["has_index"] for section in pinfo("copy.ptf")["files"][0]["sections"]),
              "a section has no index")


@test
def Several_inputs_are_a_file_of_their_sections():
    make()
    rewrite("all.ptf", TRACE, GOLDEN / "joined.ptf", GOLDEN / "every-kind.ptf")
    equal(digest("all.ptf"), digest(TRACE, GOLDEN / "joined.ptf", GOLDEN / "every-kind.ptf"),
          "digest")
    equal(len(pinfo("all.ptf")["files"][0]["sections"]), 4, "sections")


@test
def Through_pipes_too():
    make()
    with open(TRACE, "rb") as trace:
        done = run(PCONV, "-", "--to", "ptf", "-o", "-", stdin=trace, text=False)
    equal(done.returncode, 0, f"status ({done.stderr})")
    pathlib.Path("piped.ptf").write_bytes(done.stdout)
    equal(digest("piped.ptf"), digest(TRACE), "digest")
    # Onto itself.
    shutil.copy(TRACE, "self.ptf")
    rewrite("self.ptf", "self.ptf")
    equal(digest("self.ptf"), digest(TRACE), "digest of what replaced its own input")


@test
def Rows_lie_in_large_Blocks():
    equal(run(SUPPORT / "make_trace", "many.ptf", 300000, 3, 7, 0, 100000).returncode, 0,
          "status of make_trace")
    make()
    rewrite("large.ptf", TRACE)
    before = pinfo(TRACE)["files"][0]["sections"][0]["blocks"]
    after = pinfo("large.ptf")["files"][0]["sections"][0]["blocks"]
    threads = pinfo(TRACE)["threads"]
    # One of each thread with samples, and one of each that did something with memory.
    check(0 <= after["samples"] - sum(thread["samples"] > 0 for thread in threads) <= len(threads),
          f"{after['samples']} Blocks of samples of {len(threads)} threads")
    check(before["samples"] > after["samples"], "the recorder writes no smaller Blocks")
    check(os.path.getsize("large.ptf") < os.path.getsize(TRACE), "the copy is not smaller")
    rewrite("many-copy.ptf", "many.ptf")
    equal(digest("many-copy.ptf"), digest("many.ptf"), "digest of 400,000 rows")


@test
def What_was_cut_stays_cut_and_damage_is_refused():
    make()
    whole_bytes = pathlib.Path(TRACE).read_bytes()
    pathlib.Path("cut.ptf").write_bytes(whole_bytes[:len(whole_bytes) * 2 // 3])
    rewrite("cut-copy.ptf", "cut.ptf")
    equal(digest("cut-copy.ptf"), digest("cut.ptf"), "digest")
    equal(pinfo("cut-copy.ptf")["files"][0]["is_whole"], False, "whole")
    flipped = bytearray(whole_bytes)
    flipped[len(flipped) // 2] ^= 0x10
    pathlib.Path("flipped.ptf").write_bytes(flipped)
    done = rewrite("flipped-copy.ptf", "flipped.ptf", status=1)
    check("would look whole" in done.stderr, f"message: {done.stderr}")
    check(not os.path.exists("flipped-copy.ptf"), "a file was left")
    shutil.copy(TRACE, "future.ptf")
    equal(run(SUPPORT / "futurize", "future.ptf", "read-only", 41).returncode, 0,
          "status of futurize")
    done = rewrite("future-copy.ptf", "future.ptf", status=1)
    check("not rewritten" in done.stderr, f"message: {done.stderr}")
    check(not os.path.exists("future-copy.ptf"), "a file was left")


@test
def Hostile_payloads_do_no_harm():
    make()
    rng = random.Random(3)
    # Without checksums, what is wrong is found by its content alone.
    payloads = [payload(TRACE), payload(GOLDEN / "every-kind.ptf")]
    options = ([], ["--time", "100ms..500ms"], ["--strip", ",".join(PARTS)], ["--region", "load"],
               ["--function", "train", "--strip", "paths"], ["--class", "cpu"])
    for number in range(60):
        data = bytearray(payloads[number % 2])
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        pathlib.Path("hostile.ptf").write_bytes(data)
        done = run(PCONV, "hostile.ptf", "--to", "ptf", "-o", "harmless.ptf", *rng.choice(options),
                   text=False)
        check(done.returncode in (0, 1), f"status {done.returncode} of payload {number}")
        equal(os.path.exists("harmless.ptf"), done.returncode == 0, "a file where none was wanted")
        if done.returncode == 0:
            equal(run(PINFO, "harmless.ptf", text=False).returncode, 0, "status of pinfo")
            os.remove("harmless.ptf")


def views(trace, *options):
    """What other formats make of it, but for what tells where it is from."""
    result = []
    # Of csv, --files hides files, but all time counts.
    for name in ("folded", "chrome") if "--files" in options else ("csv", "folded", "chrome"):
        done = run(PCONV, trace, "--to", name, *options)
        equal(done.returncode, 0, f"status ({done.stderr})")
        text = done.stdout
        if name == "chrome":
            events = json.loads(text)["traceEvents"]
            # Marks lie in no part; they are kept to tell regions.
            text = sorted(json.dumps(event, sort_keys=True) for event in events
                          if event["ph"] in "BEXC")
        result.append(text)
    return result


@test
def A_part_is_what_is_shown_of_the_whole_with_the_same_options():
    make()
    rng = random.Random(7)
    elapsed = pinfo(TRACE)["elapsed_ns"] / 1e9
    choices = [("--thread", "main*"), ("--class", "python,native"), ("--class", "waiting"),
               ("--function", "burn"), ("--function", "train"), ("--files", "marked.py"),
               ("--region", "load"), ("--region", "train"), ("--process", "*python*")]
    asked = [list(choice) for choice in choices]
    for _ in range(12):
        begin, end = sorted(rng.uniform(0, elapsed) for _ in range(2))
        asked.append(["--time", f"{begin:.6f}s..{end:.6f}s"])
        asked.append(asked[-1] + list(rng.choice(choices)))
    done = 0
    for options in asked:
        if run(PCONV, TRACE, "--to", "csv", *options).returncode:
            continue  # nothing is in it
        rewrite("part.ptf", TRACE, *options)
        wanted = views(TRACE, *options)
        equal(views("part.ptf")[-len(wanted):], wanted, f"views of the part {options}")
        done += 1
    check(done > 12, f"only {done} parts had anything in them")


@test
def Parts_add_up_and_are_told_from_the_whole():
    make()
    middle = pinfo(TRACE)["elapsed_ns"] // 2
    rewrite("first.ptf", TRACE, "--time", f"..{middle}ns")
    rewrite("second.ptf", TRACE, "--time", f"{middle}ns..")
    parts = [pinfo("first.ptf"), pinfo("second.ptf")]
    for key in ("samples", "cpu_ns", "wait_ns", "gil_ns"):
        equal(sum(part[key] for part in parts), pinfo(TRACE)[key], key)
    for metric in ("alloc_bytes", "free_bytes", "copy_bytes"):
        equal(sum_of("first.ptf", metric) + sum_of("second.ptf", metric), sum_of(TRACE, metric),
              metric)
    section = pinfo(TRACE)["files"][0]["sections"][0]
    told = attributes("first.ptf")
    equal(told["part.of"], section["trace_id"], "the whole")
    check("time from" in told["part.selection"], f"selection: {told['part.selection']}")
    for words in ([PINFO, "first.ptf"], [PCONV, "first.ptf"]):
        shown = run(*words).stdout
        check("part" in shown and told["part.selection"] in " ".join(shown.split()),
              f"{words} does not say that it is a part: {shown[:600]}")
    # A merge takes them for two, and a part of a part knows both choices.
    equal(run(PMERGE, "-o", "both.ptf", "first.ptf", "second.ptf").returncode, 0,
          "status of pmerge")
    equal(pinfo("both.ptf")["samples"], pinfo(TRACE)["samples"], "samples of both")
    rewrite("smaller.ptf", "first.ptf", "--class", "cpu")
    told = attributes("smaller.ptf")
    equal(told["part.of"], section["trace_id"], "the whole of a part of a part")
    check("time from" in told["part.selection"] and "class" in told["part.selection"],
          f"selection: {told['part.selection']}")


@test
def A_part_defines_nothing_that_it_does_not_need():
    make()
    rewrite("one.ptf", TRACE, "--function", "train", "--strip", "sources")
    names = {row["function"] for row in
             csv.DictReader(run(PCONV, "one.ptf", "--to", "csv").stdout.splitlines())}
    check(any("train" in name for name in names), f"functions: {names}")
    text = payload("one.ptf")
    check(b"train" in text and b"patient" not in text, "another function is in it")


# ------------------------------------------------------------------ secrets


def secrets():
    """A program that knows secrets, and the words that tell them, by part."""
    home = pathlib.Path("home-of-wilhelmina").absolute()
    project = home / "projekt-zebra"
    (project / "package").mkdir(parents=True, exist_ok=True)
    (project / "package" / "__init__.py").write_text(
        "def spin():\n    for i in range(3000000): pass  # text-okapi\n")
    (home / "elsewhere").mkdir(exist_ok=True)
    for folder in (home, home / "elsewhere"):
        (folder / "helpers.py").write_text(
            "def turn():\n    for i in range(3000000): pass\n")
    (project / "main.py").write_text(
        "import importlib.util, subprocess, sys\nimport package\npackage.spin()\n"
        "for n, path in enumerate(sys.argv[3:]):\n"
        "    spec = importlib.util.spec_from_file_location(f'helpers{n}', path)\n"
        "    module = importlib.util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n    module.turn()\n"
        "subprocess.run(['/bin/echo', 'word-giraffe'], stdout=subprocess.DEVNULL)\n")
    if not os.path.exists("secret.ptf"):
        done = run(PREC, "--quiet", "-o", pathlib.Path("secret.ptf").absolute(), PYTHON,
                   project / "main.py", "--token=pass-quagga",
                   "--data=/home/wilhelmina/okapi.csv", home / "helpers.py",
                   home / "elsewhere" / "helpers.py", cwd=project)
        equal(done.returncode, 0, f"status ({done.stderr})")
    return {"sources": [b"text-okapi"],
            "args": [b"pass-quagga", b"word-giraffe", b"okapi.csv"],
            "paths": [b"wilhelmina", b"projekt-zebra", b"elsewhere",
                      str(pathlib.Path.cwd().parent).encode()],
            "hosts": [os.uname().nodename.encode()] if len(os.uname().nodename) > 5 else []}


@test
def No_byte_of_what_is_stripped_remains():
    words = secrets()
    text = payload("secret.ptf")
    for part in PARTS:
        for word in words[part]:
            check(word in text, f"{word} is not in the trace: the test tests nothing")
    rewrite("public.ptf", "secret.ptf", "--strip", ",".join(PARTS))
    text = payload("public.ptf")
    for part in PARTS:
        for word in words[part]:
            check(word not in text, f"{word} is still there")
    told = attributes("public.ptf")
    equal(told["stripped"], ",".join(PARTS), "what it says")
    equal(told["host.name"], "host-1", "host")
    check("run.command" not in told and "run.cwd" not in told, f"attributes: {told}")
    boots = [re.search(rb"boot_id=(\S+)", run(PINFO, "--dump", path, text=False).stdout)
             for path in ("secret.ptf", "public.ptf")]
    check(boots[0] and boots[1] and boots[0][1] != boots[1][1], "the boot is the same")
    # One after the other is the same as all at once.
    shutil.copy("secret.ptf", "step.ptf")
    for part in PARTS:
        rewrite("step.ptf", "step.ptf", "--strip", part)
    text = payload("step.ptf")
    for word in sum(words.values(), []):
        check(word not in text, f"{word} is still there, part by part")
    equal(attributes("step.ptf")["stripped"], ",".join(PARTS), "what it says")


@test
def A_part_is_stripped_as_well_of_what_is_not_in_it():
    words = secrets()
    rewrite("public-part.ptf", "secret.ptf", "--strip", ",".join(PARTS), "--files",
            str(pathlib.Path("home-of-wilhelmina/projekt-zebra/package/*").absolute()))
    text = payload("public-part.ptf")
    for word in sum(words.values(), []):
        check(word not in text, f"{word} is still there")
    check(b"package/*" in text, "the selection is not told")


@test
def What_is_stripped_can_still_be_used():
    secrets()
    rewrite("public.ptf", "secret.ptf", "--strip", "paths")
    before, after = pconv_json("secret.ptf", "--min", "0"), pconv_json("public.ptf", "--min", "0")
    equal(sorted(body["ptf_python_ns"] for body in after["files"].values()),
          sorted(body["ptf_python_ns"] for body in before["files"].values()),
          "time of each file")
    names = set(after["files"])
    check({"main.py", "package/__init__.py", "helpers.py", "helpers~2.py"} <= names,
          f"files: {sorted(names)}")
    equal([line["line"].rstrip("\n") for line in after["files"]["package/__init__.py"]["lines"]],
          ["def spin():", "    for i in range(3000000): pass  # text-okapi"], "source")
    check(all(not name.startswith("/") or name.startswith(
              ("/usr/", "/lib/", "/site-packages/", "/dist-packages/")) for name in names),
          f"files: {sorted(names)}")
    # Two stripped traces of one program are comparable.
    done = run(str(BIN / "pdiff"), "public.ptf", "public.ptf", "--to", "json")
    check(done.returncode in (0, 3), f"status of pdiff {done.returncode} ({done.stderr})")
    equal([node["name"] for node in json.loads(done.stdout)["nodes"]
           if node["fate"] in ("added", "vanished")], [], "what pdiff could not match")


@test
def Misuse_is_told():
    make()
    for options, words in ((["--to", "csv", "--strip", "args"], "no meaning"),
                           (["--to", "ptf", "--strip", "names"], "none of sources")):
        done = run(PCONV, TRACE, "-o", "x", *options)
        equal(done.returncode, 2, "status")
        check(words in done.stderr, f"message: {done.stderr}")
    done = rewrite("nothing.ptf", TRACE, "--thread", "nobody", status=1)
    check("no thread" in done.stderr, f"message: {done.stderr}")
    done = rewrite("hosts.ptf", TRACE, "--strip", "hosts")
    check("source texts are kept" in done.stderr, f"message: {done.stderr}")
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            done = run(PCONV, TRACE, "--to", "ptf", "-o", "-", stdout=full,
                       stderr=subprocess.PIPE, text=True)
        equal(done.returncode, 1, "status with a full disk")
        check("space" in done.stderr, f"message: {done.stderr}")


main()
