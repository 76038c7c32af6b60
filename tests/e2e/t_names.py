"""Names, lines and paths are those of the program, whatever it does to them."""
from ptftest import *


@test
def qualified_names():
    done = record("names.ptf", PYTHON, PROGRAMS / "names.py", 0.25)
    answer = json.loads(done.stdout)
    functions = whole("names.ptf").functions()
    seen = {name: ns / 1e9 for (name, file), ns in functions.items()
            if file == str(PROGRAMS / "names.py")}
    for name, seconds in answer["spent"].items():
        wanted = name if tuple(answer["version"]) >= (3, 11) else name.split(".")[-1]
        near = {key: round(value, 3) for key, value in seen.items() if value > 0.05}
        check(wanted in seen, f"no {wanted!r}, only {near}")
        if wanted == name:
            check(abs(seen[wanted] - seconds) < 0.08,
                  f"{name}: {seen[wanted]:.3f} s, truly {seconds:.3f} s")


@test
def addresses_that_are_used_again():
    done = record("reborn.ptf", PYTHON, PROGRAMS / "reborn.py", 150)
    answer = json.loads(done.stdout)
    check(answer["addresses"] < answer["total"] / 2,
          "the test itself: too few addresses were used again")
    section = whole("reborn.ptf")
    wrong, seen = [], collections.Counter()
    for stack, cls, _, ns in section.stacks():
        for name, file, line, kind in stack:
            if not file.startswith("/made/up/"):
                continue
            if file not in answer["truth"]:
                wrong.append(("no such file", name, file, line))
                continue
            function, first, _ = answer["truth"][file]
            # <module> of such a file runs for an instant.
            if name not in (function, "<module>") or not first <= line <= first + 3:
                wrong.append((name, file, line, "truly", function, first))
        if cls in ON_CPU and stack and stack[-1][1].startswith("/made/up/"):
            seen[stack[-1][1]] += ns
    check(not wrong, f"{len(wrong)} frames mixed up, such as {wrong[:3]}")
    total = sum(seconds for _, _, seconds in answer["truth"].values())
    error = sum(abs(seen[file] / 1e9 - seconds)
                for file, (_, _, seconds) in answer["truth"].items()) / total * 100
    missing = [file for file in answer["truth"] if not seen[file]]
    note(f"{answer['addresses']} addresses for {answer['total']} code objects; "
         f"times off by {error:.1f} % in all")
    check(not missing, f"{len(missing)} files have no time, such as {missing[:2]}")
    check(error < 10, f"times are off by {error:.1f} % in all")


def spin_source(name="burn"):
    return (f"import time\ndef {name}():\n    end = time.thread_time() + 0.4\n"
            "    while time.thread_time() < end:\n        for _ in range(900):\n"
            f"            pass\n{name}()\n")


ODD = ["größe ñ 日本語.py", "a b\tc.py", "quote'\"\\.py", "semi;colon <&>.py", "100%s.py"]


@test
def odd_file_names():
    os.makedirs("Verzeichnis mit ä", exist_ok=True)
    for name in ODD:
        path = pathlib.Path("Verzeichnis mit ä").absolute() / name
        path.write_text(spin_source("größe"), encoding="utf-8")
        record("odd.ptf", PYTHON, path)
        section = whole("odd.ptf")
        seen = section.functions().get(("größe", str(path)), 0)
        check(seen > 0.3e9, f"größe in {name}: {seen} ns of {section.functions()}")
        equal(section["sources"].get(str(path)), path.read_text(encoding="utf-8"),
              f"source of {name}")
        lines = pconv_json("odd.ptf")["files"][str(path)]["lines"]
        texts = {line["lineno"]: line["line"].rstrip("\n") for line in lines}
        check("größe" in texts[2], f"line 2 in the JSON of {name} is {texts[2]!r}")
        for form in ("table", "folded"):
            done = run(PCONV, "odd.ptf", "--to", form)
            equal(done.returncode, 0, f"status of pconv --to {form} for {name}")
            check("größe" in done.stdout, f"{form} of {name} does not name the function")
        for line in run(PCONV, "odd.ptf", "--to", "folded").stdout.splitlines():
            check(re.fullmatch(r"\S.* \d+", line), f"folded line {line!r} of {name}")


@test
def a_name_that_is_not_unicode():
    directory = os.fsencode(os.getcwd()) + b"/\xff\xfe"
    os.makedirs(directory, exist_ok=True)
    path = directory + b"/\xe4.py"
    with open(path, "w") as file:
        file.write(spin_source())
    done = subprocess.run([PREC, "--quiet", "-o", "bytes.ptf", "--", PYTHON, path],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    equal(done.returncode, 0, f"status ({done.stderr!r})")
    names = {frame[0] for frame in whole("bytes.ptf").frames.values()}
    check("burn" in names, f"functions are {names}")
    json.loads(run(PCONV, "bytes.ptf", "--to", "json", text=False).stdout.decode("utf-8"))


@test
def a_program_that_changes_directory_and_removes_itself():
    os.makedirs("gone", exist_ok=True)
    source = ("import os, sys\nos.chdir('/')\nos.remove(sys.argv[1])\n" + spin_source())
    pathlib.Path("gone/job.py").write_text(source)
    path = str(pathlib.Path("gone/job.py").absolute())
    # A relative name, so that the trace has to know where it was.
    record("gone.ptf", PYTHON, "gone/job.py", path)
    section = whole("gone.ptf")
    files = {file for _, file in section.functions()}
    lines = pconv_json("gone.ptf")["files"]
    found = [name for name in lines if name.endswith("gone/job.py")]
    check(found, f"no such file in {list(lines)}; the trace has {files}")
    check(os.path.isabs(found[0]), f"the name {found[0]!r} says nothing after chdir")


@test
def a_relative_script_after_chdir_keeps_its_source():
    os.makedirs("moved", exist_ok=True)
    pathlib.Path("moved/job.py").write_text("import os\nos.chdir('/')\n" + spin_source())
    record("moved.ptf", PYTHON, "moved/job.py")
    files = pconv_json("moved.ptf")["files"]
    found = [body for name, body in files.items() if name.endswith("moved/job.py")]
    check(found, f"no such file in {list(files)}")
    texts = [line["line"].rstrip("\n") for line in found[0]["lines"]]
    check("    while time.thread_time() < end:" in texts, f"the source is {texts[:10]}")


@test
def a_source_that_changes_while_it_runs_is_the_old_one():
    path = pathlib.Path("changing.py").absolute()
    path.write_text(spin_source() + "open(__file__, 'w').write('x = 1\\n' * 40)\nburn()\n")
    old = path.read_text()
    record("changing.ptf", PYTHON, path)
    text = whole("changing.ptf")["sources"].get(str(path))
    equal(text, old, "the source in the trace")


@test
def long_names_and_long_files():
    name = "f" * 700
    path = pathlib.Path("long.py").absolute()
    path.write_text("\n" * 70000 + spin_source(name))
    record("long.ptf", PYTHON, path)
    seen = [(frame[0], frame[2]) for frame in whole("long.ptf").frames.values()
            if frame[1] == str(path) and frame[0] != "<module>"]
    check(seen, "the function is not there")
    for function, line in seen:
        equal(function, name, "the long name")
        check(70001 < line <= 70007, f"line {line}")


@test
def mangled_names_are_shown_as_they_were_written():
    # By name only what a C++ compiler would make of app::spin(long).
    pathlib.Path("mangled.c").write_text(
        "long spin(long n) __asm__(\"_ZN3app4spinEl\");\n"
        "__attribute__((noinline)) long spin(long n)\n{\n"
        "    volatile long sum = 0;\n    while (n--)\n        sum += n;\n    return sum;\n}\n"
        "int main(void) { return (int)spin(300000000) == 1; }\n")
    build = run("cc", "-O1", "mangled.c", "-o", "mangled")
    check(build.returncode == 0, build.stderr)
    record("mangled.ptf", "./mangled")
    folded = run(PCONV, "mangled.ptf", "--to", "folded").stdout
    check("app::spin(long)" in folded and "_ZN3app" not in folded, folded)


@test
def a_huge_source_is_cut_between_lines():
    path = pathlib.Path("huge.py").absolute()
    path.write_text(spin_source() + "# 0123456789\n" * 100000)
    record("huge.ptf", PYTHON, path)
    text = whole("huge.ptf")["sources"][str(path)]
    check(1000000 < len(text) <= 1 << 20 and text.endswith("# 0123456789\n"),
          f"{len(text)} bytes, ending with {text[-20:]!r}")


main()
