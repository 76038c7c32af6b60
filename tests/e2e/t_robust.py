"""Odd surroundings and odd programs: what went wrong once."""
from ptftest import *

SPIN = "import time\nend = time.thread_time() + {0}\nwhile time.thread_time() < end: sum(range(500))\n"


def spin(seconds):
    return SPIN.format(seconds)


@test
def a_parent_that_ignores_SIGCHLD():
    program = ("import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
               "os.execv(sys.argv[1], sys.argv[1:])\n")
    done = run(PYTHON, "-c", program, PREC, "-q", "-o", "ignored.ptf", "--", "true", timeout=30)
    equal(done.returncode, 0, "status")
    whole("ignored.ptf")


@test
def code_folders_and_standard_input():
    done = run(PREC, "-q", "-o", "c.ptf", "--python", PYTHON, "-c", "import sys; print(sys.argv)", "a")
    equal(done.stdout, "['-c', 'a']\n", "the output of -c")
    os.makedirs("application", exist_ok=True)
    pathlib.Path("application/__main__.py").write_text("print('main')\n")
    done = run(PREC, "-q", "-o", "folder.ptf", "--python", PYTHON, "application")
    equal(done.stdout, "main\n", "the output of a folder")
    done = run(PREC, "-q", "-o", "stdin.ptf", "--python", PYTHON, "-", input="print(5)\n")
    equal(done.stdout, "5\n", "the output of a script on standard input")


@test
def a_program_that_the_recorder_would_break():
    source = pathlib.Path("still.c")
    source.write_text("int main(void) { for (volatile long i = 0; i < 100000000; i++); return 3; }\n")
    cc = shutil.which("cc") or skip("there is no compiler")
    if run(cc, "-static", "-o", "still", source).returncode:
        skip("static programs cannot be linked here")
    done = run(PREC, "-o", "still.ptf", "./still")
    equal(done.returncode, 3, "status")
    check("statically linked" in done.stderr, f"nothing is said of it: {done.stderr!r}")
    section = whole("still.ptf")
    seen = section.total(classes=(0, 1, 2, 3))
    check(seen > 0.02e9, f"only {seen} ns")


@test
def children_that_are_not_wanted_are_counted_with_their_time():
    program = ("import os, subprocess, sys\n"
               "for i in range(3): subprocess.run(['true'])\n"
               f"subprocess.run([sys.executable, '-c', {spin(0.3)!r}])\n")
    record("children.ptf", PYTHON, "-c", program, options=["--no-children"])
    equal(len(whole("children.ptf").processes), 1, "processes")
    equal(whole("children.ptf")["losses"].get("child_not_followed"), 4, "children")
    told = run(PINFO, "--summary", "children.ptf").stdout
    check(re.search(r"4 child processes, [345]\d\d ms of CPU", told), told)


@test
def what_prec_cannot_take_is_told():
    program = ("import os, signal, time\nprec = os.getppid()\nos.kill(prec, signal.SIGSTOP)\n"
               + spin(3) + "os.kill(prec, signal.SIGCONT)\ntime.sleep(0.3)\n"
               "print(time.process_time(), flush=True)\nos._exit(0)\n")
    done = run(PREC, "-F", "10000", "-o", "late.ptf", "--", PYTHON, "-c", program)
    equal(done.returncode, 0, "status")
    section = whole("late.ptf")
    if not precise(section):
        skip("ticks are too few here to be lost")
    lost = section["losses"].get("ring_full", 0)
    check(lost > 10000, f"{lost} samples were lost")
    for who, text in (("prec", done.stderr), ("pinfo", run(PINFO, "--summary", "late.ptf").stdout)):
        check(re.search(r"[\d,]+ samples were lost: prec could not keep up\. A lower rate helps", text),
              f"{who} says {text!r}")
    # The sum is right all the same.
    seen = section.total(classes=ALL_CPU) / 1e9
    check(abs(seen / float(done.stdout) - 1) < 0.01, f"{seen:.3f} s, truly {done.stdout}")
    # And no line is charged with what was lost.
    unsampled = section.total(classes=(UNKNOWN,)) / 1e9
    check(unsampled > 0.9 * lost / 10000, f"{unsampled:.3f} s are of no line; {lost} were lost")


@test
def a_signal_interrupts_a_system_call_also_when_a_tick_comes_with_it():
    for source in ("auto", "timer"):
        done = record("heard.ptf", SUPPORT / "heard", 3000,
                      options=["-F", "10000", "--source", source])
        equal(done.stdout, "0 signals were not heard\n", source)


@test
def very_deep_stacks_at_a_high_rate():
    program = ("import sys, time\nsys.setrecursionlimit(30000)\n"
               "def f(n): return 0 if n == 0 else g(n - 1)\n"
               "def g(n): return 0 if n == 0 else f(n - 1)\n"
               "for i in range(100): f(5000)\nprint(time.process_time())\n")
    alone = float(run(PYTHON, "-c", program).stdout)
    done = record("deep.ptf", PYTHON, "-c", program, options=["-F", "10000"])
    # Not a measure of the cost: without a limit this was 50 times and more.
    check(float(done.stdout) < 10 * alone + 1, f"{done.stdout} s, alone {alone} s")


@test
def threads_shorter_than_a_period():
    program = ("import threading, time\n"
               "def work():\n"
               "    end = time.thread_time() + 0.003\n"
               "    while time.thread_time() < end: pass\n"
               "for i in range(200):\n"
               "    t = threading.Thread(target=work); t.start(); t.join()\n")
    record("brief.ptf", PYTHON, "-c", program, options=["-F", "250"])
    section = whole("brief.ptf")
    seen = sum(ns for stack, cls, thread, ns in section.stacks()
               if any(frame[0] == "work" for frame in stack) and cls in (1, 2, 3))
    # Each of 0.6 s is met with a probability of 3/4: four standard deviations.
    check(0.37e9 < seen < 0.63e9, f"{seen / 1e9} s of 0.6 s")


@test
def a_table_of_lines_too_long_for_the_ring():
    lines = 14000
    program = ("import time\nsource = 'def big():\\n' + ''.join('  x = %d\\n' % i for i in range("
               f"{lines})) + '  end = time.thread_time() + 0.5\\n  while time.thread_time() < end:\\n"
               "    s = sum(range(500))\\n'\nexec(compile(source, 'big.py', 'exec'))\nbig()\n")
    record("big.ptf", PYTHON, "-c", program, options=["-F", "1000"])
    section = whole("big.ptf")
    found = collections.Counter()
    for stack, cls, _, ns in section.stacks():
        if stack and stack[-1][0] == "big" and cls in (1, 2):
            found[stack[-1][2]] += ns
    hot = sum(ns for line, ns in found.items() if line >= lines + 2)
    check(hot > 0.4e9, f"{hot} ns on the lines of the loop, all: {found.most_common(3)}")


main()
