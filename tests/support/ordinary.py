#!/usr/bin/env python3
"""Runs a command as an ordinary user, who can reach what it needs.

    ordinary.py USER_ID PATH... -- COMMAND...

For root only.  In a mount namespace of its own every PATH that lies behind a
directory closed to others (a home, a scratch directory) is made reachable at
its own place; the machine outside sees nothing of it.  Then the command runs
as USER_ID, without any group or capability.

Exit 125: no such namespace can be made here.
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def closed_directory(path):
    """The outermost directory above path that others cannot enter, or None."""
    for parent in reversed(path.parents):
        if not parent.stat().st_mode & 1:
            return parent
    return None


def mount(*arguments):
    if subprocess.run(["mount", *map(str, arguments)]).returncode:
        sys.exit(125)


def open_ways(paths, stage):
    behind = {path: closed_directory(path) for path in paths}
    behind = {path: closed for path, closed in behind.items() if closed}
    if not behind:
        return
    mount("-t", "tmpfs", "-o", "mode=700", "none", stage)
    for number, path in enumerate(behind):
        place = stage / str(number)
        if path.is_dir():
            place.mkdir()
        else:
            place.touch()
        mount("--bind", path, place)
    for closed in sorted(set(behind.values())):
        mount("-t", "tmpfs", "-o", "mode=755", "none", closed)
    for number, path in enumerate(behind):
        place = stage / str(number)
        if place.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        mount("--bind", place, path)


def main():
    user, *rest = sys.argv[1:]
    stage = os.environ.pop("PTF_STAGE", None)
    if not stage:
        # The directory is needed in the namespace only, but made outside.
        stage = tempfile.mkdtemp(dir="/tmp", prefix="ptf-stage.")
        try:
            sys.exit(subprocess.run(["unshare", "--mount", "--propagation", "private",
                                     sys.executable, *sys.argv],
                                    env=dict(os.environ, PTF_STAGE=stage)).returncode)
        finally:
            os.rmdir(stage)
    at = rest.index("--")
    paths, command = rest[:at], rest[at + 1:]
    here = os.getcwd()
    open_ways(sorted({pathlib.Path(path).resolve() for path in paths}), pathlib.Path(stage))
    os.chdir(here)
    os.execvp("setpriv", ["setpriv", "--reuid", user, "--regid", user, "--clear-groups",
                          "--bounding-set=-all", "--inh-caps=-all", *command])


main()
