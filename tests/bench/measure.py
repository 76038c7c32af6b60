"""Running programs, alone and recorded.  Standard library only."""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"

Answer = collections.namedtuple("Answer", "cpu everything")


def program(name):
    return [sys.executable, str(PROGRAMS / name)]


class Tools:
    """The built programs, and prec as a recorder."""

    def __init__(self, build):
        self.build = pathlib.Path(build)

    def path(self, name):
        return str(self.build / "bin" / name)

    def support(self, name, trace):
        return subprocess.run([self.build / "tests" / "support" / name, trace], check=True,
                              text=True, stdout=subprocess.PIPE).stdout

    def raw(self, trace):
        return json.loads(self.support("rawrows", trace))["sections"]

    def record(self, trace, *options):
        return [self.path("prec"), "--quiet", "-o", trace, *options, "--"]

    def rows(self, trace):
        return sum(section["samples"] for section in self.raw(trace))

    def stacks(self, trace):
        return len({tuple(row[2]) for section in self.raw(trace) for row in section["rows"]})


class Perf:
    """perf record, where it works."""

    def record(self, trace, *options):
        return ["perf", "record", "--quiet", "-o", trace, "-e", "cpu-clock", *options, "--"]

    def rows(self, trace):
        text = subprocess.run(["perf", "report", "--stats", "-i", trace], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return int(re.search(r"SAMPLE events:\s+(\d+)", text)[1])

    def why_not(self, *options):
        """None, or why it cannot be used with these options."""
        if not shutil.which("perf"):
            return "perf is not installed"
        with tempfile.TemporaryDirectory() as folder:
            trial = subprocess.run(self.record(os.path.join(folder, "trial"), *options) + ["true"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if trial.returncode:
            words = " ".join(trial.stderr.split())
            return f"perf record {' '.join(options)} does not work here: {words[:120]}"
        return None


class Turns:
    """A program that works when it is told to."""

    def __init__(self, command, cpu):
        # Some recorders talk, which is of interest only when they fail.
        self.messages = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(command + ["turns", str(cpu)], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.messages)

    def take(self):
        """The CPU time of one unit of work, in ns."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        if not answer:
            self.child.wait()
            self.fail()
        return int(answer)

    def end(self):
        self.child.communicate()
        if self.child.returncode:
            self.fail()
        self.messages.close()

    def fail(self):
        self.messages.seek(0)
        sys.exit(f"bench: {self.child.args[0]} ended with {self.child.returncode}: "
                 f"{self.messages.read()}")


def run(command):
    """What the program itself answers, and the CPU time of all that ran."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stdin=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
        message = child.stderr.read()
        child.stderr.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"bench: {command[0]} ended with {child.returncode}: {message.decode()}")
        out.seek(0)
        return Answer(json.loads(out.readline())["cpu"], usage.ru_utime + usage.ru_stime)
