"""Every version of CPython that this machine has, with the truth program."""
from ptftest import *
from interpreters import SUPPORTED, interpreters

# One that is too old is recorded, too.
FOUND = {version: python for version, (python, _) in interpreters(PYTHON, oldest=(3, 7)).items()}


def exercise(version, python):
    def one():
        done = prec("version.ptf", python, PROGRAMS / "truth.py", 3, options=["-F", "1000"])
        check(done.returncode == 0, f"status {done.returncode}: {done.stderr}")
        truth = json.loads(done.stdout)
        section = whole("version.ptf")
        error = abs(section.total(classes=ALL_CPU) / 1e9 / truth["cpu"] - 1) * 100
        check(error < 1.5, f"the total is off by {error:.2f} %")
        lines = section.lines(truth["file"])
        if version not in SUPPORTED:
            check(not lines or version > SUPPORTED[-1], "frames of an unknown version")
            note(f"{version}: recorded as native, as it should")
            return
        wrong = []
        for part in truth["parts"]:
            if part["class"] is None:
                continue
            classes = {"python": [PYTHON_CPU], "native": [NATIVE], "kernel": [KERNEL]}[part["class"]]
            if part["name"] == "deep":
                classes.append(KERNEL)  # memory for the frames, see t_truth.py
                if version < (3, 11):
                    # A call is set up outside the evaluation loop, as a call of C
                    # code is: a known miss of the class, not of the line.
                    classes.append(NATIVE)
            true = part["cpu"] / truth["cpu"] * 100
            seen = sum(lines[line, cls] for line in part["lines"]
                       for cls in classes) / section.total() * 100
            if abs(seen - true) > 3:
                wrong.append(f"{part['name']}: {seen:.1f} %, truly {true:.1f} %")
        check(not wrong, "; ".join(wrong))
        names = {frame[0].split(".")[-1] for frame in section.frames.values()
                 if frame[1] == truth["file"]}
        wanted = {name for part in truth["parts"] for name in part["functions"]}
        check(wanted <= names, f"functions {wanted - names} are missing")
    one.__name__ = f"CPython {version[0]}.{version[1]}"
    return one


for version in sorted(set(SUPPORTED) | set(FOUND)):
    if version in FOUND:
        test(exercise(version, FOUND[version]))
    else:
        def missing(version=version):
            skip("no such interpreter here")
        missing.__name__ = f"CPython {version[0]}.{version[1]}"
        test(missing)
main()
