"""Where the trace goes, and places where it cannot."""
from ptftest import *

SPIN = [PYTHON, PROGRAMS / "spin.py", "1"]


def program_was_not_run(done):
    check('"cpu"' not in done.stdout, "the program ran although nothing could be recorded")


@test
def a_place_that_cannot_be_written():
    os.makedirs("folder", exist_ok=True)
    for place in ("no/such/folder/x.ptf", "folder", "/proc/x.ptf"):
        done = prec(place, *SPIN)
        equal(done.returncode, 1, f"status for {place}")
        line = one_line(done.stderr)
        check(line.startswith("prec: ") and place in line, f"it says {line!r}")
        program_was_not_run(done)
    equal(os.listdir("folder"), [], "files in the folder")


@test
def a_folder_without_permission():
    if os.getuid() == 0:
        # Root may write anywhere: try as somebody else.
        if not shutil.which("setpriv"):
            skip("setpriv is missing")
        user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    else:
        user = []
    os.makedirs("closed", exist_ok=True)
    os.chmod("closed", 0o555)
    if run(*user, "test", "-x", PREC).returncode:
        skip("the build folder is closed to other users")
    done = run(*user, PREC, "--quiet", "-o", "closed/x.ptf", "--", "echo", "ran")
    equal((done.returncode, done.stdout), (1, ""), "status and stdout")
    check("closed/x.ptf" in one_line(done.stderr), f"it says {done.stderr!r}")


def disturbed_but_alive(done, what):
    """The program ends as it should; prec says what happened."""
    check('"cpu"' in done.stdout, f"{what}: the program did not end as it should")
    line = one_line(done.stderr)
    check(line.startswith("prec: ") and re.search("space|full|write", line),
          f"{what}: it says {line!r}")
    equal(done.returncode, 1, f"{what}: status")


@test
def a_full_device():
    disturbed_but_alive(prec("/dev/full", *SPIN), "/dev/full")


@test
def a_full_device_keeps_the_status_of_a_program_that_failed():
    done = prec("/dev/full", *SPIN, 5)
    equal(done.returncode, 5, "status")
    check("prec: " in one_line(done.stderr), f"it says {done.stderr!r}")


@test
def a_disk_that_fills_up_while_recording():
    if os.getuid() != 0:
        skip("needs root, to mount a small disk")
    os.makedirs("disk", exist_ok=True)
    # A mount namespace of its own: nothing stays behind.
    script = ('mount -t tmpfs -o size=16k none disk && "$0" --quiet -F 10000 -o disk/x.ptf -- "$@"'
              '; status=$?; cp disk/x.ptf cut.ptf; exit $status')
    probe = run("unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=16k", "none", "disk")
    if probe.returncode:
        skip("mounting is not allowed here")
    done = run("unshare", "-m", "sh", "-c", script, PREC, PYTHON, PROGRAMS / "spin.py", "4")
    disturbed_but_alive(done, "full disk")
    trace = Trace("cut.ptf")
    if trace.error is None:
        check(trace.notes or not trace.only["has_end"], "nothing says that the file is cut")


@test
def a_reader_that_goes_away():
    read, write = os.pipe()
    os.close(read)
    done = prec(f"/dev/fd/{write}", *SPIN, pass_fds=[write])
    os.close(write)
    check('"cpu"' in done.stdout, "the program did not end as it should")
    check(done.stderr.startswith("prec: "), f"it says {done.stderr!r}")


@test
def an_old_trace_is_replaced():
    record("old.ptf", PYTHON, "-c", "import json, argparse, unittest; print('{}')")
    record("old.ptf", *SPIN)
    whole("old.ptf")


@test
def a_file_that_is_no_trace_is_not_overwritten():
    script = pathlib.Path("precious.py")
    script.write_text("print('x')\n")
    done = run(PREC, "-q", "-o", script, "--python", PYTHON, script)
    equal(done.returncode, 1, "status")
    one_line(done.stderr)
    equal(script.read_text(), "print('x')\n", "the script")


@test
def a_shell_appends_to_a_trace():
    for _ in range(2):
        done = run("sh", "-c", f"'{PREC}' -q -o - -- cat >> both.ptf", input="typed\n")
        equal(done.returncode, 0, f"status ({done.stderr})")
        equal(done.stderr, "typed\n", "what the program copied")
    equal(len(Trace("both.ptf").sections), 2, "sections")


@test
def two_recordings_cannot_write_one_file():
    first = subprocess.Popen([PREC, "-q", "-o", "one.ptf", "--", "sleep", "2"])
    wait_until(lambda: os.path.exists("one.ptf") and os.path.getsize("one.ptf") > 0)
    done = run(PREC, "-q", "-o", "one.ptf", "--", "true")
    equal(done.returncode, 1, "status")
    one_line(done.stderr)
    equal(first.wait(), 0, "status of the first")
    whole("one.ptf")


@test
def the_trace_is_readable_by_its_owner_as_any_file():
    record("mode.ptf", *SPIN)
    mask = os.umask(0)
    os.umask(mask)
    equal(oct(os.stat("mode.ptf").st_mode & 0o777), oct(0o666 & ~mask), "mode")


@test
def the_trace_on_standard_output():
    done = run(PREC, "--quiet", "-o", "-", "--", PYTHON, "-c", "sum(range(20000000))",
               text=False)
    equal(done.returncode, 0, "status")
    pathlib.Path("stdout.ptf").write_bytes(done.stdout)
    check(whole("stdout.ptf").row_count() > 10, "there are no rows")


def payload(trace):
    """All bytes of the trace, decompressed."""
    if not shutil.which("zstd"):
        skip("zstd is missing")
    return run("zstd", "-dc", trace, text=False).stdout


@test
def no_source_and_no_args_keep_secrets():
    pathlib.Path("secret.py").write_text("password = 'in the source'\nimport sys\n"
                                         "for _ in range(9000000): pass\n")
    word = "in-the-arguments"
    record("open.ptf", PYTHON, "secret.py", word)
    check(b"in the source" in payload("open.ptf"), "the test itself: no source in the trace")
    check(word.encode() in payload("open.ptf"), "the test itself: no argument in the trace")
    record("closed.ptf", PYTHON, "secret.py", word, options=["--no-source", "--no-args"])
    whole("closed.ptf")
    check(b"in the source" not in payload("closed.ptf"), "the source is in the trace")
    check(word.encode() not in payload("closed.ptf"), "an argument is in the trace")


@test
def pinfo_follows_a_recording_to_its_end():
    program = subprocess.Popen([PREC, "--quiet", "-o", "live.ptf", "--", *SPIN],
                               stdout=subprocess.DEVNULL)
    check(wait_until(lambda: os.path.exists("live.ptf") and os.path.getsize("live.ptf")),
          "there is no trace while the program runs")
    done = run(PINFO, "--follow", "live.ptf", timeout=60)
    program.wait()
    equal(done.returncode, 0, f"status ({done.stderr})")
    check(done.stdout + done.stderr, "it shows nothing")


@test
def nothing_is_left_behind():
    def leftovers():
        return {name for name in os.listdir("/dev/shm") + os.listdir("/tmp")
                if "prec" in name or name.startswith("ptf.")}
    before = leftovers()
    record("clean.ptf", *SPIN)
    program = subprocess.Popen([PREC, "--quiet", "-o", "killed.ptf", "--", *SPIN],
                               stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    program.send_signal(signal.SIGTERM)
    program.wait()
    equal(leftovers() - before, set(), "left in /dev/shm and /tmp")


main()
