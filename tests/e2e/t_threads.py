"""Each thread has its own CPU time, and waits for the GIL are seen."""
from ptftest import *
from interpreters import interpreters


@test
def each_thread_has_its_CPU_time():
    done = record("threads.ptf", PYTHON, PROGRAMS / "threads.py", 1)
    answer = json.loads(done.stdout)
    section = whole("threads.ptf")
    by_tid = collections.defaultdict(int)
    for thread in section.threads.values():
        by_tid[thread["tid"]] += section.total(threads={thread["id"]}) / 1e9
    wrong = []
    busy = {int(tid): (name, seconds) for tid, (name, seconds) in answer["truth"].items()
            if name != "short"}
    for tid, (name, seconds) in busy.items():
        if abs(by_tid[tid] - seconds) > 0.02 + 0.01 * seconds:
            wrong.append(f"{name} {tid}: {by_tid[tid]:.3f} s, truly {seconds:.3f} s")
    check(not wrong, "; ".join(wrong))
    error = abs(section.total(classes=ALL_CPU) / 1e9 / answer["cpu"] - 1) * 100
    check(error < 1.5, f"all threads together are off by {error:.2f} %")


@test
def each_thread_runs_its_own_function():
    section = whole("threads.ptf")
    mixed = []
    for stack, cls, thread, ns in section.stacks():
        names = {frame[0] for frame in stack}
        if {"python_work", "native_work"} <= names:
            mixed.append(names)
    check(not mixed, f"stacks of two threads: {mixed[:2]}")
    classes = collections.Counter()
    for stack, cls, _, ns in section.stacks():
        if stack and stack[-1][0] in ("python_work", "native_work") and cls in ON_CPU:
            classes[stack[-1][0], cls] += ns
    for name, cls in (("python_work", PYTHON_CPU), ("native_work", NATIVE)):
        share = classes[name, cls] / sum(ns for (n, _), ns in classes.items() if n == name)
        check(share > 0.85, f"{name}: only {share:.2f} of its time is of its class")


@test
def one_main_thread_and_its_name():
    section = whole("threads.ptf")
    mains = [thread for thread in section.threads.values() if thread["main"]]
    equal(len(mains), 1, "main threads")
    equal(mains[0]["tid"], list(section.processes.values())[0]["pid"], "tid of the main thread")


@test
def threads_that_live_for_an_instant_have_their_time():
    code = ("import json, os, threading, time\ncpu = {}\n"
            "def work():\n    sum(range(30000))\n    cpu[threading.get_native_id()] = time.thread_time()\n"
            "for _ in range(3000):\n    t = threading.Thread(target=work)\n"
            "    t.start()\n    t.join()\nprint(json.dumps([cpu, time.process_time()]), flush=True)\n"
            "os._exit(0)\n")
    done = record("brief.ptf", PYTHON, "-c", code, options=["-F", "100"])
    told, cpu = json.loads(done.stdout)
    section = whole("brief.ptf")
    # A thread lives for a twentieth of a period: for the most part no tick meets it.
    equal(len(section.threads), 3001, "threads")
    mains = {thread["id"] for thread in section.threads.values() if thread["main"]}
    seen = section.total(classes=ALL_CPU, threads=set(section.threads) - mains) / 1e9
    # They use a little more when they have told: 60 us were seen on a busy machine.
    check(0.99 * sum(told.values()) < seen < 1.01 * sum(told.values()) + 3000 * 100e-6,
          f"they have {seen:.3f} s, truly {sum(told.values()):.3f} s")
    total = section.total(classes=ALL_CPU) / 1e9
    check(abs(total - cpu) < 0.01 * cpu + 0.01, f"all have {total:.3f} s, truly {cpu:.3f} s")


@test
def waiting_for_the_GIL_is_seen():
    code = ("import threading, time\nend = time.time() + 2\ndef work():\n"
            "    while time.time() < end:\n        for _ in range(20000): pass\n"
            "t = [threading.Thread(target=work) for _ in range(3)]\n"
            "[x.start() for x in t]\n[x.join() for x in t]\n")
    record("gil.ptf", PYTHON, "-c", code)
    section = whole("gil.ptf")
    others = {thread["id"] for thread in section.threads.values() if not thread["main"]}
    cpu = section.total(classes=ALL_CPU, threads=others) / 1e9
    gil, runnable, wait = (section.total(classes=(cls,), threads=others) / 1e9
                           for cls in (GIL, RUNNABLE, WAIT))
    # Three threads for two seconds, and only one may run at a time. On a busy
    # machine part of the time goes into waiting for a processor.
    text = (f"CPU {cpu:.2f} s, gil {gil:.2f} s, for a processor {runnable:.2f} s, "
            f"other waits {wait:.2f} s")
    note(text)
    check(abs(cpu + gil + runnable + wait - 6) < 0.7, f"that is not all of 6 s: {text}")
    check(gil > 0.25 * (6 - runnable) and wait < 0.5, text)


@test
def native_threads():
    done = record("native.ptf", SUPPORT / "burn", "threads", 3, 200)
    truth = sorted(sum(json.loads(line)[key] for key in ("burn_short", "burn_long")) / 1e3
                   for line in done.stdout.splitlines())
    section = whole("native.ptf")
    seen = sorted(section.total(threads={thread["id"]}) / 1e9
                  for thread in section.threads.values())[-3:]
    for true, got in zip(truth, seen):
        check(abs(true - got) < 0.02 + 0.02 * true, f"{seen} s, truly {truth} s")



def names_of(section):
    return collections.Counter(thread["name"] for thread in section.threads.values())


@test
def names_that_Python_gives():
    code = ("import threading, concurrent.futures as cf\n"
            "class Odd(threading.Thread):\n"
            "    def __getattribute__(self, key):\n"
            "        if key == '_name': print('looked at')\n"
            "        return super().__getattribute__(key)\n"
            "def work(): sum(range(200000))\n"
            "t = [threading.Thread(target=work, name='w\u00f6rker-%d' % i) for i in range(3)]\n"
            "t.append(threading.Thread(target=work, name='x' * 62 + '\u00e9'))\n"
            "[x.start() for x in t]\n[x.join() for x in t]\n"
            "with cf.ThreadPoolExecutor(2, 'pool') as pool: list(pool.map(lambda n: work(), range(9)))\n"
            "odd = Odd(target=work, name='odd')\nodd.start()\nodd.join()\n")
    for version, (python, _) in interpreters(PYTHON).items():
        alone = run(python, "-c", code)
        done = record("names.ptf", python, "-c", code)
        equal(done.stdout, alone.stdout, f"{version}: stdout")
        names = names_of(whole("names.ptf"))
        for name in ("w\u00f6rker-0", "w\u00f6rker-1", "w\u00f6rker-2", "x" * 62, "pool_0", "odd"):
            equal(names.get(name), 1, f"{version}: threads called {name} among {names}")


@test
def names_that_threads_give_themselves():
    source = pathlib.Path("named.c")
    source.write_text(r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>
static void *first(void *unused) { pthread_setname_np(pthread_self(), "by-pthread"); return unused; }
static void *second(void *unused) { prctl(PR_SET_NAME, "by-prctl"); return unused; }
int main(void)
{
	pthread_t a, b;
	pthread_create(&a, 0, first, 0);
	pthread_create(&b, 0, second, 0);
	pthread_join(a, 0);
	pthread_join(b, 0);
}
""")
    if run("cc", "-o", "named", source, "-lpthread").returncode:
        skip("nothing can be compiled here")
    record("named.ptf", "./named")
    names = names_of(whole("named.ptf"))
    equal(names, {"named": 1, "by-pthread": 1, "by-prctl": 1}, "names")


@test
def five_hundred_threads_under_a_small_limit_of_descriptors():
    code = ("import json, os, threading, time\n"
            "threading.stack_size(128 * 1024)\n"
            "go, cpu = threading.Event(), []\n"
            "def work():\n    go.wait()\n    end = time.thread_time() + 0.004\n"
            "    while time.thread_time() < end: pass\n    cpu.append(time.thread_time())\n"
            "t = [threading.Thread(target=work) for _ in range(500)]\n"
            "[x.start() for x in t]\n"
            "time.sleep(1)\n"
            "files = []\n"
            "for _ in range(400): files.append(os.open('/dev/null', os.O_RDONLY))\n"
            "go.set()\n[x.join() for x in t]\n"
            "print(json.dumps([sum(cpu), time.process_time(), max(files)]))\n")
    for source in ("auto", "timer"):
        done = run("sh", "-c", 'ulimit -n 1024; exec "$@"', "sh", PREC, "-q", "-o", "many.ptf",
                   "--source", source, "-F", "1000", "--", PYTHON, "-c", code)
        equal((done.returncode, done.stderr), (0, ""), "status and stderr")
        threads_cpu, cpu, highest = json.loads(done.stdout)
        equal(highest, 402, "the highest of the program's own descriptors")
        section = whole("many.ptf")
        equal(len(section.threads), 501, "threads")
        others = {thread["id"] for thread in section.threads.values() if not thread["main"]}
        seen = section.total(classes=ALL_CPU, threads=others) / 1e9
        check(abs(seen - threads_cpu) < 0.03 * threads_cpu + 0.05,
              f"{source}: threads have {seen:.3f} s, truly {threads_cpu:.3f} s")
        total = section.total(classes=ALL_CPU) / 1e9
        check(abs(total - cpu) < 0.01 * cpu + 0.05, f"{source}: {total:.3f} s of {cpu:.3f} s")
        equal(section["losses"].get("no_slot", 0), 0, "threads without a slot")


@test
def threads_made_by_clone_are_counted():
    source = pathlib.Path("raw.c")
    source.write_text(r"""
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static atomic_int left = 2;
static int burn(void *unused)
{
	struct timespec t;
	(void)unused;
	do syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &t);
	while (t.tv_nsec < 200000000);
	left--;
	syscall(SYS_exit, 0);
	return 0;
}
int main(void)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	struct timespec t;
	for (int i = 0; i < 2; i++)
		if (clone(burn, (char *)malloc(65536) + 65536, flags, 0) < 0) return 1;
	while (left) usleep(1000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	printf("%f\n", t.tv_sec + t.tv_nsec / 1e9);
}
""")
    if run("cc", "-o", "raw", source).returncode:
        skip("nothing can be compiled here")
    done = record("raw.ptf", "./raw")
    section = whole("raw.ptf")
    equal(section["losses"].get("raw_thread"), 2, "threads that are counted")
    total = section.total(classes=ALL_CPU) / 1e9
    check(abs(total - float(done.stdout)) < 0.02, f"{total:.3f} s, truly {done.stdout}")
    told = run(PINFO, "--summary", "raw.ptf").stdout
    check("2 threads were made past pthread_create" in told, told)


main()
