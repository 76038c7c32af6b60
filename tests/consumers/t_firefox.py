"""The format firefox, in the Firefox Profiler's own code."""
from consumer import *

CLASSES = ("unknown", "python", "native", "kernel", "runnable", "gil", "wait")


class Profiler:
    """A session of profiler-cli, whose daemon ends with it."""

    def __init__(self, file):
        self.program = need_package("@firefox-devtools/profiler-cli") / "dist/profiler-cli.js"
        self.node = need("node")
        self.environment = dict(os.environ, HOME=os.getcwd())
        self.name = f"ptf{os.getpid()}"
        done = self.run("load", os.path.abspath(file))
        # It gives its daemon half a second to start, which a busy machine does not.
        if done.returncode and "most likely still starting" in done.stderr + done.stdout:
            wait_until(lambda: self.run("status").returncode == 0, seconds=60, step=0.5)
            done = self.run("status")
        if done.returncode:
            self.run("stop", self.name)
            raise AssertionError(f"profiler-cli did not load {file}: {done.stderr}")

    def run(self, *words):
        session = () if words[0] == "stop" else ("--session", self.name)
        return run(self.node, self.program, *words, *session, env=self.environment)

    def ask(self, *words):
        done = self.run(*words, "--json")
        check(done.returncode == 0, f"{words}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run("stop", self.name)


def shown(trace, *options):
    """Time in ns by thread id: what its functions spend."""
    found = {}
    with Profiler(convert(trace, "shown.firefox.json", *options)) as profiler:
        for thread in profiler.ask("thread", "list")["threads"]:
            functions = profiler.ask("thread", "functions", "--include-idle", "--limit", "0",
                                     "--thread", thread["threadHandle"])
            equal(functions["weightType"], "tracing-ms", "weights")
            found[thread["tid"]] = {function["functionIndex"]: function["selfSamples"] * 1e6
                                    for function in functions["functions"]}
        counters = profiler.ask("counter", "list")["counters"]
    return found, counters


@test
def firefox_shows_the_time_of_threads():
    record("threads.ptf", PYTHON, PROGRAMS / "truth.py", 0.5)
    for trace in (generated("made.ptf"), "threads.ptf"):
        for options, names in ((("--metric", "cpu"), CLASSES[:4]), ((), CLASSES)):
            found, counters = shown(trace, *options)
            for thread in pinfo(trace)["threads"]:
                wanted = sum(thread[f"{name}_ns"] for name in names)
                got = sum(found[thread["tid"]].values())
                check(abs(got - wanted) < 1000,
                      f"thread {thread['tid']} of {trace} has {got} ns, not {wanted}")
            # One for each thing that is counted: make_trace has two cards.
            wanted = sum(2 if metric["name"] == "gpu" else 1
                         for metric in pinfo(trace)["metrics"] if metric["points"])
            equal(len(counters), wanted, f"counters of {trace}")


main()
