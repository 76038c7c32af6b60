"""Where system calls are forbidden: prec does with less and says so, and a
program that gives up its own system calls lives on."""
from ptftest import *

FORBID = SUPPORT / "forbid"
SPIN = PROGRAMS / "spin.py"


def under(how, calls, *options):
    """Records spin.py where calls are forbidden; (what run says, CPU seconds)."""
    pathlib.Path("trace.ptf").unlink(missing_ok=True)
    done = run(FORBID, how, calls, PREC, "-o", "trace.ptf", "-F", 1000, *options, "--", PYTHON,
               SPIN, 1)
    if done.returncode == 125 and done.stderr.startswith("forbid: seccomp"):
        skip("no seccomp filter can be set here")
    return done


def recorded_by_timers(done):
    equal(done.returncode, 0, f"status ({done.stderr})")
    check("perf events cannot be used" in done.stderr and "CPU timers" in done.stderr,
          f"nothing says what is amiss: {done.stderr!r}")
    section = whole("trace.ptf")
    equal(section["attributes"]["sampling.source"], "timer", "the source")
    cpu = json.loads(done.stdout)["cpu"]
    seen = section.total(classes=ALL_CPU) / 1e9
    # The interpreter's end, which the program cannot tell, is 10 ms at most.
    check(-0.01 * cpu <= seen - cpu <= 0.01 * cpu + 0.010, f"{seen:.3f} s of {cpu:.3f} s")
    share = sum(section.lines(SPIN, ON_CPU).values()) / 1e9 / cpu
    check(share > 0.9, f"only {share:.2f} of the time is on lines of the program")
    return section


@test
def perf_events_are_refused():
    recorded_by_timers(under("eperm", "perf_event_open"))


@test
def perf_events_are_unknown():
    recorded_by_timers(under("enosys", "perf_event_open"))


@test
def whoever_asks_for_perf_events_is_killed():
    done = under("kill", "perf_event_open")
    recorded_by_timers(done)


@test
def timers_when_asked_for_do_not_touch_perf_events():
    done = under("kill", "perf_event_open", "--source", "timer")
    equal(done.returncode, 0, f"status ({done.stderr})")
    equal(whole("trace.ptf")["attributes"]["sampling.source"], "timer", "the source")


@test
def asking_for_perf_where_it_is_forbidden_is_told_and_harms_nobody():
    for how in ("eperm", "kill"):
        done = under(how, "perf_event_open", "--source", "perf")
        check("perf" in done.stderr.split("trace.ptf")[0], f"{how}: no message: {done.stderr!r}")
        if done.returncode == 0:
            recorded_by_timers(done)
        else:
            # Refused, before the program began.
            equal((done.returncode, done.stdout), (1, ""), f"{how}: status and output")
            check(not pathlib.Path("trace.ptf").exists(), f"{how}: an empty trace is left")


@test
def waits_where_the_memory_of_others_cannot_be_read():
    code = ("import time\nend = time.thread_time() + 0.3\nwhile time.thread_time() < end: pass\n"
            "time.sleep(0.7)\n")
    done = run(FORBID, "eperm", "process_vm_readv,ptrace", PREC, "-F", "250", "-o", "blind.ptf", "--",
               PYTHON, "-c", code)
    equal(done.returncode, 0, f"status ({done.stderr})")
    section = whole("blind.ptf")
    waited = section.total(classes=(WAIT,)) / 1e9
    check(0.68 < waited < 0.9, f"waited {waited:.3f} s, truly 0.7")
    check(section.row_count() > 40, "there are no samples")


@test
def nothing_at_all_is_allowed():
    done = under("eperm", "perf_event_open,timer_create,process_vm_readv,ptrace")
    equal(done.returncode, 0, f"status ({done.stderr})")
    section = whole("trace.ptf")
    # Nothing is lost silently.
    check(section["losses"], "no loss is recorded")
    cpu = json.loads(done.stdout)["cpu"]
    seen = section.total(classes=ALL_CPU) / 1e9
    check(abs(seen - cpu) < 0.01 * cpu + 0.010, f"{seen:.3f} s of {cpu:.3f} s")


def gives_up(how, source):
    """The program enters seccomp by itself, in which most calls kill it."""
    turns = 300
    alone = run(FORBID, "self", how, turns)
    if alone.returncode == 125:
        skip("seccomp cannot be entered here")
    equal((alone.returncode, alone.stdout), (0, "done\n"), "status and output without prec")
    done = prec("self.ptf", FORBID, "self", how, turns,
                options=["-F", 1000, "--source", source])
    equal((done.returncode, done.stdout), (0, "done\n"), f"status and output, {source}")
    section = whole("self.ptf")
    symbols = collections.Counter()
    for stack, cls, _, ns in section.stacks():
        if stack and cls in ON_CPU:
            symbols[stack[-1][0]] += ns
    check(symbols["spin_before"] > 50e6, f"the time before is not there: {dict(symbols)}")
    # Sampled on, or the gap is told.
    total = section.total(classes=ON_CPU)
    check(symbols["spin_inside"] > 0.4 * total or section["losses"],
          f"the time inside is neither sampled nor counted as lost: {dict(symbols)}")


for source in ("perf", "timer"):
    for how in ("strict", "prctl", "seccomp"):
        def enters(how=how, source=source):
            gives_up(how, source)
        enters.__name__ = f"a program enters seccomp: {how}, {source}"
        test(enters)
main()
