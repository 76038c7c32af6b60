"""A debugger, or strace, on a recorded process works, and the program ends well."""
from ptftest import *

PATIENT = PROGRAMS / "patient.py"
SUM = sum(i & 7 for i in range(40000))


def attached(source, command, seconds=4):
    """Runs command (the pid is put in for PID) on a recorded program in its midst."""
    tool = "strace" if "strace" in command else "gdb"
    if not shutil.which(tool):
        skip(f"there is no {tool}")
    child = subprocess.Popen([PREC, "--quiet", "-o", "debugged.ptf", "-F", "1000", "--source",
                              source, "--", PYTHON, str(PATIENT), str(seconds)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        pid = child.stdout.readline().strip()
        time.sleep(1)
        done = run(*[word.replace("PID", pid) for word in command], timeout=60)
        out, err = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
    if "ptrace: Operation not permitted" in done.stdout + done.stderr:
        skip("debuggers may not attach here")
    equal((child.returncode, err), (0, ""), "the recorded program's status and stderr")
    answer = json.loads(out)
    equal(answer["sums"], [SUM], "what it computed")
    section = whole("debugged.ptf")
    seen = section.total(classes=ALL_CPU) / 1e9
    # The end of the interpreter is not in the program's own figure.
    check(abs(seen - answer["cpu"]) < 0.01 * answer["cpu"] + 0.015,
          f"rows sum to {seen:.3f} s of {answer['cpu']:.3f} s")
    return done, section, answer


def sampled(section, answer, least):
    """CPU time on lines of the program; the time of the debugger may be lost, but told."""
    share = sum(section.lines(PATIENT, ON_CPU).values()) / 1e9 / answer["cpu"]
    check(share > 0.85 or section["losses"] and share > least,
          f"{share:.2f} of the CPU time was sampled; losses {section['losses']}")


def shows_the_stack(source):
    done, section, answer = attached(source, ["gdb", "-nx", "-p", "PID", "-batch", "-ex", "bt",
                                              "-ex", "detach"])
    equal(done.returncode, 0, "gdb's status")
    check("#0 " in done.stdout and "#3 " in done.stdout, f"no stack: {done.stdout[-300:]!r}")
    check("SIGTRAP" not in done.stdout, "gdb met a tick of ours")
    sampled(section, answer, 0.3)


def stops_at_a_breakpoint(source):
    done, section, answer = attached(source, ["gdb", "-nx", "-p", "PID", "-batch", "-ex",
                                              "break getppid", "-ex", "continue", "-ex",
                                              "continue", "-ex", "continue", "-ex", "delete",
                                              "-ex", "detach"])
    equal(done.returncode, 0, "gdb's status")
    check("received signal" not in done.stdout,
          f"gdb was stopped by a signal: {done.stdout[-400:]!r}")
    hits = len(re.findall(r"^Breakpoint 1, ", done.stdout, re.MULTILINE)) + \
        len(re.findall(r'hit Breakpoint 1, ', done.stdout))
    equal(hits, 3, f"stops at the breakpoint ({done.stdout[-400:]!r})")
    sampled(section, answer, 0.2)


def is_traced(source):
    done, section, answer = attached(source, ["timeout", "-s", "INT", "2", "strace", "-f", "-q",
                                              "-e", "trace=getppid", "-p", "PID"])
    check(done.stderr.count("getppid()") > 3, f"strace saw nothing: {done.stderr[-300:]!r}")
    equal(answer["short"], 0, "sleeps that were too short")
    sampled(section, answer, 0.2)


for body, what in ((shows_the_stack, "gdb shows the stack and detaches"),
                   (stops_at_a_breakpoint, "gdb goes on to a breakpoint"),
                   (is_traced, "strace follows")):
    for source in ("perf", "timer"):
        def one(body=body, source=source):
            body(source)
        one.__name__ = f"{what}, {source}"
        test(one)
main()
