"""The CPythons of this machine, for tests that go over all of them."""
import os
import pathlib
import shutil
import subprocess
import sys

SUPPORTED = [(3, minor) for minor in range(8, 15)]
# Not empty: all cells of this version, for longer than in `make check`.
MATRIX = os.environ.get("PTF_MATRIX", "")


def interpreters(python, oldest=SUPPORTED[0]):
    """{(major, minor): (executable, prefix)}, one for each version.

    Looks at PTF_PYTHONS (a list with colons), python itself, PATH, /usr/bin and
    pyenv's versions.  A shim counts as what it stands for.
    """
    candidates = [path for path in os.environ.get("PTF_PYTHONS", "").split(":") if path]
    candidates.append(python)
    for _, minor in SUPPORTED + [(3, 15), (3, 16)]:
        candidates += filter(None, [shutil.which(f"python3.{minor}"),
                                    f"/usr/bin/python3.{minor}"])
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    candidates += sorted(map(str, pyenv.glob("versions/3.*/bin/python3")))
    found = {}
    for path in candidates:
        if not os.access(path, os.X_OK):
            continue
        done = subprocess.run([path, "-c", "import sys, hashlib\nprint(*sys.version_info[:2], "
                                           "sys.executable, sys.prefix, sep='\\n')"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        if done.returncode == 0:
            major, minor, executable, prefix = done.stdout.splitlines()
            if (int(major), int(minor)) >= oldest:
                found.setdefault((int(major), int(minor)),
                                 (executable, os.path.realpath(prefix)))
    return found


def versions_to_test(found):
    """Those that a matrix goes over: the one of PTF_MATRIX, such as 3.8, whether it is
    found or not; else that of the tests, and the newest other that is supported."""
    if MATRIX:
        return [tuple(map(int, MATRIX.split(".")))]
    own = sys.version_info[:2]
    others = [version for version in found if version in SUPPORTED and version != own]
    return [own] + sorted(others)[-1:]


if __name__ == "__main__":
    for version in sorted(set(SUPPORTED) | set(interpreters(sys.executable))):
        print("%d.%d" % version)
