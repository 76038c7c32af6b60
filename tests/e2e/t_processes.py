"""Every process of a run is in its trace, with its own time."""
from ptftest import *
from families import *


@test
def forks():
    section, told = family("forks", ["fork"] * 3 + ["first"])
    there = by_pid(section)
    first = there[told[-1]["pid"]]
    equal(first["parent"], 0, "parent of the first")
    for truth in told[:-1]:
        child = there[truth["pid"]]
        equal(child["parent"], first["id"], "parent of a fork")
        equal(child["args"], first["args"], "arguments of a fork")
    equal(sorted(there[truth["pid"]]["exit_status"] for truth in told[:-1]), [0, 1, 2], "exit statuses")


@test
def grandchildren():
    section, told = family("grandchildren", ["child", "grandchild", "first"])
    relation(section, told, "grandchild", "child")
    relation(section, told, "child", "first")
    pids = {truth["kind"]: truth["pid"] for truth in told}
    equal(by_pid(section)[pids["child"]]["exit_status"], 7, "exit status of the child")


@test
def ends_that_only_the_parent_sees():
    """Who is killed tells nothing; when prec is late, only its parent can tell."""
    program = pathlib.Path("waits.py")
    program.write_text('''
import ctypes, json, os, signal, time
def child():
    while time.process_time() < 0.03: sum(range(100))
    os.write(told, (json.dumps([os.getpid(), time.process_time(), how]) + "\\n").encode())
    os.kill(os.getpid(), signal.SIGKILL)
def without_hanging(pid):
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG) is None: pass
def after_a_look(pid):
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.waitid(os.P_PID, pid, os.WEXITED)
ways = {
    "wait": lambda pid: os.wait(),
    "wait3": lambda pid: os.wait3(0),
    "wait4": lambda pid: os.wait4(pid, 0),
    "waitpid": lambda pid: os.waitpid(pid, 0),
    "waitid": lambda pid: os.waitid(os.P_PID, pid, os.WEXITED),
    "waitid of any": lambda pid: os.waitid(os.P_ALL, 0, os.WEXITED),
    "waitid of a pidfd": lambda pid: os.waitid(os.P_PIDFD, os.pidfd_open(pid), os.WEXITED),
    "waitid without hanging": without_hanging,
    "waitid after a look": after_a_look,
    "waitid into nothing": lambda pid: ctypes.CDLL(None).waitid(os.P_PID, pid, None, os.WEXITED),
}
told, prec = os.dup(1), os.getppid()
for how, wait in ways.items():
    for _ in range(3):
        os.kill(prec, signal.SIGSTOP)
        pid = os.fork()
        if pid == 0:
            child()
        wait(pid)
        os.kill(prec, signal.SIGCONT)
''')
    done = record("waits.ptf", PYTHON, program)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    equal(len(told), 30, "children")
    there, wrong = by_pid(whole("waits.ptf")), []
    for pid, cpu, how in told:
        process = there[pid]
        if process["exit_status"] != 128 + signal.SIGKILL:
            wrong.append(f"{how}: exit status {process['exit_status']}")
        # What it takes to be killed it could not tell.
        if not -1e-3 < process["cpu_ns"] / 1e9 - cpu < 0.01:
            wrong.append(f"{how}: {process['cpu_ns'] / 1e9:.4f} s, truly {cpu:.4f} s")
    check(not wrong, f"{len(wrong)} of them: {'; '.join(wrong[:5])}")


@test
def waitid_is_as_it_was():
    source = pathlib.Path("waitid.c")
    source.write_text("""
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void *blocked(void *pid)
{
	siginfo_t info;
	waitid(P_PID, *(pid_t *)pid, &info, WEXITED);
	return NULL;
}
#define CHECK(condition) if (!(condition)) return __LINE__
int main(void)
{
	siginfo_t info;
	pthread_t thread;
	void *result;
	errno = 0;
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == -1 && errno == ECHILD);
	pid_t pid = fork();
	if (pid == 0)
		for (;;) pause();
	memset(&info, 1, sizeof info);
	CHECK(waitid(P_PID, pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
	CHECK(waitid(P_PID, pid, &info, 0) == -1 && errno == EINVAL);
	CHECK(waitid(P_PID, pid, (siginfo_t *)8, WEXITED | WNOHANG) == -1 && errno == EFAULT);
	kill(pid, SIGSTOP);
	CHECK(waitid(P_PID, pid, &info, WSTOPPED) == 0);
	CHECK(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP);
	kill(pid, SIGCONT);
	CHECK(waitid(P_ALL, 0, &info, WCONTINUED) == 0 && info.si_code == CLD_CONTINUED);
	pthread_create(&thread, NULL, blocked, &pid);
	usleep(100000);
	CHECK(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
	CHECK(result == PTHREAD_CANCELED);
	kill(pid, SIGTERM);
	CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == pid);
	CHECK(waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_pid == pid);
	CHECK(info.si_code == CLD_KILLED && info.si_status == SIGTERM);
	CHECK(info.si_signo == SIGCHLD && info.si_uid == getuid());
	return 0;
}
""")
    equal(run("cc", "-O1", "-pthread", "-o", "waitid", source).returncode, 0, "cc")
    equal(run("./waitid").returncode, 0, "the line that failed without prec")
    equal(prec("waitid.ptf", "./waitid").returncode, 0, "the line that failed")


@test
def subprocesses():
    section, told = family("subprocesses", ["alone"] * 5 + ["first"])
    # What a process became by exec is what counts.
    there = {process["pid"]: process for process in pinfo("family.ptf")["processes"]}
    for truth in told[:-1]:
        process = there[truth["pid"]]
        equal(process["arguments"][1:], [str(FAMILY), "alone", "0.4"], "arguments")
        check("python" in process["executable"], process["executable"])


@test
def spawn_system_and_popen():
    family("spawned", ["alone"] * 5 + ["first"])


@test
def programs_of_a_shell_script():
    pathlib.Path("script.sh").write_text(f"""
echo one | tr a-z A-Z
{SUPPORT}/burn loop 200 &
sleep 0.3
wait
exit 4
""")
    done = prec("script.ptf", "sh", "script.sh")
    equal(done.returncode, 4, "status")
    info = pinfo("script.ptf")
    told = {process["arguments"][0].rpartition("/")[2]: process for process in info["processes"]}
    # The shell, itself again for echo, and what it starts.
    equal(sorted(process["arguments"][0].rpartition("/")[2] for process in info["processes"]),
          ["burn", "sh", "sh", "sleep", "tr"], "programs")
    shell = info["processes"][0]
    equal((shell["parent_pid"], shell["exit_status"]), (0, 4), "the shell's parent and status")
    for name, arguments in (("tr", ["a-z", "A-Z"]), ("sleep", ["0.3"]), ("burn", ["loop", "200"])):
        process = told[name]
        equal(process["arguments"][1:], arguments, f"arguments of {name}")
        equal((process["parent_pid"], process["has_end"]), (shell["pid"], True), f"parent of {name}, its end")
    check(told["tr"]["start_ns"] < told["burn"]["start_ns"], "burn began before tr")
    lasted = (told["sleep"]["end_ns"] - told["sleep"]["start_ns"]) / 1e9
    # Its end is seen a little later, on a busy machine much.
    check(0.29 < lasted < info["elapsed_ns"] / 1e9, f"sleep lasted {lasted:.3f} s")
    truth = json.loads(done.stdout.splitlines()[1])
    true = (truth["burn_short"] + truth["burn_long"]) / 1e3
    check(abs(told["burn"]["cpu_ns"] / 1e9 - true) < 0.01 * true + 0.01,
          f"burn has {told['burn']['cpu_ns'] / 1e9:.3f} s, truly {true:.3f} s")


@test
def a_vfork():
    source = pathlib.Path("vfork.c")
    source.write_text("""
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return argc < 2 || status != 0;
}
""")
    equal(run("cc", "-O1", "-o", "vfork", source).returncode, 0, "cc")
    done = record("vfork.ptf", "./vfork", SUPPORT / "burn", "loop", 300, options=["-F", "1000"])
    truth, section = json.loads(done.stdout), whole("vfork.ptf")
    parent, child = sorted(section.processes.values(), key=lambda process: process["parent"])
    equal((parent["parent"], child["parent"]), (0, parent["id"]), "parents")
    equal(child["args"][1:], ["loop", "300"], "arguments of the child")
    seen = section.total(classes=ALL_CPU, processes={child["id"]}) / 1e9
    true = (truth["burn_short"] + truth["burn_long"]) / 1e3
    check(abs(seen - true) < 0.01 * true + 0.01, f"the child has {seen:.3f} s, truly {true:.3f} s")


@test
def pools():
    for method in ("fork", "forkserver", "spawn"):
        family(method, ["job"] * 3 + ["first"], seconds=0.3)


@test
def executors():
    done = record("family.ptf", PYTHON, FAMILY, "executor", 0.2, options=["-F", "1000"])
    section, told = whole("family.ptf"), truths(done.stdout)
    # A worker tells its whole time at each of its jobs: the last one counts.
    last = {truth["pid"]: truth for truth in told}
    for pid, truth in last.items():
        process = by_pid(section)[pid]
        total = section.total(classes=ALL_CPU, processes={process["id"]}) / 1e9
        # What it does after its last job is not told.
        check(-0.01 * truth["cpu"] - 0.005 < total - truth["cpu"] < 0.01 * truth["cpu"] + 0.15,
              f"{total:.3f} s, truly {truth['cpu']:.3f} s")


@test
def a_root_of_its_own():
    if os.getuid() != 0:
        skip("only root may chroot")
    shutil.rmtree("jail", ignore_errors=True)
    family("jailed", ["jailed", "first"])


@test
def a_daemon_that_is_waited_for():
    done = run(PREC, "-q", "--wait-all", "-o", "daemon.ptf", "-F", "1000", "--", PYTHON, FAMILY,
               "daemon", 0.5)
    section, told = whole("daemon.ptf"), truths(done.stdout)
    compare(section, told, ["daemon", "first"])


@test
def a_daemon_that_is_not():
    program = ("import os, time\n"
               "if os.fork() == 0:\n"
               "    os.setsid()\n    os.closerange(0, 3)\n"
               "    while not os.path.exists('go'): sum(range(500))\n"
               "    open('daemon.done', 'w').close()\n    os._exit(0)\n"
               "end = time.process_time() + 0.5\n"
               "while time.process_time() < end: sum(range(500))\n")
    done = run(PREC, "-o", "left.ptf", "--", PYTHON, "-c", program)
    equal(done.returncode, 0, "status")
    check("1 process still runs" in done.stderr and "--wait-all" in done.stderr,
          f"nothing is said of it: {done.stderr!r}")
    section = whole("left.ptf")
    equal(len(section.processes), 2, "processes")
    pathlib.Path("go").touch()
    check(wait_until(lambda: os.path.exists("daemon.done"), 60), "the daemon was disturbed")


@test
def a_child_that_comes_late_is_waited_for():
    # Its parent has often ended before it has run for the first time.
    for _ in range(5):
        record("late.ptf", "sh", "-c", "(echo late > late) & exit 0", options=["--wait-all"])
        equal(len(whole("late.ptf").processes), 2, "processes")


@test
def waiting_for_all_can_be_ended():
    child = subprocess.Popen([PREC, "-o", "ended.ptf", "--wait-all", "--", "sh", "-c",
                              "sleep 60 & echo $!; exit 5"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    sleeper = int(child.stdout.readline())
    time.sleep(0.5)
    child.terminate()
    status = child.wait(timeout=20)
    os.kill(sleeper, signal.SIGKILL)  # it holds the pipes
    said = child.communicate()[1]
    equal(status, 5, "status")
    check("1 process still runs" in said, said)
    whole("ended.ptf")


@test
def popen_while_others_read_the_environment():
    source = pathlib.Path("readers.c")
    source.write_text("""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int stop;
static void *reader(void *unused)
{
	while (!stop)
		getenv("NOT_THERE_AT_ALL");
	return unused;
}
static void *caller(void *unused)
{
	while (!stop) {
		FILE *file = popen("exit 0", "r");
		if (file)
			pclose(file);
	}
	return unused;
}
int main(void)
{
	pthread_t threads[2];
	int sum = 0, status;
	pthread_create(&threads[0], NULL, reader, NULL);
	pthread_create(&threads[1], NULL, caller, NULL);
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			if (getenv("PREC_SHM") || getenv("LD_PRELOAD"))
				_exit(1);
			if (i % 2)
				execl("/bin/sh", "sh", "-c",
					"test -z $LD_PRELOAD$PREC_SHM", (char *)0);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		sum += status != 0;
		sum += system("test -z $LD_PRELOAD$PREC_SHM") != 0;
	}
	stop = 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	return sum;
}
""")
    equal(run("cc", "-O1", "-pthread", "-o", "readers", source).returncode, 0, "cc")
    record("readers.ptf", "./readers")


@test
def a_pid_namespace_of_its_own():
    if run("unshare", "--fork", "--pid", "true").returncode:
        skip("no pid namespaces here")
    loop = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"
    record("inside.ptf", "unshare", "--fork", "--pid", "sh", "-c", loop, options=["--wait-all"])
    # Not somebody else, who has its number here.
    equal(len(whole("inside.ptf").processes), 1, "processes")
    losses = json.loads(run(PINFO, "--json", "inside.ptf").stdout)["losses"]
    check("child_not_followed" in [loss["kind"] for loss in losses], losses)


@test
def children_that_are_not_wanted():
    done = record("family.ptf", PYTHON, FAMILY, "forks", 0.3, options=["--no-children"])
    section = whole("family.ptf")
    equal(len(section.processes), 1, "processes")
    equal(section["losses"].get("child_not_followed"), 3, "children that are counted")
    first = truths(done.stdout)[-1]
    check(abs(section.total(classes=ALL_CPU) / 1e9 - first["cpu"]) < 0.05, "its own time")


@test
def nothing_is_left_of_children():
    """A few hundred; make stress starts 10,000."""
    swarm = ROOT / "tests" / "stress" / "programs" / "swarm.py"
    done = record("swarm.ptf", PYTHON, swarm, 25, "LEAKS")
    told = json.loads(done.stdout)
    for what in ("descriptors", "own", "children", "zombies"):
        check(told["more"][what] <= 2, f"{told['more'][what]} {what} more: {told}")
    section = whole("swarm.ptf")
    equal(section["losses"].get("no_slot", 0), 0, "processes and threads without a slot")
    equal(section["losses"].get("unread_code", 0), 0, "code that could not be read")
    ends = collections.Counter(process["exit_status"] for process in section.processes.values())
    # One in seven is killed, one is terminated, and their parent waited for all.
    check(ends[128 + 9] >= 60 and ends[128 + 15] >= 60 and not ends[-1],
          f"exit statuses {ends}")


@test
def prec_is_killed_and_leaves_nothing():
    before = set(os.listdir("/dev/shm"))
    child = subprocess.Popen([PREC, "-q", "-o", "killed.ptf", "--", PYTHON, "-c",
                              "import os, subprocess, time\nprint(os.getpid(), flush=True)\n"
                              "while not os.path.exists('stop'):\n"
                              "    subprocess.run(['true'], check=True)\n"
                              "    if os.fork() == 0: os._exit(0)\n    os.wait()\n"
                              "open('went on', 'w').close()\n"],
                             stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    time.sleep(1)
    child.kill()
    child.wait()
    time.sleep(0.5)
    pathlib.Path("stop").touch()
    check(wait_until(lambda: os.path.exists("went on"), 60), "the program did not go on")
    record("next.ptf", "true")
    equal(set(os.listdir("/dev/shm")) - before, set(), "left in /dev/shm")
    check(len(Trace("killed.ptf").only.processes) > 1, "the trace of the killed one has no processes")


main()
