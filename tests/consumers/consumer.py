"""What the tests of other people's programs share: all of tests/e2e/ptftest.py,
and the programs that install.sh put there.

    from consumer import *
"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["PTF_ROOT"], "tests", "e2e"))
from ptftest import *  # noqa: E402,F403

CONSUMERS = pathlib.Path(os.environ["CONSUMERS"])
MAKE_TRACE = SUPPORT / "make_trace"


def need(program):
    """The path of a program, or a skip."""
    path = shutil.which(program)
    if not path:
        skip(f"there is no {program}")
    return path


def need_package(name):
    """The folder of a package of npm, or a skip."""
    folder = CONSUMERS / "node_modules" / name
    if not folder.is_dir():
        skip(f"npm's {name} is not installed")
    return folder


def in_browser(script, *arguments):
    """What a script here that uses browser.mjs says, from JSON."""
    if not os.environ["CHROMIUM"]:
        skip("there is no Chromium")
    need_package("playwright-core")
    done = run(need("node"), ROOT / "tests" / "consumers" / script, *arguments, timeout=300)
    check(done.returncode == 0,
          f"{script} ended with {done.returncode}: {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def convert(trace, out, *options):
    """pconv trace -o out; returns out."""
    done = run(PCONV, trace, "-o", out, *options)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return out


def recorded(trace, *options):
    """A recording of the demo's program: threads, waits, native code."""
    record(trace, PYTHON, ROOT / "tests/support/examples/walk.py", options=options)
    return trace


def generated(trace, samples=20000, threads=3):
    """A made-up trace with everything in it."""
    done = run(MAKE_TRACE, trace, samples, threads)
    check(done.returncode == 0, done.stderr)
    return trace


def speedscope(file):
    """The profiles that speedscope found in a file."""
    need_package("speedscope")
    found = in_browser("speedscope.mjs", file)
    equal(found["errors"], [], "errors of speedscope")
    return found["profiles"]
