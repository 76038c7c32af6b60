"""Bad input: one clear line, the right status, nothing written."""
from ptftest import *


def clean(*allowed):
    left = set(os.listdir(".")) - set(allowed)
    check(not left, f"left behind: {sorted(left)}")


def refused(done, status, *words):
    equal(done.returncode, status, f"status ({done.stderr.strip()!r})")
    line = one_line(done.stderr)
    check(re.match(r"(prec|pinfo|pconv): ", line), f"who says it? {line!r}")
    for word in words:
        check(re.search(word, line, re.I), f"no {word!r} in {line!r}")
    equal(done.stdout, "", "stdout")


def in_empty(name):
    """A directory of its own, so that what is left behind is seen."""
    shutil.rmtree(name, ignore_errors=True)
    os.mkdir(name)
    os.chdir(name)


def scratch(function):
    def inside():
        here = os.getcwd()
        in_empty(function.__name__)
        try:
            function()
        finally:
            os.chdir(here)
    inside.__name__ = function.__name__
    return test(inside)


@scratch
def prec_of_a_missing_program():
    refused(run(PREC, "--", "./no-such-program"), 127, "no-such-program")
    refused(run(PREC, "no-such-program"), 127, "no-such-program")
    clean()


@scratch
def prec_of_a_missing_script():
    refused(run(PREC, "--python", PYTHON, "no-such.py"), 127, "no-such.py")
    clean()


@scratch
def prec_of_a_file_that_cannot_run():
    pathlib.Path("plain.txt").write_text("not a program\n")
    refused(run(PREC, "--", "./plain.txt"), 126, "plain.txt", "permission")
    clean("plain.txt")


@scratch
def prec_of_a_directory():
    os.mkdir("folder")
    refused(run(PREC, "--", "./folder"), 126, "folder")
    clean("folder")


@scratch
def prec_with_a_missing_python():
    pathlib.Path("x.py").write_text("print(1)\n")
    refused(run(PREC, "--python", "/no/such/python", "x.py"), 127, "/no/such/python")
    clean("x.py")


@scratch
def prec_with_a_bad_rate():
    for rate in ("0", "-5", "fast", "1e99", "", "10x", "nan"):
        done = run(PREC, "-F", rate, "--", "true")
        equal(done.returncode, 2, f"status for the rate {rate!r} ({done.stderr!r})")
        check(done.stderr.startswith("prec: ") and len(done.stderr.splitlines()) <= 2,
              f"it says {done.stderr!r}")
    clean()


def bad_trace(name, data, status, *words):
    pathlib.Path(name).write_bytes(data)
    before = set(os.listdir("."))
    refused(run(PINFO, name), status, re.escape(name), *words)
    refused(run(PINFO, name, "--json"), status, re.escape(name), *words)
    for form in ("json", "table", "folded"):
        refused(run(PCONV, name, "--to", form), status, re.escape(name), *words)
        refused(run(PCONV, name, "--to", form, "-o", "out"), status, re.escape(name), *words)
    clean(*before)


@scratch
def tools_with_something_that_is_no_trace():
    bad_trace("text.ptf", b"This is a letter, not a trace.\n" * 10, 1, "not a ptf trace")
    bad_trace("short.ptf", b"x", 1, "not a ptf trace")
    bad_trace("elf.ptf", pathlib.Path(PYTHON).read_bytes()[:100000], 1, "not a ptf trace")


@scratch
def tools_with_an_empty_file():
    bad_trace("empty.ptf", b"", 1, "no data|empty")


@scratch
def tools_with_a_directory():
    os.mkdir("folder")
    refused(run(PINFO, "folder"), 1, "folder")
    refused(run(PCONV, "folder", "--to", "json"), 1, "folder")


def small_trace():
    record("../base.ptf", PYTHON, "-c", "sum(range(3000000))")
    return pathlib.Path("../base.ptf").read_bytes()


def futurized(what, number):
    pathlib.Path("future.ptf").write_bytes(small_trace())
    equal(run(SUPPORT / "futurize", "future.ptf", what, number).returncode, 0, "futurize")
    data = pathlib.Path("future.ptf").read_bytes()
    os.remove("future.ptf")
    return data


@scratch
def tools_with_a_future_version():
    bad_trace("future.ptf", futurized("major", 7), 1, "version")


@scratch
def tools_with_an_unknown_incompatible_feature():
    bad_trace("feature.ptf", futurized("incompatible", 41), 1, "feature")


@scratch
def readers_accept_an_unknown_read_only_feature():
    pathlib.Path("feature.ptf").write_bytes(futurized("read-only", 41))
    equal(run(PINFO, "feature.ptf").returncode, 0, "status of pinfo")
    equal(run(PCONV, "feature.ptf", "--to", "folded").returncode, 0, "status of pconv")
    # Written again it would claim to have what nobody could copy.
    for command in ([PCONV, "feature.ptf", "--to", "ptf", "-o"],
                    [BIN / "pmerge", "feature.ptf", "-o"]):
        done = run(*command, "again.ptf")
        equal(done.returncode, 1, "status of a rewrite")
        check("not rewritten" in done.stderr, f"message: {done.stderr}")
        check(not os.path.exists("again.ptf"), "a file was left")


@scratch
def a_trace_that_went_through_text_mode():
    whole_trace = small_trace()
    for old, new in ((b"\r\n", b"\n"), (b"\n", b"\r\n")):
        pathlib.Path("text.ptf").write_bytes(re.sub(old, new, whole_trace))
        done = run(PINFO, "text.ptf")
        # Frames that happen to be whole are still given, and the damage is told.
        check(done.returncode in (0, 1), f"status {done.returncode}")
        check(done.returncode == 0 or done.stdout == "", "a failure with output")
        check(re.search("text|no part of a trace", done.stderr), f"it says {done.stderr!r}")
        # Without any whole frame it is clear what happened.
        pathlib.Path("head.ptf").write_bytes(re.sub(old, new, whole_trace[:100]))
        refused(run(PINFO, "head.ptf"), 1, "text")


@scratch
def pconv_to_an_unknown_format():
    pathlib.Path("base.ptf").write_bytes(small_trace())
    done = run(PCONV, "base.ptf", "--to", "no-such-format", "-o", "out")
    equal(done.returncode, 2, "status")
    check("no-such-format" in done.stderr.splitlines()[0], f"it says {done.stderr!r}")
    check(len(done.stderr.splitlines()) <= 2, f"it says {done.stderr!r}")
    equal(done.stdout, "", "stdout")
    clean("base.ptf")


@scratch
def pconv_to_a_place_that_cannot_be_written():
    pathlib.Path("base.ptf").write_bytes(small_trace())
    refused(run(PCONV, "base.ptf", "--to", "json", "-o", "no/such/folder/out"), 1,
            "no/such/folder/out")
    os.mkdir("folder")
    refused(run(PCONV, "base.ptf", "--to", "json", "-o", "folder"), 1, "folder")
    with open("/dev/full", "w") as full:
        for form in ("json", "table", "folded"):
            done = run(PCONV, "base.ptf", "--to", form, stdout=full)
            equal(done.returncode, 1, f"status for {form} to a full disk")
            one_line(done.stderr)
        done = run(PINFO, "base.ptf", stdout=full)
        equal(done.returncode, 1, "status of pinfo to a full disk")
        one_line(done.stderr)
    equal(os.listdir("folder"), [], "files in the folder")
    clean("base.ptf", "folder")


@scratch
def pconv_to_a_closed_pipe():
    pathlib.Path("base.ptf").write_bytes(small_trace())
    read, write = os.pipe()
    os.close(read)
    done = run(PCONV, "base.ptf", "--to", "json", stdout=write)
    os.close(write)
    check(done.returncode in (1, -signal.SIGPIPE), f"status {done.returncode}")
    clean("base.ptf")


@scratch
def an_existing_output_survives_a_failure():
    pathlib.Path("bad.ptf").write_bytes(b"no trace at all, but long enough to look")
    pathlib.Path("out.json").write_text("precious")
    equal(run(PCONV, "bad.ptf", "--to", "json", "-o", "out.json").returncode, 1, "status")
    equal(pathlib.Path("out.json").read_text(), "precious", "the old output")
    clean("bad.ptf", "out.json")


main()
