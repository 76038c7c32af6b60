"""A recording can be begun, stopped, marked and ended while it runs."""
from ptftest import *

MODULE = ROOT / "tools" / "python"

BURN = ("import sys, time\nsys.path.insert(0, sys.argv[1])\nimport ptf\n"
        "def burn(seconds):\n    end = time.thread_time() + seconds\n"
        "    while time.thread_time() < end: pass\n"
        "def first(): burn(0.3)\ndef second(): burn(0.4)\ndef third(): burn(0.3)\n")


def seconds_of(trace, *names):
    """CPU seconds of all stacks with each of these functions in them."""
    spent = dict.fromkeys(names, 0)
    for stack, cls, _, ns in whole(trace).stacks():
        for name in names:
            if cls in ALL_CPU and any(frame[0] == name for frame in stack):
                spent[name] += ns / 1e9
    return [spent[name] for name in names]


def lost(trace, kind):
    info = json.loads(run(PINFO, "--json", trace).stdout)
    rows = [loss for loss in info["losses"] if loss["kind"] == kind]
    return sum(row["weight_ns"] for row in rows) / 1e9


def marks_of(trace):
    return json.loads(run(PINFO, "--json", trace).stdout)["marks"]


def background(trace, *command, options=()):
    return subprocess.Popen([PREC, "--quiet", "-o", trace, *options, "--", *map(str, command)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def is_whole(trace):
    done = run(PINFO, "--json", trace)
    return done.returncode == 0 and json.loads(done.stdout)["files"][0]["is_whole"]


def ctl(pid, *words):
    return run(PREC, "ctl", "-p", pid, *words)


def started(child):
    check(wait_until(lambda: ctl(child.pid, "status").returncode == 0),
          "the recording cannot be reached")


@test
def the_program_switches_itself_off_and_on():
    code = BURN + "first(); ptf.stop(); second(); ptf.start(); third()\n"
    for source in ("perf", "timer"):
        if source == "perf" and not perf_works():
            continue
        record("self.ptf", PYTHON, "-c", code, MODULE, options=["--source", source])
        first, second, third = seconds_of("self.ptf", "first", "second", "third")
        check(abs(first - 0.3) < 0.02 and abs(third - 0.3) < 0.02,
              f"{source}: recorded {first:.3f} and {third:.3f} s, truly 0.3 s each")
        check(second < 0.009, f"{source}: {second:.3f} s of what was not to be recorded")
        off = lost("self.ptf", "switched_off")
        check(abs(off - 0.4) < 0.03, f"{source}: {off:.3f} s are said to be left out, truly 0.4 s")
        cpu = whole("self.ptf").total(classes=ALL_CPU) / 1e9 + off
        truth = json.loads(run(PINFO, "--json", "self.ptf").stdout)["processes"][0]["cpu_ns"] / 1e9
        check(abs(cpu / truth - 1) < 0.01, f"{source}: {cpu:.3f} s in all, truly {truth:.3f} s")
        equal([mark["kind"] for mark in marks_of("self.ptf")], ["recording_off", "recording_on"],
              "marks")


@test
def waits_while_it_is_off_are_not_there():
    record("sleep.ptf", PYTHON, "-c",
           BURN + "time.sleep(0.3); ptf.stop(); time.sleep(0.5); ptf.start(); first()\n", MODULE)
    waits = whole("sleep.ptf").total(classes=(WAIT,)) / 1e9
    check(0.25 < waits < 0.40, f"{waits:.3f} s of waits, truly 0.3 s")


@test
def it_begins_after_a_delay_and_ends_after_its_time():
    code = BURN + "end = time.time() + 1.2\nwhile time.time() < end: pass\nsys.stdin.readline()\n"
    child = background("late.ptf", PYTHON, "-c", code, MODULE,
                       options=["--delay", "400ms", "--duration", "0.6"])
    check(wait_until(lambda: is_whole("late.ptf")), "the trace is not whole")
    child.communicate("go\n")
    equal(child.returncode, 0, "status")
    info = json.loads(run(PINFO, "--json", "late.ptf").stdout)
    equal([mark["kind"] for mark in info["marks"]], ["recording_on"], "marks")
    begin, end = info["marks"][0]["time_ns"], info["elapsed_ns"]
    check(begin > 0.39e9, f"it begins after {begin / 1e9:.3f} s")
    check(end > 0.99e9, f"it ends after {end / 1e9:.3f} s")
    recorded = whole("late.ptf").total(classes=ALL_CPU + (RUNNABLE, WAIT))
    check(0 < recorded < (end - begin) * 1.02 + 10e6,
          f"{recorded / 1e9:.3f} s of {(end - begin) / 1e9:.3f} s")


@test
def the_trace_is_whole_before_the_program_ends():
    child = background("early.ptf", PYTHON, "-c", "import sys; sys.stdin.readline()")
    started(child)
    check("is completed" in ctl(child.pid, "finish").stdout, "finish is not answered")
    check(wait_until(lambda: is_whole("early.ptf")), "the trace is not whole")
    check(child.poll() is None, "prec has left its program alone")
    child.communicate("go\n")
    equal(child.returncode, 0, "status")
    whole("early.ptf")


@test
def it_is_controlled_from_outside():
    child = background("ctl.ptf", PYTHON, "-c", BURN + "sys.stdin.readline()\n", MODULE)
    started(child)
    status = ctl(child.pid, "status").stdout
    check(f"prec {child.pid}: on" in status and "into ctl.ptf" in status, status)
    program = re.search(r"program (\d+)", status)[1]
    check(": off" in ctl(program, "stop").stdout, "stop, by the program's pid")
    check(": off" in ctl(child.pid, "stop").stdout, "stop twice")
    check(": on" in ctl(child.pid, "start").stdout, "start")
    check("marked" in ctl(child.pid, "mark", "größe", "zwei").stdout, "mark")
    child.communicate("\n")
    equal([(mark["kind"], mark["name"]) for mark in marks_of("ctl.ptf")],
          [("recording_off", ""), ("recording_on", ""), ("instant", "größe zwei")], "marks")


@test
def a_size_is_a_limit():
    code = BURN + "end = time.time() + 2.5\nwhile time.time() < end: burn(0.01)\nprint('done')\n"
    done = run(PREC, "-o", "small.ptf", "-F", "10000", "--max-size", "6K", "--no-source", "--", PYTHON, "-c",
               code, MODULE)
    equal(done.stdout, "done\n", "the program's output")
    check("has reached its size" in done.stderr, done.stderr)
    whole("small.ptf")
    size = os.path.getsize("small.ptf")
    check(size < 40000, f"{size} bytes")


@test
def a_signal_is_as_the_program_left_it_when_recording_is_over():
    source = pathlib.Path("leaves.c")
    source.write_text("""
#include <signal.h>
#include <unistd.h>
int main(void)
{
	char *words[] = {"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status", NULL};
	const int number[] = {SIGVTALRM, SIGTRAP};
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < 2; i++) {
		signal(number[i], SIG_IGN);
		sigaddset(&set, number[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	usleep(400000);
	execvp(words[0], words);
	return 1;
}
""")
    equal(run("cc", "-o", "leaves", source).returncode, 0, "cc")
    alone = run("./leaves").stdout
    for source in ("perf", "timer"):
        if source == "perf" and not perf_works():
            continue
        done = record("leaves.ptf", "./leaves", options=["--source", source, "--duration", "100ms"])
        equal(done.stdout, alone, "signals")


LATE = """
import threading
def late():
    burn(0.05)
    gate.wait()
    burn(0.3)
gate = threading.Event()
threads = [threading.Thread(target=late) for _ in range(4)]
for thread in threads:
    thread.start()
burn(0.05)
sys.stdin.readline()
for number in (signal.SIGTRAP, signal.SIGVTALRM):
    signal.signal(number, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTRAP})
gate.set()
for thread in threads:
    thread.join()
print("alive", signal.pthread_sigmask(signal.SIG_BLOCK, ()) == {signal.SIGTRAP})
"""


@test
def ticks_that_come_when_recording_is_over_harm_nobody():
    for source in ("perf", "timer"):
        if source == "perf" and not perf_works():
            continue
        child = background("late.ptf", PYTHON, "-c", BURN + "import signal\n" + LATE, MODULE,
                           options=["-F", "1000", "--source", source])
        started(child)
        # The threads are asleep with their source armed.
        time.sleep(1)
        equal(ctl(child.pid, "finish").returncode, 0, "status of finish")
        equal(child.communicate("\n")[0], "alive True\n", f"output by {source}")
        equal(child.returncode, 0, f"status by {source}")


@test
def who_cannot_answer_is_not_waited_for():
    child = background("stopped.ptf", PYTHON, "-c", BURN + "sys.stdin.readline()\n", MODULE)
    started(child)
    child.send_signal(signal.SIGSTOP)
    equal(run(PREC, "ctl", "-p", child.pid, "status", timeout=30).returncode, 1, "status")
    child.send_signal(signal.SIGCONT)
    child.communicate("\n")
    whole("stopped.ptf")
    # Nor is there anybody after a failure to write.
    child = background("/dev/full", PYTHON, "-c", BURN + "sys.stdin.readline()\n", MODULE)
    check(wait_until(lambda: ctl(child.pid, "status").returncode == 1), "it still answers")
    before = prec_cpu(child.pid)
    run(PREC, "ctl", "-p", child.pid, "status", timeout=30)
    time.sleep(0.5)
    check(prec_cpu(child.pid) - before < 0.2, "it turns without rest")
    child.communicate("\n")


def prec_cpu(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@test
def misuse_is_told():
    for words in (["ctl"], ["ctl", "dance"], ["ctl", "mark"], ["ctl", "stop", "now"],
                  ["ctl", "-p", "x", "status"], ["--delay", "soon", "true"], ["--delay", "0", "true"],
                  ["--duration", "-1", "true"], ["--max-size", "1Q", "true"]):
        equal(run(PREC, *words).returncode, 2, f"status of prec {words}")
    done = run(PREC, "ctl", "-p", os.getpid(), "status")
    equal(done.returncode, 1, "status without a recording")
    check("no recording of process" in done.stderr, done.stderr)
    equal(run(PREC, "ctl", "--help").returncode, 0, "status of --help")


main()
