"""What the end-to-end tests share.  Standard library only.

    from ptftest import *

    @test
    def stdout_is_the_programs():
        check(run_prec("echo", "hi").stdout == "hi\n", "...")

    main()

Every @test function is one line of the result; check() and any exception fail
it, skip() skips it.  run.sh shows stderr when something failed, so helpers may
explain themselves there.
"""
import collections
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

ROOT = pathlib.Path(os.environ["PTF_ROOT"])
BIN = pathlib.Path(os.environ["PTF_BIN"])
SUPPORT = pathlib.Path(os.environ["PTF_SUPPORT"])
PYTHON = os.environ["PYTHON"]
sys.path.append(str(ROOT / "tests" / "support"))  # what tests of all kinds import
PROGRAMS = ROOT / "tests" / "e2e" / "programs"
PREC, PINFO, PCONV = (str(BIN / name) for name in ("prec", "pinfo", "pconv"))

UNKNOWN, PYTHON_CPU, NATIVE, KERNEL, RUNNABLE, GIL, WAIT = range(7)
ON_CPU = (PYTHON_CPU, NATIVE, KERNEL)
# With the rest that no sample stands for ("[unsampled]", when a thread ends).
ALL_CPU = (UNKNOWN,) + ON_CPU

_tests = []


class Skipped(Exception):
    pass


def test(function):
    _tests.append(function)
    return function


def skip(why):
    raise Skipped(why)


def check(condition, why):
    if not condition:
        raise AssertionError(why)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}")


def note(text):
    """A remark that is shown with the result."""
    print(f"({text})", flush=True)


def main():
    """Runs the tests of the file, or those named on the command line."""
    bad = 0
    for function in _tests:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        name = function.__name__.replace("_", " ").strip()
        try:
            function()
        except Skipped as why:
            print(f"skip {name}: {why}", flush=True)
        except Exception as error:  # every failure is one line
            bad = 1
            text = " ".join(f"{type(error).__name__}: {error}".split())
            text = text.removeprefix("AssertionError: ")
            print(f"FAIL {name}: {text[:600]}", flush=True)
            if not isinstance(error, AssertionError):
                import traceback
                traceback.print_exc()
        else:
            print(f"ok {name}", flush=True)
    sys.exit(bad)


# ------------------------------------------------------------ running things

def run(*command, timeout=120, text=True, **options):
    """Runs to the end with stdout and stderr kept; no stdin unless given."""
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run([str(word) for word in command], timeout=timeout, text=text,
                          **options)
    words = " ".join(map(str, command)).replace("\n", "\\n")
    print("$", words[:300], "->", done.returncode, file=sys.stderr)
    if done.stderr:
        print(done.stderr if text else done.stderr.decode(errors="replace"),
              file=sys.stderr)
    return done


def prec(trace, *command, options=(), **keywords):
    """Records command into trace, quietly."""
    return run(PREC, "--quiet", "-o", trace, *options, "--", *command, **keywords)


def record(trace, *command, options=(), **keywords):
    """As prec(), and fails when the program does."""
    done = prec(trace, *command, options=options, **keywords)
    check(done.returncode == 0, f"prec ended with {done.returncode}: {done.stderr}")
    return done


def digest(*paths):
    """What all that these traces say comes to, one number."""
    done = run(PINFO, "--digest", *paths)
    equal(done.returncode, 0, f"status of pinfo ({done.stderr})")
    return done.stdout.strip()


def wait_until(condition, seconds=10, step=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return False


def perf_works():
    """Whether ticks can come from perf events here; from timers they always can."""
    return prec("probe.ptf", "true", options=["--source", "perf"]).returncode == 0


def measured(measure):
    """measure() says what is wrong, in words; what is near the edge gets one second
    chance, which is told."""
    wrong = measure()
    if wrong:
        note(f"measured again, at first: {'; '.join(wrong)}")
        wrong = measure()
    check(not wrong, "; ".join(wrong))


# ------------------------------------------------------------ reading traces

class Section:
    """One section as tests/support/rawrows prints it, with handy sums."""

    def __init__(self, raw):
        self.raw = raw
        self.frames = {int(key): tuple(value) for key, value in raw["frames"].items()}
        # thread, class, frames outermost first, rows, ns
        self.rows = [tuple(row) for row in raw["rows"]]
        self.threads = {thread["id"]: thread for thread in raw["threads"]}
        self.processes = {process["id"]: process for process in raw["processes"]}

    def __getitem__(self, key):
        return self.raw[key]

    def total(self, classes=ON_CPU, threads=None, processes=None):
        return sum(ns for thread, cls, _, _, ns in self.rows
                   if cls in classes and (threads is None or thread in threads)
                   and (processes is None
                        or self.threads[thread]["process"] in processes))

    def row_count(self, classes=ON_CPU):
        return sum(rows for _, cls, _, rows, _ in self.rows if cls in classes)

    def lines(self, file, classes=None):
        """{(line, class): ns}: time charged to lines of file.

        A stack's time belongs to its innermost Python frame, as in the tables.
        """
        result = collections.Counter()
        for _, cls, stack, _, ns in self.rows:
            if classes is not None and cls not in classes:
                continue
            frame = self.innermost(stack)
            if frame and frame[1] == str(file):
                result[frame[2], cls] += ns
        return result

    def functions(self, classes=ON_CPU):
        """{(name, file): ns} by innermost Python frame."""
        result = collections.Counter()
        for _, cls, stack, _, ns in self.rows:
            frame = self.innermost(stack)
            if cls in classes and frame:
                result[frame[0], frame[1]] += ns
        return result

    def innermost(self, stack):
        for frame in reversed(stack):
            if self.frames[frame][3] == "python":
                return self.frames[frame]
        return None

    def stacks(self):
        """(frames outermost first, class, thread, ns) of every kind of row."""
        for thread, cls, stack, _, ns in self.rows:
            yield [self.frames[frame] for frame in stack], cls, thread, ns


class Trace:
    def __init__(self, path):
        done = run(SUPPORT / "rawrows", path, text=False)
        self.raw = json.loads(done.stdout.decode("utf-8", "surrogateescape"))
        self.error = self.raw["error"]
        self.notes = self.raw["notes"]
        self.sections = [Section(raw) for raw in self.raw["sections"]]

    @property
    def only(self):
        check(self.error is None, f"the trace cannot be read: {self.error}")
        equal(len(self.sections), 1, "sections")
        return self.sections[0]


def whole(path):
    """The only section of a trace that must be complete and undamaged."""
    trace = Trace(path)
    section = trace.only
    equal(trace.notes, [], "notes about damage")
    check(section["has_end"] and section["has_index"], "the section has no end or no index")
    equal(section["end_samples"], section["samples"], "samples by SectionEnd and read")
    return section


def pinfo(path):
    done = run(PINFO, path, "--json")
    check(done.returncode == 0, f"pinfo ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def pconv_json(path, *options):
    """What pconv makes of a trace; each stack counts for the line where it ends."""
    done = run(PCONV, path, "--to", "json", "--charge", "self", *options)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


# By the words of --metric, the keys of pconv's JSON.
MEMORY = {"alloc": ("ptf_allocated_python_bytes", "ptf_allocated_native_bytes"),
          "live": ("ptf_live_bytes",), "peak": ("ptf_peak_bytes",), "copy": ("ptf_copied_bytes",)}


def memory_of_lines(path, *options):
    """{measure: {(file, line): bytes}}, by pconv's JSON."""
    found = {measure: {} for measure in MEMORY}
    for file, body in pconv_json(path, "--min", "0", *options)["files"].items():
        for line in body["lines"]:
            for measure, keys in MEMORY.items():
                amount = sum(line.get(key, 0) for key in keys)
                if amount:
                    found[measure][file, line["lineno"]] = amount
    check(all(found.values()), f"{path}: no memory of some kind: {found}")
    return found


def one_line(text, what="stderr"):
    lines = text.splitlines()
    check(len(lines) == 1 and lines[0].strip(), f"{what} is not one line: {text!r}")
    return lines[0]


def precise(section):
    """Was the recording made by a source that reaches any rate?"""
    return section["attributes"]["sampling.source"] == "perf"


# ----------------------------------------------------------------- terminals

class Terminal:
    """A command on a terminal of its own, as a job that a shell started.

    The leader of the session is a child of the test, which plays the shell: it
    puts the command into a process group of its own in the foreground and
    tells about its stops and its end on a pipe.
    """

    def __init__(self, *command, cwd=None, environment=None):
        command = [str(word) for word in command]
        report_read, report_write = os.pipe()
        order_read, order_write = os.pipe()
        self.leader, self.master = pty.fork()
        if self.leader == 0:
            try:
                os.close(report_read)
                os.close(order_write)
                if cwd:
                    os.chdir(cwd)
                self._shell(command, environment, report_write, order_read)
            finally:
                os._exit(99)
        os.close(report_write)
        os.close(order_read)
        self.report, self.order = report_read, order_write
        self.output = b""
        self.events = []
        self._pending = b""
        self.job = None

    @staticmethod
    def _shell(command, environment, report, order):
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpid())
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU):
                signal.signal(number, signal.SIG_DFL)
            os.close(report)
            os.close(order)
            try:
                os.execvpe(command[0], command, environment or dict(os.environ))
            finally:
                os._exit(98)
        try:
            os.setpgid(job, job)
        except OSError:
            pass
        os.write(report, f"job {job}\n".encode())
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            # A shell takes the terminal back.
            os.tcsetpgrp(0, os.getpgrp())
            if os.WIFSTOPPED(status):
                os.write(report, f"stopped {os.WSTOPSIG(status)}\n".encode())
                os.read(order, 1)  # fg
                os.tcsetpgrp(0, job)
                os.killpg(job, signal.SIGCONT)
                continue
            code = os.waitstatus_to_exitcode(status)
            os.write(report, f"ended {code}\n".encode())
            # The terminal stays until all was read.
            os.read(order, 1)
            os._exit(0)

    def pump(self, seconds):
        """Reads for so long, or until something came."""
        ready, _, _ = select.select([self.master, self.report], [], [], seconds)
        if self.master in ready:
            try:
                self.output += os.read(self.master, 65536)
            except OSError:
                pass
        if self.report in ready:
            self._pending += os.read(self.report, 4096)
            *lines, self._pending = self._pending.split(b"\n")
            for line in lines:
                word, number = line.decode().split()
                if word == "job":
                    self.job = int(number)
                else:
                    self.events.append((word, int(number)))

    def until(self, condition, what, seconds=30):
        end = time.monotonic() + seconds
        while not condition(self):
            if time.monotonic() > end:
                self.kill()
                raise AssertionError(f"no {what} within {seconds} s; the terminal shows "
                                     f"{self.text!r}, events {self.events}")
            self.pump(0.1)

    def saw(self, text, seconds=30):
        self.until(lambda t: text.encode() in t.output, repr(text), seconds)

    def event(self, word, seconds=60):
        """Waits for "stopped" or "ended"; its number."""
        self.until(lambda t: any(event[0] == word for event in t.events), word, seconds)
        found = [event for event in self.events if event[0] == word][0]
        self.events.remove(found)
        return found[1]

    def type(self, text):
        os.write(self.master, text.encode())

    def foreground(self):
        """What `fg` does."""
        os.write(self.order, b"f")

    def drain(self, seconds=0.3):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(0.05)

    @property
    def text(self):
        return self.output.decode(errors="replace").replace("\r\n", "\n")

    def end(self):
        """Waits for the end; the exit code (negative: killed by a signal)."""
        code = self.event("ended")
        self.drain()
        self.close()
        print("terminal:", repr(self.text), "->", code, file=sys.stderr)
        return code

    def kill(self):
        if self.job:
            try:
                os.killpg(self.job, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def close(self):
        try:
            os.write(self.order, b"e")
        except OSError:
            pass
        os.close(self.master)
        os.close(self.report)
        os.close(self.order)
        os.waitpid(self.leader, 0)
