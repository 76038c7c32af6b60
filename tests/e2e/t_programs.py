"""Programs of all kinds: native, through exec and shims, with children."""
from ptftest import *

BURN = SUPPORT / "burn"


def one_process(section, **wanted):
    found = [process for process in section.processes.values()
             if all(process[key] == value for key, value in wanted.items())]
    check(found, f"no process with {wanted} among "
                 f"{[(p['pid'], p['exe'], p['args']) for p in section.processes.values()]}")
    return found[0]


@test
def a_program_that_sleeps():
    record("sleep.ptf", "sleep", "0.5")
    section = whole("sleep.ptf")
    wait = section.total(classes=(WAIT,)) / 1e9
    check(0.35 < wait < 0.7, f"it waited {wait:.3f} s")
    check(section.total() < 0.1e9, f"{section.total()} ns of CPU time")


@test
def a_native_loop():
    done = record("burn.ptf", BURN, "loop", 2000, options=["-F", "1000"])
    truth = json.loads(done.stdout)
    section = whole("burn.ptf")
    seen = section.total() / 1e6
    true = truth["burn_short"] + truth["burn_long"]
    check(abs(seen / true - 1) < 0.02, f"{seen:.0f} ms of CPU time, truly {true:.0f} ms")
    native = section.total(classes=(NATIVE,)) / 1e6
    check(native > 0.95 * seen, f"only {native:.0f} ms of {seen:.0f} ms are native")
    functions = collections.Counter()
    for stack, cls, _, ns in section.stacks():
        if cls == NATIVE and stack:
            functions[stack[-1][0] or "?"] += ns / 1e6
    for name in ("burn_short", "burn_long"):
        check(abs(functions[name] - truth[name]) < 0.04 * true,
              f"{name}: {functions[name]:.0f} ms, truly {truth[name]:.0f} ms; "
              f"{functions.most_common(5)}")


@test
def a_program_that_ends_at_once():
    for command in (["true"], ["false"], [PYTHON, "-c", ""], [PYTHON, "-S", "-E", "-c", ""]):
        done = prec("brief.ptf", *command)
        equal(done.returncode, int(command == ["false"]), f"status of {command}")
        equal(done.stderr, "", f"stderr of {command}")
        section = whole("brief.ptf")
        equal(len(section.processes), 1, f"processes of {command}")
        equal(run(PINFO, "brief.ptf").returncode, 0, "status of pinfo")


@test
def a_script_through_a_shell_that_execs():
    script = str(PROGRAMS / "spin.py")
    done = record("chain.ptf", "sh", "-c", 'exec "$0" "$1" 1', PYTHON, script)
    cpu = json.loads(done.stdout)["cpu"]
    section = whole("chain.ptf")
    seen = section.functions()[("spin", script)] / 1e9
    check(abs(seen - cpu) < 0.1, f"spin has {seen:.3f} s of {cpu:.3f} s")
    error = abs(section.total() / 1e9 / cpu - 1)
    check(error < 0.03, f"all is {section.total() / 1e9:.3f} s, getrusage {cpu:.3f} s")


@test
def a_script_through_a_shim():
    script = str(PROGRAMS / "spin.py")
    shim = pathlib.Path("shims/python3").absolute()
    shim.parent.mkdir(exist_ok=True)
    shim.write_text('#!/bin/sh\n# As version managers do it.\nset -e\n'
                    'other=$(dirname "$0"); test -n "$other"\n'
                    f'exec /usr/bin/env SHIM=1 {PYTHON} "$@"\n')
    shim.chmod(0o755)
    environment = dict(os.environ, PATH=f"{shim.parent}:{os.environ['PATH']}")
    shutil.copy(script, "shimmed.py")
    done = run(PREC, "--quiet", "-o", "shim.ptf", "shimmed.py", "1", env=environment)
    equal(done.returncode, 0, f"status ({done.stderr})")
    section = whole("shim.ptf")
    names = {name: ns for (name, _), ns in section.functions().items()}
    check(names.get("spin", 0) > 0.9e9, f"functions are {names}")
    equal([process["args"][1:] for process in section.processes.values()],
          [["shimmed.py", "1"]], "the programs of all processes")


@test
def a_shim_counts_for_what_it_does():
    shim = pathlib.Path("managed/python3").absolute()
    shim.parent.mkdir(exist_ok=True)
    environment = dict(os.environ, PATH=f"{shim.parent}:{os.environ['PATH']}", PYTHONUTF8="0")
    tell = ("import json, os, sys; print(json.dumps([sorted(os.environ.items()), sys.argv,"
            " sys.flags.dev_mode, sys.executable, os.getcwd(), sys.stdin.read()]))")

    def alike(text, *command):
        shim.write_text(text)
        shim.chmod(0o755)
        plain = run(*command, env=environment, input="typed")
        equal(plain.returncode, 0, f"the test itself: {plain.stderr}")
        done = run(PREC, "--quiet", "-o", "managed.ptf", *command, env=environment, input="typed")
        equal(done.stdout, plain.stdout, f"what the program sees, through {text!r}")
        equal(done.stderr, plain.stderr, f"its errors, through {text!r}")
        return whole("managed.ptf").processes.values()

    # Its environment and options stay, whoever names Python.
    text = ('#!/bin/sh\nexport SHIM="a b" EMPTY=\nunset PYTHONUTF8\nsleep 0.01\n'
            f'exec {PYTHON} -X dev "$@"\n')
    for command in (["python3", "-c", tell, "x y", ""], [shim, "-c", tell]):
        processes = alike(text, *command)
        equal(len(processes), 1, "processes")
    # What cannot be done in its place is done by itself.
    for text in (f'#!/bin/sh\ncd /\nexec {PYTHON} "$@"\n',
                 f'#!/bin/sh\ncase "$*" in *urandom*|*-I*) exit 3;; esac\nexec {PYTHON} "$@"\n',
                 f'#!/bin/sh\n{PYTHON} "$@"\necho behind it\n',
                 f'#!/bin/sh\n{PYTHON} "$@"\necho asked >>asked\nexec true\n',
                 f'#!/bin/sh\nexec {PYTHON} "$@" more\n'):
        alike(text, "python3", "-c", tell)
    shim.write_text("#!/bin/sh\necho no python >&2\nexit 9\n")
    done = run(PREC, "--quiet", "-o", "managed.ptf", "-c", "1", env=environment)
    equal((done.returncode, done.stderr), (9, "no python\n"), "a shim that fails")


@test
def a_native_program_that_becomes_a_script():
    script = str(PROGRAMS / "spin.py")
    done = record("become.ptf", BURN, "exec", 400, PYTHON, script, 0.6)
    section = whole("become.ptf")
    names = collections.Counter()
    for stack, cls, _, ns in section.stacks():
        if cls in ON_CPU and stack:
            for name in {frame[0] for frame in stack} & {"spin", "burn_long", "burn_short"}:
                names[name] += ns / 1e9
    check(abs(names["spin"] - 0.6) < 0.1, f"spin: {names}")
    check(abs(names["burn_long"] + names["burn_short"] - 0.4) < 0.1, f"burn: {names}")
    check("cpu" in done.stdout, "no output")


def times_by_process(section):
    """CPU seconds of the program itself, and of each recorded child."""
    parent = [process for process in section.processes.values() if not process["parent"]]
    equal(len(parent), 1, "processes without a parent")
    times = {id: section.total(processes={id}) / 1e9 for id in section.processes}
    return times.pop(parent[0]["id"]), sorted(times.values())


def right_times(section, own, *children):
    """The program has its own time and no other's; so has every child that is recorded."""
    seen, others = times_by_process(section)
    check(abs(seen - own) < 0.08, f"the program has {seen:.3f} s, truly {own:.3f} s")
    if others:
        check(len(others) == len(children)
              and all(abs(a - b) < 0.08 for a, b in zip(others, sorted(children))),
              f"the children have {others}, truly {sorted(children)}")


@test
def a_subprocess():
    code = ("import subprocess, sys, time\n"
            "print(subprocess.run([sys.executable, sys.argv[1], '0.8'], "
            "stdout=subprocess.PIPE, text=True, check=True).stdout)\n"
            "def own():\n    end = time.thread_time() + 0.5\n"
            "    while time.thread_time() < end: sum(range(1000))\n"
            "own()\nprint(time.process_time())\n")
    done = record("child.ptf", PYTHON, "-c", code, PROGRAMS / "spin.py")
    child, own = (json.loads(line) for line in done.stdout.split("\n") if line)
    section = whole("child.ptf")
    right_times(section, own, child["cpu"])
    names = {name: ns for (name, _), ns in section.functions().items()}
    check(abs(names["own"] - 0.5e9) < 0.05e9, f"functions are {names}")


@test
def a_fork():
    code = ("import os, time\ndef spin(seconds):\n    end = time.process_time() + seconds\n"
            "    while time.process_time() < end: sum(range(1000))\n"
            "child = os.fork()\nspin(0.3 if child else 0.6)\n"
            "if child: os.waitpid(child, 0)\nprint('end', bool(child), flush=True)\nos._exit(0)\n")
    done = record("fork.ptf", PYTHON, "-c", code)
    equal(sorted(done.stdout.splitlines()), ["end False", "end True"], "stdout")
    right_times(whole("fork.ptf"), 0.3, 0.6)


@test
def a_native_fork():
    record("nfork.ptf", BURN, "fork", 300)
    right_times(whole("nfork.ptf"), 0.3, 0.3)


@test
def multiprocessing():
    pathlib.Path("pool.py").write_text(
        "import multiprocessing as mp, time, os\n"
        "def work(n):\n    end = time.process_time() + 0.1\n"
        "    while time.process_time() < end: sum(range(500))\n    return n * n\n"
        "if __name__ == '__main__':\n    for method in ('fork', 'spawn', 'forkserver'):\n"
        "        with mp.get_context(method).Pool(2) as pool:\n"
        "            print(sum(pool.map(work, range(6))))\n"
        "    print(time.process_time())\n")
    done = record("pool.ptf", PYTHON, "pool.py")
    *sums, own = done.stdout.split()
    equal(sums, ["55"] * 3, "sums")
    seen, others = times_by_process(whole("pool.ptf"))
    check(abs(seen - float(own)) < 0.1, f"the program has {seen:.3f} s, truly {own} s")


@test
def programs_that_the_shell_starts():
    done = record("shell.ptf", "sh", "-c",
                  'a=$(echo 1); b=`expr 1 + 1`; (exit 3); echo $? | cat; ls / | wc -l >/dev/null; '
                  'echo $a$b; (sleep 0.1 &) ; true')
    equal(done.stdout, "3\n12\n", "stdout")
    whole("shell.ptf")


@test
def posix_spawn_system_and_popen():
    code = ("import os, subprocess\nprint(os.system('exit 3') >> 8, flush=True)\n"
            "print(os.popen('echo hi').read().strip(), flush=True)\n"
            "pid = os.posix_spawn('/bin/echo', ['echo', 'spawned'], os.environ)\n"
            "os.waitpid(pid, 0)\n"
            "print(subprocess.run('exit 4', shell=True).returncode)\n"
            "for _ in range(40): subprocess.run(['true'], check=True)\n"
            "os.environ['LD_PRELOAD'] = ''\nsubprocess.run(['true'], check=True)\n"
            "os.environ.clear()\nsubprocess.run(['/bin/true'], check=True)\n")
    done = record("spawn.ptf", PYTHON, "-c", code)
    equal(done.stdout, "3\nhi\nspawned\n4\n", "stdout")
    whole("spawn.ptf")


@test
def a_static_program():
    source = pathlib.Path("static.c")
    source.write_text("#include <stdio.h>\nint main(void){puts(\"static\");return 6;}\n")
    if run("cc", "-static", "-o", "static", source).returncode:
        skip("no static libc here")
    done = prec("static.ptf", "./static")
    equal((done.returncode, done.stdout), (6, "static\n"), "status and stdout")


@test
def a_program_that_closes_all_descriptors():
    code = ("import os, time\nos.closerange(3, 65536)\nend = time.thread_time() + 0.6\n"
            "def after():\n    while time.thread_time() < end: sum(range(1000))\nafter()\n"
            "fd = os.open('/dev/null', os.O_RDONLY)\nprint(fd)\n")
    done = record("closed.ptf", PYTHON, "-c", code)
    equal(done.stdout, "3\n", "stdout")
    names = {name: ns for (name, _), ns in whole("closed.ptf").functions().items()}
    check(names.get("after", 0) > 0.5e9, f"functions are {names}")


@test
def a_program_that_daemonises():
    code = ("import os, sys, time\nif os.fork(): os._exit(0)\nos.setsid()\n"
            "if os.fork(): os._exit(0)\nos.closerange(0, 65536)\nos.open('/dev/null', os.O_RDWR)\n"
            "end = time.thread_time() + 0.5\nwhile time.thread_time() < end: pass\n"
            "open('daemon.done', 'w').close()\n")
    done = prec("daemon.ptf", PYTHON, "-c", code)
    equal(done.returncode, 0, "status")
    check(wait_until(lambda: os.path.exists("daemon.done")), "the daemon was disturbed")


@test
def sixteen_processes_at_once():
    code = ("import subprocess, sys\nc = [subprocess.Popen([sys.executable, '-c', "
            "'sum(range(2000000))']) for _ in range(16)]\n"
            "print(sum(p.wait() for p in c))\n")
    done = record("many.ptf", PYTHON, "-c", code)
    equal(done.stdout, "0\n", "stdout")
    section = whole("many.ptf")
    check(len(section.processes) in (1, 17), f"{len(section.processes)} processes")
    equal(section["losses"].get("ring_full", 0), 0, "lost rows")


@test
def a_user_without_privileges():
    if os.getuid() != 0 or not shutil.which("setpriv"):
        skip("needs root and setpriv, to become somebody else")
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    os.chmod(".", 0o755)
    os.makedirs("nobody", exist_ok=True)
    os.chmod("nobody", 0o777)
    if any(run(*user, "test", "-r", path).returncode for path in (PREC, PROGRAMS / "spin.py", ".")):
        skip("the build folder is closed to other users")
    done = run(*user, PREC, "-o", "nobody/x.ptf", "--", PYTHON, PROGRAMS / "spin.py", "1.5")
    equal(done.returncode, 0, f"status ({done.stderr})")
    cpu = json.loads(done.stdout)["cpu"]
    section = whole("nobody/x.ptf")
    error = abs(section.total(classes=ALL_CPU) / 1e9 / cpu - 1) * 100
    check(error < 1.5, f"the total is off by {error:.2f} %")
    check(section.functions()[("spin", str(PROGRAMS / "spin.py"))] > 0.8 * section.total(),
          "spin is missing")
    if not precise(section):
        check("perf_event_paranoid" in done.stderr,
              f"the summary does not name the setting that would help: {done.stderr!r}")


@test
def programs_that_use_native_extensions():
    code = ("import sqlite3, json, hashlib, re, decimal, ctypes, ssl\n"
            "c = sqlite3.connect(':memory:')\nc.execute('create table t (a)')\n"
            "c.executemany('insert into t values (?)', ((i,) for i in range(200000)))\n"
            "print(c.execute('select sum(a) from t').fetchone()[0])\n"
            "print(len(json.dumps(list(range(200000)))))\n"
            "print(hashlib.sha256(b'x' * 50000000).hexdigest()[:8])\n"
            "print(decimal.Decimal(2).sqrt())\n")
    alone = run(PYTHON, "-c", code)
    done = record("native.ptf", PYTHON, "-c", code)
    equal(done.stdout, alone.stdout, "stdout")
    section = whole("native.ptf")
    native = section.total(classes=(NATIVE,)) / section.total()
    check(native > 0.4, f"only {native:.2f} of the time is native")


@test
def a_program_that_has_Python_in_it():
    """gdb starts threads before its interpreter is there."""
    if not shutil.which("gdb"):
        skip("no gdb")
    command = ["gdb", "-nx", "-batch", "-ex", "python print(6 * 7)"]
    alone = run(*command)
    for options in ([], ["--memory"]):
        done = record("gdb.ptf", *command, options=options)
        equal((done.returncode, done.stdout), (alone.returncode, alone.stdout), f"gdb with {options}")


main()
