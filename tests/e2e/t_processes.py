"""Every process of a run is in its trace, with its own time.

PTF_PROCESSES=full measures every interpreter that is found.
"""
from ptftest import *

sys.path.insert(0, str(ROOT / "tests" / "support"))
from interpreters import interpreters

FAMILY = PROGRAMS / "family.py"


def truths(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def by_pid(section):
    return {process["pid"]: process for process in section.processes.values()}


def function_times(section, process):
    """CPU seconds of the two functions in one process."""
    times = collections.Counter()
    for stack, cls, thread, ns in section.stacks():
        if cls in ON_CPU and section.threads[thread]["process"] == process:
            for name in {frame[0] for frame in stack} & {"spin_short", "spin_long"}:
                times[name] += ns / 1e9
    return times


def compare(section, told, kinds, parent=None):
    """Time of each process that told its own, and of its two functions."""
    equal(sorted(truth["kind"] for truth in told), sorted(kinds), "what ran")
    there = by_pid(section)
    wrong = []
    for truth in told:
        process = there.get(truth["pid"])
        check(process, f"{truth} is not among {sorted(there)}")
        total = section.total(classes=ALL_CPU, processes={process["id"]}) / 1e9
        # It ends a little after it has told: some milliseconds of leaving.
        if not -0.01 * truth["cpu"] - 0.005 < total - truth["cpu"] < 0.01 * truth["cpu"] + 0.05:
            wrong.append(f"{truth['kind']}: {total:.3f} s, truly {truth['cpu']:.3f} s")
        if abs(process["cpu_ns"] / 1e9 - total) > 0.001 * total + 0.0001:
            wrong.append(f"{truth['kind']}: rows {total:.4f} s, its end {process['cpu_ns'] / 1e9:.4f} s")
        # Each sample stands for a period: four standard deviations of a share.
        seen = function_times(section, process["id"])
        rate = float(section["attributes"]["sampling.rate_hz"])
        slack = 4 * (truth["cpu"] / rate / 4) ** 0.5 + 0.02 * truth["cpu"]
        for name in ("short", "long"):
            if abs(seen["spin_" + name] - truth[name]) > slack:
                wrong.append(f"{truth['kind']}: {name} {seen['spin_' + name]:.3f} s, "
                             f"truly {truth[name]:.3f} s")
    check(not wrong, "; ".join(wrong))
    equal(section["losses"].get("child_not_followed", 0), 0, "children not followed")
    equal(section["losses"].get("ring_full", 0), 0, "samples lost")


def family(kind, kinds, python=PYTHON, options=(), seconds=0.4):
    done = record("family.ptf", python, FAMILY, kind, seconds,
                  options=["-F", "1000", *options])
    section = whole("family.ptf")
    told = truths(done.stdout)
    compare(section, told, kinds)
    return section, told


def relation(section, told, child, parent):
    """The process of kind child has the one of kind parent as its parent."""
    there = by_pid(section)
    pids = {truth["kind"]: truth["pid"] for truth in told}
    equal(there[pids[child]]["parent"], there[pids[parent]]["id"], f"parent of the {child}")


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


@test
def a_prefork_server_under_load():
    program = pathlib.Path("server.py")
    program.write_text('''
import json, os, signal, socket, threading, time
def work():
    end = time.thread_time() + 0.002
    while time.thread_time() < end: sum(range(100))
def serve(listener):
    signal.signal(signal.SIGTERM, lambda *_: stop())
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(100)
            work()
            connection.sendall(b"done")
def stop():
    os.write(1, (json.dumps([os.getpid(), time.process_time()]) + "\\n").encode())
    os._exit(0)
def client(address, count):
    for _ in range(count):
        with socket.create_connection(address) as s:
            s.sendall(b"x")
            s.recv(100)
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
workers = []
for _ in range(6):
    pid = os.fork()
    if pid == 0:
        serve(listener)
    workers.append(pid)
clients = [threading.Thread(target=client, args=(listener.getsockname(), 150)) for _ in range(8)]
[c.start() for c in clients]
[c.join() for c in clients]
# A signal just before accept() goes unnoticed: it is sent until it is seen.
while workers:
    for pid in list(workers):
        os.kill(pid, signal.SIGTERM)
        if os.waitpid(pid, os.WNOHANG)[0]:
            workers.remove(pid)
    time.sleep(0.01)
''')
    done = record("server.ptf", PYTHON, program, options=["-F", "1000"])
    section = whole("server.ptf")
    there = by_pid(section)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    equal(len(told), 6, "workers")
    for pid, cpu in told:
        total = section.total(classes=ALL_CPU, processes={there[pid]["id"]}) / 1e9
        check(abs(total - cpu) < 0.01 * cpu + 0.01, f"a worker has {total:.3f} s, truly {cpu:.3f} s")


@test
def a_pool_of_sixty_four():
    program = pathlib.Path("pool.py")
    program.write_text('''
import json, multiprocessing, os, time
def work(n):
    end = time.process_time() + 0.05
    while time.process_time() < end: sum(range(200))
    return os.getpid(), time.process_time()
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(64) as pool:
        print(json.dumps(pool.map(work, range(192), chunksize=1)))
''')
    done = record("pool.ptf", PYTHON, program)
    section = whole("pool.ptf")
    there = by_pid(section)
    told = {}
    for pid, cpu in json.loads(done.stdout):
        told[pid] = max(cpu, told.get(pid, 0))
    truth = sum(told.values())
    seen = sum(section.total(classes=ALL_CPU, processes={there[pid]["id"]}) for pid in told) / 1e9
    # Workers are terminated: from their last poll on nothing is known, and what
    # they did after their last job they did not tell.
    check(-0.01 * truth < seen - truth < 0.01 * truth + 0.005 * len(told),
          f"{len(told)} workers have {seen:.3f} s, truly {truth:.3f} s")
    equal(section["losses"].get("no_slot", 0), 0, "processes without a slot")
    check(len(section.processes) >= 65, f"{len(section.processes)} processes")


@test
def all_interpreters():
    if not os.environ.get("PTF_PROCESSES"):
        skip("PTF_PROCESSES=full does it")
    wrong = []
    for version, (python, _) in interpreters(PYTHON).items():
        for kind, kinds in (("forks", ["fork"] * 3 + ["first"]),
                            ("subprocesses", ["alone"] * 5 + ["first"]),
                            ("spawned", ["alone"] * 5 + ["first"]),
                            ("fork", ["job"] * 3 + ["first"]),
                            ("forkserver", ["job"] * 3 + ["first"]),
                            ("spawn", ["job"] * 3 + ["first"])):
            try:
                family(kind, kinds, python=python, seconds=0.3)
            except AssertionError as error:
                wrong.append(f"{version} {kind}: {error}")
    check(not wrong, "; ".join(wrong))


main()
