"""Under prec a program sees, says and ends as it does without."""
from ptftest import *

BURN = SUPPORT / "burn"


def pair(*command, **options):
    """The same command without and with prec."""
    alone = run(*command, **options)
    under = prec("pair.ptf", *command, **options)
    return alone, under


def same(*command, **options):
    alone, under = pair(*command, **options)
    equal(under.stdout, alone.stdout, "stdout")
    equal(under.stderr, alone.stderr, "stderr")
    code = alone.returncode
    equal(under.returncode, code if code >= 0 else 128 - code, "status")
    return under


@test
def stdout_and_stderr():
    same(PYTHON, "-c", "import sys; print('out' * 5000); print('err' * 5000, file=sys.stderr)")
    same("sh", "-c", "echo out; echo err >&2")


@test
def bytes_in_and_out():
    data = bytes(range(256)) * 4000
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
    under = same(PYTHON, "-c", code, input=data, text=False)
    equal(under.stdout, data[::-1], "stdout")


@test
def exit_status():
    for number in (0, 1, 2, 77, 126, 127, 255):
        same(PYTHON, "-c", f"import sys; sys.exit({number})")
    same(BURN, "exit", 5)


@test
def death_by_signal():
    for number in (signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGUSR1,
                   signal.SIGHUP):
        code = ("import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
                f"sum(range(2000000)); os.kill(os.getpid(), {int(number)}); "
                "import time; time.sleep(5)")
        _, under = pair(PYTHON, "-c", code)
        equal(under.returncode, 128 + number, f"status after {number.name}")
        section = whole("pair.ptf")
        process = list(section.processes.values())[0]
        equal(process["exit_status"], 128 + number, f"exit_status in the trace, {number.name}")
        under = prec("native.ptf", BURN, "signal", int(number))
        equal(under.returncode, 128 + number, f"status of a native program, {number.name}")


@test
def an_exception_looks_the_same():
    done = same(PYTHON, "-c", "def f():\n    raise ValueError('no')\nf()")
    check("ValueError: no" in done.stderr, "no traceback")


@test
def what_a_program_sees_of_its_start():
    environment = {"PATH": os.environ["PATH"], "HOME": "/", "LANG": "C.UTF-8",
                   "ODD": "a=b\nc ü", "EMPTY": ""}
    command = (PYTHON, PROGRAMS / "mirror.py", "--an", "argument", "", "ü")
    alone, under = pair(*command, env=environment)
    alone, under = json.loads(alone.stdout), json.loads(under.stdout)
    for key in alone:
        equal(under[key], alone[key], key)


@test
def the_environment_is_the_same():
    environment = {"PATH": os.environ["PATH"], "A": "1"}
    alone, under = pair("env", env=environment)
    equal(under.stdout, alone.stdout, "env")
    alone, under = pair("sh", "-c", "env; env | wc -l; /usr/bin/env", env=environment)
    equal(sorted(under.stdout.splitlines()), sorted(alone.stdout.splitlines()),
          "env of a shell and its children")
    # A preload of the user's own stays.
    environment["LD_PRELOAD"] = ""
    alone, under = pair("env", env=environment)
    equal(under.stdout, alone.stdout, "env with an empty LD_PRELOAD")
    alone, under = pair("env", env={})
    equal(under.stdout, alone.stdout, "env without any variable")


@test
def prec_finds_python_for_a_script():
    pathlib.Path("script.py").write_text("import sys; print(sys.argv, sys.executable, "
                                         "__name__)\n")
    alone = run(PYTHON, "script.py", "a", "-F", "3")
    under = run(PREC, "--quiet", "-o", "script.ptf", "--python", PYTHON, "script.py", "a", "-F",
                "3")
    equal(under.stdout, alone.stdout, "stdout")
    equal(under.returncode, 0, "status")
    under = run(PREC, "--quiet", "-o", "script.ptf", "script.py")
    check("['script.py']" in under.stdout, f"stdout is {under.stdout!r}")
    whole("script.ptf")


@test
def prec_runs_a_module():
    os.makedirs("package/inner", exist_ok=True)
    pathlib.Path("package/__init__.py").write_text("")
    pathlib.Path("package/__main__.py").write_text(
        "import sys; print(sys.argv[1:], __name__, __package__); sum(range(3000000))\n")
    alone = run(PYTHON, "-m", "package", "x", "-m")
    under = run(PREC, "--quiet", "-o", "module.ptf", "--python", PYTHON, "-m", "package", "x",
                "-m")
    equal(under.stdout, alone.stdout, "stdout")
    files = {frame[1] for frame in whole("module.ptf").frames.values()}
    check(any(file.endswith("package/__main__.py") for file in files), f"files: {files}")


@test
def the_default_name_of_the_trace():
    os.makedirs("default", exist_ok=True)
    for name in ("job.py", "-x.py"):
        pathlib.Path("default", name).write_text("sum(range(3000000))\n")
    for command, name in ((["job.py"], "job.ptf"), (["--", "true"], "true.ptf"),
                          (["--", "/bin/true"], "true.ptf"),
                          (["--", PYTHON, "job.py", "-m", "x"], "job.ptf"),
                          (["--", PYTHON, "-X", "dev", "-Ssu", "-Wignore", "job.py"], "job.ptf"),
                          (["--", PYTHON, "-um", "this"], "this.ptf"),
                          (["--", PYTHON, "-uc", "0"], os.path.basename(PYTHON) + ".ptf"),
                          (["-"], os.path.basename(PYTHON) + ".ptf"), (["./-x.py"], "-x.ptf")):
        for old in pathlib.Path("default").glob("*.ptf"):
            old.unlink()
        done = run(PREC, "--python", PYTHON, *command, cwd="default", stdin=subprocess.DEVNULL)
        equal(done.returncode, 0, f"status ({done.stderr})")
        check(f"{name}: " in done.stderr, f"no summary of {name}: {done.stderr!r}")
        equal([path.name for path in pathlib.Path("default").glob("*.ptf")], [name], "traces")


@test
def what_is_no_file_has_no_summary():
    os.mkfifo("pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=open("piped.ptf", "wb"))
    for out in ("/dev/null", "pipe"):
        done = run(PREC, "-o", out, "--cli", "--", "true", timeout=30)
        equal((done.returncode, done.stdout, done.stderr), (0, "", ""), f"-o {out}")
    reader.wait()
    whole("piped.ptf")


@test
def the_summary_goes_to_stderr_and_quiet_is_quiet():
    command = ["-o", "summary.ptf", "--", PYTHON, "-c", "print(sum(range(3000000)))"]
    done = run(PREC, *command)
    equal(done.stdout, "4499998500000\n", "stdout")
    check("summary.ptf" in done.stderr, f"the summary does not name the trace: {done.stderr!r}")
    done = run(PREC, "--quiet", *command)
    equal(done.stderr, "", "stderr of --quiet")


@test
def cli_prints_the_line_table():
    pathlib.Path("table.py").write_text("total = 0\nfor i in range(8000000):\n    total += i\n")
    done = run(PREC, "--cli", "-o", "table.ptf", "--python", PYTHON, "table.py")
    equal(done.returncode, 0, f"status ({done.stderr})")
    shown = done.stdout + done.stderr
    check("total += i" in shown and "%" in shown, f"there is no table: {shown[:500]!r}")


@test
def without_any_terminal():
    done = run(PREC, "-o", "bare.ptf", "--", PYTHON, PROGRAMS / "spin.py", 0.5,
               start_new_session=True, env={})
    equal(done.returncode, 0, f"status ({done.stderr})")
    whole("bare.ptf")


@test
def with_closed_standard_files():
    script = f'exec "$0" --quiet -F 250 -o closed.ptf -- "$1" "$2" 0.5 <&- >&- 2>&-'
    alone = run("sh", "-c", 'exec "$0" "$1" 0.5 <&- >&- 2>&-', PYTHON, PROGRAMS / "spin.py")
    under = run("sh", "-c", script, PREC, PYTHON, PROGRAMS / "spin.py")
    equal(under.returncode, alone.returncode, "status")
    check(Trace("closed.ptf").only.row_count() > 100, "there are no rows")


@test
def SIGTERM_to_prec_reaches_the_program():
    code = ("import signal, sys, time\n"
            "def bye(*_):\n    print('bye', flush=True)\n    sys.exit(9)\n"
            "signal.signal(signal.SIGTERM, bye)\nprint('ready', flush=True)\n"
            "while True: sum(range(10000))\n")
    child = subprocess.Popen([PREC, "--quiet", "-o", "term.ptf", "--", PYTHON, "-c", code],
                             stdout=subprocess.PIPE, text=True)
    equal(child.stdout.readline(), "ready\n", "first line")
    time.sleep(0.3)
    child.terminate()
    out, _ = child.communicate(timeout=20)
    equal(out, "bye\n", "output after SIGTERM")
    equal(child.returncode, 9, "status")
    whole("term.ptf")


@test
def other_signals_to_prec_reach_the_program_too():
    code = ("import signal, time\nseen = []\n"
            "for n in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGALRM):\n"
            "    signal.signal(n, lambda n, _: print(signal.Signals(n).name, flush=True))\n"
            "def bye(*_): raise SystemExit(3)\nsignal.signal(signal.SIGTERM, bye)\n"
            "print('ready', flush=True)\nend = time.time() + 15\n"
            "while time.time() < end: time.sleep(0.01)\n")
    child = subprocess.Popen([PREC, "--quiet", "-o", "more.ptf", "--", PYTHON, "-c", code],
                             stdout=subprocess.PIPE, text=True)
    equal(child.stdout.readline(), "ready\n", "first line")
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
        child.send_signal(number)
        equal(child.stdout.readline(), f"{number.name}\n", "what the program saw")
    child.terminate()
    child.communicate(timeout=20)
    equal(child.returncode, 3, "status")


@test
def SIGTERM_kills_a_program_that_does_not_care():
    child = subprocess.Popen([PREC, "--quiet", "-o", "term.ptf", "--", PYTHON,
                              PROGRAMS / "spin.py", "60"], stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    for number in (signal.SIGTERM,):
        child.send_signal(number)
    out, _ = child.communicate(timeout=20)
    equal((out, child.returncode), ("", 128 + signal.SIGTERM), "output and status")
    whole("term.ptf")


@test
def the_programs_own_signals_work():
    same(PYTHON, "-c", "import signal, time\ncount = 0\ndef tick(*_):\n    global count\n"
         "    count += 1\nsignal.signal(signal.SIGALRM, tick)\n"
         "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)\nend = time.time() + 0.8\n"
         "while time.time() < end: sum(range(1000))\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
         "print(count > 20)\n")
    # Nothing is interrupted: a sleep is as long as asked, in one go.
    same("sh", "-c", "sleep 0.3 && echo slept")
    same(PYTHON, "-c", "import signal\nfor n in (signal.SIGTRAP, signal.SIGPROF):\n"
         "    signal.signal(n, lambda *_: print('mine', n))\n    signal.raise_signal(n)\n"
         "sum(range(5000000))\nprint('end')\n")


main()
