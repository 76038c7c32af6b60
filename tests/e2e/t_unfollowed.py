"""Programs that the recorder cannot go into run as ever, and the trace says why."""
from ptftest import *

SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv)
{
	struct timespec now;
	double end = argc > 1 ? atof(argv[1]) : 0;
	volatile int sum = 0;
	do {
		for (int i = 0; i < 10000; i++) sum += i;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while (now.tv_sec + now.tv_nsec / 1e9 < end);
	for (char **variable = environ; *variable; variable++) puts(*variable);
	return 9;
}
"""

# Starts argv[2:] in the way argv[1] says and tells what came of it.
PARENT = """
import json, os, subprocess, sys
how, *command = sys.argv[1:]
sys.stdout.flush()
clean = {"A": "1"}
if how == "run":
    status = subprocess.run(command, env=clean).returncode
elif how == "fork":
    child = os.fork()
    if child == 0:
        os.execve(command[0], command, clean)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
elif how == "spawn":
    status = os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(command[0], command, clean), 0)[1])
elif how == "exec":
    os.execve(command[0], command, clean)
print("status", status)
"""
WAYS = ("run", "fork", "spawn", "exec")


def build(name, *command):
    pathlib.Path("child.c").write_text(SOURCE)
    if not shutil.which(command[0]):
        skip(f"there is no {command[0]}")
    if run(*command, "-O1", "-o", name, "child.c").returncode:
        skip(f"{' '.join(command)} does not work here")
    return str(pathlib.Path(name).absolute())


def not_followed(program, why, ways=WAYS, cpu=0.3, prepare=()):
    for how in ways:
        alone = run(PYTHON, "-c", PARENT, how, program, cpu)
        done = run(PREC, "-o", "child.ptf", "--", PYTHON, "-c", PARENT, how, program, cpu)
        equal((done.stdout, done.returncode), (alone.stdout, alone.returncode), f"{how}: output")
        check("ld.so" not in done.stderr, done.stderr)
        section = whole("child.ptf")
        there = [process for process in pinfo("child.ptf")["processes"]
                 if process.get("not_followed")]
        equal(len(there), 1, f"{how}: processes that are not followed")
        check(why in there[0]["not_followed"], there[0]["not_followed"])
        equal(os.path.basename(there[0]["executable"]), os.path.basename(program), "its name")
        equal(there[0]["has_end"], True, f"{how}: its end")
        check(there[0]["exit_status"] in (9, -1), f"{how}: its status is {there[0]['exit_status']}")
        # Of a process that is gone before it can be asked the last poll counts.
        check(cpu - 0.05 < there[0]["cpu_ns"] / 1e9 < cpu + 0.3,
              f"{how}: {there[0]['cpu_ns'] / 1e9:.3f} s of CPU time")
        seen = section.total(classes=ALL_CPU) / 1e9
        total = sum(process["cpu_ns"] for process in section.processes.values()) / 1e9
        check(abs(seen - total) < 0.01 * total, f"{how}: rows {seen:.3f} s, ends {total:.3f} s")
        text = run(PINFO, "--all", "child.ptf").stdout
        check("not followed: it " + there[0]["not_followed"] in text, text)
        if how != "exec":
            equal(section["losses"].get("child_not_followed"), 1, f"{how}: counted")
            check("1 child process" in done.stderr and "not followed" in done.stderr, done.stderr)


@test
def static():
    not_followed(build("static", "cc", "-static"), "statically linked")


@test
def musl():
    not_followed(build("musl", "musl-gcc"), "another libc")


@test
def thirty_two_bits():
    not_followed(build("small", "cc", "-m32"), "another libc or processor")


@test
def sanitizers():
    not_followed(build("asan", "gcc", "-fsanitize=address"), "AddressSanitizer")
    not_followed(build("tsan", "clang", "-fsanitize=thread"), "ThreadSanitizer", ways=("run",))


@test
def set_uid():
    if os.getuid() != 0:
        skip("only root can make a program of another user")
    program = build("setuid", "cc")
    os.chown(program, 65534, 65534)
    os.chmod(program, 0o6755)
    not_followed(program, "set-uid")


@test
def a_script_for_such_a_program():
    program = build("static", "cc", "-static")
    script = pathlib.Path("script").absolute()
    script.write_text(f"#!{program} 0.3\n")
    script.chmod(0o755)
    # The kernel gives it one word more: its own name.
    not_followed(str(script), "statically linked", ways=("run", "spawn"))


@test
def another_user():
    if os.getuid() != 0:
        skip("only root can become another user")
    program = ("import os, sys\nchild = os.fork()\nif child == 0:\n"
               "    os.setgid(65534); os.setuid(65534)\n"
               "    os.execv('/bin/sh', ['sh', '-c', 'id -u; exit 3'])\n"
               "print(os.waitpid(child, 0)[1] >> 8)\n")
    done = run(PREC, "-q", "-o", "user.ptf", "--", PYTHON, "-c", program)
    equal((done.stdout, done.stderr), ("65534\n3\n", ""), "output")
    check(whole("user.ptf")["losses"].get("child_not_followed", 0) <= 1, "children not followed")


@test
def a_program_in_a_root_of_its_own():
    if os.getuid() != 0:
        skip("only root may chroot")
    shell = build("static", "cc", "-static")
    os.makedirs("root/bin", exist_ok=True)
    shutil.copy(shell, "root/bin/static")
    loaded = build("loaded", "cc")
    shutil.copy(loaded, "root/bin/loaded")
    for library in ("/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"):
        if not os.path.exists(library):
            skip(f"there is no {library}")
        os.makedirs("root" + os.path.dirname(library), exist_ok=True)
        shutil.copy(library, "root" + library)
    program = ("import os\nchild = os.fork()\nif child == 0:\n    os.chroot('root')\n"
               "    os.execve('/bin/loaded', ['loaded', '0.2'], {'A': '1'})\n"
               "print(os.waitpid(child, 0)[1] >> 8)\n")
    done = run(PREC, "-q", "-o", "root.ptf", "--", PYTHON, "-c", program)
    equal((done.stdout, done.stderr), ("A=1\n9\n", ""), "output")
    there = [process["not_followed"] for process in pinfo("root.ptf")["processes"]
             if process.get("not_followed")]
    equal(len(there), 1, "processes that are not followed")
    check("chroot" in there[0], there[0])


@test
def an_exec_that_fails_afterwards():
    """The program was looked at and could not be run: recording goes on."""
    program = build("static", "cc", "-static")
    code = ("import errno, os, sys, time\n"
            "try:\n    os.execv(sys.argv[1], ['x', 'a' * 200000])\n"
            "except OSError as error:\n    print(errno.errorcode[error.errno])\n"
            "def after():\n    end = time.process_time() + 0.5\n"
            "    while time.process_time() < end: sum(range(100))\nafter()\n")
    done = record("failed.ptf", PYTHON, "-c", code, program)
    equal(done.stdout, "E2BIG\n", "stdout")
    names = {name: ns for (name, _), ns in whole("failed.ptf").functions().items()}
    check(names.get("after", 0) > 0.3e9, f"functions are {names}")


main()
