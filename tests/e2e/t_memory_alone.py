"""With prec --memory a program does what it does alone, also when there is no memory."""
from ptftest import *
from interpreters import SUPPORTED, interpreters
from heaptruth import Memory

SOURCE = PROGRAMS / "allocating.py"
MEMORY = ["--memory-interval", "4K"]
ALLOCATORS = {"jemalloc": "libjemalloc.so.2", "tcmalloc": "libtcmalloc_minimal.so.4"}


def built(name, *options):
    if not os.path.exists(name):
        done = run("cc", "-O1", "-g", "-D_GNU_SOURCE", "-pthread", *options,
                   PROGRAMS / f"{name}.c", "-o", name)
        check(done.returncode == 0, done.stderr)
    return os.path.abspath(name)


def alike(*command, rows_wanted=True, **keywords):
    """Status and both outputs, with and without."""
    alone = run(*command, **keywords)
    recorded = run(PREC, "--quiet", "-o", "alike.ptf", *MEMORY, "--", *command, **keywords)
    words = " ".join(map(str, command))[:60]
    # A signal is told as a shell does it.
    status = alone.returncode if alone.returncode >= 0 else 128 - alone.returncode
    equal(recorded.returncode, status, f"status of {words}")
    equal(recorded.stdout, alone.stdout, f"stdout of {words}")
    equal(recorded.stderr, alone.stderr, f"stderr of {words}")
    memory = Memory("alike.ptf")
    memory.never_below_nothing()
    if rows_wanted:
        check(memory.sum("alloc") > 0, f"nothing is recorded of {words}")
    return memory


def tool(name):
    if not shutil.which(name):
        skip(f"there is no {name}")


@test
def answers_of_allocators_that_have_no_memory():
    alike(built("mallocs"), "limits", rows_wanted=False)


@test
def Python_without_memory():
    code = ("import resource, sys\n"
            "resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))\n"
            "kept = []\n"
            "for size in (1 << 33, 1 << 40, sys.maxsize - 100):\n"
            "    for make in (bytes, bytearray, lambda n: [None] * (n // 8), lambda n: 'x' * n):\n"
            "        try: make(size)\n"
            "        except (MemoryError, OverflowError) as error: print(type(error).__name__, error)\n"
            "try:\n"
            "    while True: kept.append(bytes(1 << 24))\n"
            "except MemoryError: print('enough', 10 < len(kept) < 33)\n"
            "del kept\n"
            "print(len(bytes(1 << 26)))\n")
    alike(PYTHON, "-c", code)


@test
def a_shell_limits_memory():
    for kib in (400000, 120000):
        alike("sh", "-c", f'ulimit -v {kib}; exec "$@"', "sh", PYTHON, "-c",
              "try: print(len(bytes(300 << 20)))\nexcept MemoryError: print('no')")


@test
def threads_with_small_stacks():
    alike(built("mallocs"), "small", 8)
    alike(PYTHON, "-c", "import threading\nthreading.stack_size(32768)\nout = []\n"
          "def work(): out.append(sum(len(bytes(i)) for i in range(5000)))\n"
          "threads = [threading.Thread(target=work) for _ in range(8)]\n"
          "for t in threads: t.start()\nfor t in threads: t.join()\nprint(out)")


@test
def a_program_that_breaks_its_heap():
    alike(built("mallocs"), "twice", rows_wanted=False)
    alike(PYTHON, "-c", "import ctypes\nctypes.string_at(0)")


@test
def a_program_with_an_allocator_of_its_own():
    memory = alike(built("allocator", "-fno-builtin"), rows_wanted=False)
    equal(memory.losses["own_allocator"], 1, "loss own_allocator")


def preloads(name, library):
    def one():
        found = run("sh", "-c", f"ldconfig -p | grep -o '/.*{library}$' | head -n 1").stdout.strip()
        if not found:
            skip(f"there is no {library}")
        environment = dict(os.environ, LD_PRELOAD=found)
        for command in ([built("mallocs"), "small", 4], [PYTHON, "-c", "print(len([[] for _ in range(50000)]))"]):
            alike(*command, env=environment)
        check(run(built("mallocs"), "small", 1, env=environment).returncode == 0, "without prec")
        # It serves the program, behind ours.
        done = record("maps.ptf", "sh", "-c", "cat /proc/self/maps", options=MEMORY, env=environment)
        check(library.split(".so")[0] in done.stdout, f"{library} is not loaded")
    one.__name__ = f"behind {name}"
    return one


for name, library in ALLOCATORS.items():
    test(preloads(name, library))


@test
def allocators_of_Python():
    code = "import sys\nmade = [str(i) * 3 for i in range(100000)]\nprint(len(made), sys.flags)"
    for value in ("malloc", "debug", "malloc_debug", "pymalloc_debug", "pymalloc"):
        memory = alike(PYTHON, "-c", code, env=dict(os.environ, PYTHONMALLOC=value))
        share = memory.sum("alloc", "python") / memory.sum("alloc")
        check(share > 0.5, f"PYTHONMALLOC={value}: {share * 100:.0f} % are Python's")
    for options in (["-X", "dev"], ["-X", "tracemalloc"], ["-I", "-S"]):
        alike(PYTHON, *options, "-c", code)
    alike(PYTHON, "-c", "import tracemalloc\ntracemalloc.start()\nkept = [bytes(1000) for _ in range(20000)]\n"
          "now, most = tracemalloc.get_traced_memory()\nprint(now // 1000000, most // 1000000)\n"
          "tracemalloc.stop()\ndel kept\nprint(len([bytes(100) for _ in range(10000)]))")


@test
def every_Python():
    code = ("import gc, json, re, sys\n"
            "made = [{'a': i, 'b': [str(i)] * 3} for i in range(20000)]\n"
            "print(len(json.dumps(made)), len(re.sub('1', 'one', str(made))), gc.collect() >= 0)\n"
            "def recurse(n): return [n] + recurse(n - 1) if n else []\n"
            "print(len(recurse(900)))\n"
            "try:\n    recurse(10 ** 6)\nexcept RecursionError: print('too deep')\n"
            "exit(7)")
    found = interpreters(PYTHON)
    for version, (python, _) in sorted(found.items()):
        if version in SUPPORTED:
            alike(python, "-c", code)
    note("CPython " + ", ".join("%d.%d" % version for version in sorted(found)))


@test
def a_compiler_and_make():
    pathlib.Path("Makefile").write_text(
        "all: one.s two.s\n%.s: %.c\n\t@$(CC) -O2 -S -o $@ $< && cat $@\n")
    for name in ("one", "two"):
        pathlib.Path(f"{name}.c").write_text(f"int {name}(int n) {{ return n * {len(name)}; }}\n")
    alike("sh", "-c", "rm -f one.s two.s; make -s -j2 -Oline one.s && make -s two.s")
    alike("cc", "-O2", "-Wall", "-D_GNU_SOURCE", "-S", "-o", "-", PROGRAMS / "mallocs.c")


@test
def git_perl_bash_and_others():
    for name in ("git", "perl", "bash", "xz", "awk"):
        tool(name)
    date = "2001-02-03T04:05:06Z"
    environment = dict(os.environ, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date, HOME=os.getcwd(),
                       GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a",
                       GIT_COMMITTER_EMAIL="a@b", GIT_CONFIG_NOSYSTEM="1")
    alike("sh", "-ec", "rm -rf repo; git init -q repo; cd repo; cp $0 .; git add .;"
          " git commit -q -m one; git log -p --stat; git gc -q; git fsck; git count-objects",
          SOURCE, env=environment)
    alike("perl", "-e", 'my %h; $h{$_ x 3} = [1 .. 5] for 1 .. 50000; print scalar(keys %h), "\\n"')
    alike("bash", "-c", 'for i in {1..2000}; do a[$i]=$(echo $i); done; echo ${#a[@]} ${a[77]}'
          .replace("2000", "200"))
    alike("sh", "-c", "seq 1 100000 | sort -R --random-source=$0 | sort -n | xz -T2 | xz -d | "
          "awk '{ s[$1 % 1000] += $1 } END { for (k in s) n += s[k]; print n }'", SOURCE)


@test
def a_program_under_valgrind():
    tool("valgrind")
    alike("valgrind", "-q", "--error-exitcode=9", built("mallocs"), "limits", rows_wanted=False)


@test
def bad_intervals_are_refused():
    for text in ("0", "-1", "", "many", "4Q", "K", "1e3", "nan", "0.1", "1023", "2T"):
        done = run(PREC, "-o", "bad.ptf", "--memory-interval", text, "--", "true")
        equal(done.returncode, 2, f"status for the interval {text!r} ({done.stderr!r})")
        check("memory interval" in done.stderr, f"for {text!r} it says {done.stderr!r}")
        check(not os.path.exists("bad.ptf"), f"a trace for the interval {text!r}")
    text = run(PREC, "--help").stdout
    for option in ("--memory", "--memory-interval"):
        check(re.search(rf"^\s.*{option}\b", text, re.M), f"--help does not tell of {option}")


main()
