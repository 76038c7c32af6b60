"""Programs that know what they allocate (programs/allocating.py, mallocs.c), and whether the
rows of a trace say the same.

How far an estimate may be off
------------------------------
Blocks are sampled, as schemas/FORMAT.md says ("Memory"): one of s bytes has a row
with probability p = 1 - exp(-s / interval), of value s / p.  The sum over known
blocks then has a variance of sum(s^2 * (1 - p) / p), which is computed from what the
program says that it did, never from the trace.  Five sigmas are given: of a thousand
comparisons one in two thousand runs goes wrong.  Where blocks are large beside the
interval nothing is left of the variance, so that such sums must be exact; what
Python allocates beside, on the same line, is taken as STRAY_BYTES in tiny pieces.
What was freed is told of just those blocks that were sampled: what a part gives back
adds nothing to the error of what it holds.
"""
from ptftest import *
import math

SOURCE = PROGRAMS / "allocating.py"
SIGMAS = 5
STRAY_BYTES = 2000

Row = collections.namedtuple("Row", "section time_ns thread kind domain stack bytes")
# section: its number; thread: (tid, pid); kind: alloc, free, copy; domain: python, native;
# stack: (function or symbol, file, line), innermost first.


def unescaped(text):
    return re.sub(r"\\x(..)", lambda match: chr(int(match[1], 16)), text[1:-1]) \
        .encode("latin-1").decode("utf-8", "replace")


class _Section:
    def __init__(self):
        self.strings, self.functions, self.frames = {0: ""}, {}, {}
        self.nodes, self.metrics, self.classes, self.symbols = {}, {}, {}, {}
        self.processes, self.threads = {}, {}
        self.attributes = {}

    def stack(self, node):
        found = []
        while node:
            node, frame = self.nodes[node]
            function, line = self.frames[frame]
            name, file = self.functions.get(function, (0, 0))
            name = name or self.symbols.get(frame, 0)
            found.append((self.strings[name], self.strings[file], line))
        return tuple(found)


KINDS = {"alloc_bytes": "alloc", "free_bytes": "free", "copy_bytes": "copy"}
# Of the classes that are known without a definition.
DOMAINS = {PYTHON_CPU: "python", NATIVE: "native"}


class Memory:
    """All rows about memory of a trace, in the order of time."""

    def __init__(self, path, may_be_damaged=False):
        done = run(SUPPORT / "dump_rows", path)
        check(may_be_damaged or done.returncode == 0, f"dump_rows: {done.stdout[-200:]}")
        self.rows, self.losses, self.footprints = [], collections.Counter(), []
        self.sections = []
        for line in done.stdout.splitlines():
            self._take(line)
        self.rows = [row._replace(stack=self.sections[row.section].stack(row.stack))
                     for row in self.rows]
        # Times are rounded: of the same one an allocation may be what is freed.
        self.rows.sort(key=lambda row: (row.time_ns, row.kind == "free"))
        attributes = self.sections[0].attributes
        self.interval = int(attributes.get("memory.interval_bytes", 0))
        self.copy_interval = int(attributes.get("memory.copy_interval_bytes", 0))

    def _take(self, line):
        word, _, rest = line.partition(" ")
        if word == "block":
            number, _, rest = rest.partition(" ")
            self._block(int(number), rest)
            return
        if not self.sections:
            return
        section = self.section
        if word == "string":
            number, _, text = rest.partition(" ")
            section.strings[int(number)] = unescaped(text)
        elif word == "symbol":
            frame, name, _, _, depth = map(int, rest.split())
            if not depth:
                section.symbols[frame] = name
        elif word in ("function", "frame", "node", "metric", "class", "process", "thread"):
            number, *values = rest.split()
            number = int(number)
            if word == "function":
                is_python = values[3] == "1"
                section.functions[number] = int(values[0]), int(values[1]) if is_python else 0
            elif word == "frame":
                section.frames[number] = int(values[0]), int(values[1])
            elif word == "node":
                section.nodes[number] = int(values[0]), int(values[1])
            elif word == "metric":
                section.metrics[number] = section.strings[int(values[0])]
            elif word == "class":
                section.classes[number] = int(values[0])
            elif word == "process":
                section.processes[number] = int(values[0])
            else:
                section.threads[number] = int(values[1]), section.processes[int(values[0])]
        elif word == "row":
            self._row(rest.split())
        elif word == "loss":
            kind, _, _, count, _ = map(int, rest.split())
            self.losses[section.strings[kind]] += count
        elif word == "point" and self.counter:
            time_ns, value = map(int, rest.split())
            self.footprints.append((time_ns, self.counter, value))

    def _block(self, number, rest):
        while len(self.sections) <= number:
            self.sections.append(_Section())
        self.number, self.section, self.counter = number, self.sections[number], None
        kind, _, rest = rest.partition(" ")
        if kind == "start":
            found = re.findall(r'"((?:memory|recording)[.\w]*)"="([^"]*)"', rest)
            self.section.attributes = dict(found)
        elif kind == "samples":
            self.thread = int(rest.split()[1])
        elif kind == "counters":
            _, metric, _, process, *_ = rest.split()
            if self.section.metrics[int(metric)] == "footprint":
                self.counter = self.section.processes[int(process)]

    def _row(self, words):
        time_ns, node, class_id = map(int, words[:3])
        for column in words[6:]:
            metric, _, value = column.partition("=")
            kind = KINDS.get(self.section.metrics[int(metric)])
            if kind and int(value):
                kind_of_class = self.section.classes.get(class_id, class_id)
                self.rows.append(Row(self.number, time_ns, self.section.threads[self.thread],
                                     kind, DOMAINS.get(kind_of_class, "?"), node, int(value)))

    def sum(self, kind, domain=None, where=lambda row: True):
        return sum(row.bytes for row in self.rows if row.kind == kind
                   and (domain is None or row.domain == domain) and where(row))

    def held(self, domain=None, where=lambda row: True):
        return self.sum("alloc", domain, where) - self.sum("free", domain, where)

    def never_below_nothing(self):
        """No stack of a process frees more than it has allocated, at any time."""
        held = collections.Counter()
        for row in self.rows:
            if row.kind == "copy":
                continue
            key = row.thread[1], row.stack, row.domain
            held[key] += row.bytes if row.kind == "alloc" else -row.bytes
            check(held[key] >= 0, f"{key} holds {held[key]} bytes at {row.time_ns} ns")


def line_of(file, number):
    """Rows that are charged to a line: that of the innermost Python frame."""
    def where(row):
        for function, its_file, line in row.stack:
            if its_file:
                return its_file == file and line == number
        return False
    return where


def function_of(name):
    """Rows of a native function without Python."""
    return lambda row: bool(row.stack) and row.stack[0][0] == name


def bytes_of(blocks):
    return sum(size * count for size, count in blocks)


def standard_error(blocks, interval):
    """Of an estimate of the sum of these blocks, see above."""
    variance = 0.0
    for size, count in blocks:
        p = -math.expm1(-size / interval)
        variance += count * size * size * (1 - p) / p
    return math.sqrt(variance)


def allowance(blocks, interval):
    """Bytes that a sum over these blocks may be off."""
    sigma = math.hypot(standard_error(blocks, interval), math.sqrt(STRAY_BYTES * interval))
    # Values are whole numbers.
    return SIGMAS * sigma + sum(count for _, count in blocks)


def near(got, blocks, interval, what):
    """What is wrong with a sum over known blocks, as a list."""
    true, allowed = bytes_of(blocks), allowance(blocks, interval)
    print(f"{what:40} true {true / 1e6:9.3f} MB  seen {got / 1e6:9.3f} MB  allowed "
          f"{allowed / 1e6:.3f}", file=sys.stderr)
    if abs(got - true) > allowed:
        return [f"{what} {got / 1e6:.3f} MB, truly {true / 1e6:.3f} MB "
                f"({allowed / 1e6:.3f} allowed)"]
    return []


def truths(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def judge_part(memory, part, where, what):
    """What is wrong with a part, whose rows are those that where() says."""
    if part["kind"] == "copy":
        return near(memory.sum("copy", None, where), part["allocated"], memory.copy_interval, what)
    domain, interval = part["kind"], memory.interval
    wrong = near(memory.sum("alloc", domain, where), part["allocated"], interval, what)
    return wrong + near(memory.held(domain, where), part["held"], interval, what + " held")


def judge(memory, truth):
    """What is wrong with the parts of a Python process."""
    wrong = []
    for part in truth["parts"]:
        on_line = line_of(truth["file"], part["line"])

        def where(row):
            return row.thread[1] == truth["pid"] and on_line(row)
        wrong += judge_part(memory, part, where, f"{part['name']} of {truth['pid']}")
        if part["freed_by"]:
            tids = {row.thread[0] for row in memory.rows if row.kind == "free" and where(row)
                    and row.bytes > 100000}
            if tids != {part["freed_by"]}:
                wrong.append(f"{part['name']} is freed by {tids}, truly {part['freed_by']}")
    return wrong


def record_memory(trace, *command, interval="16K", options=(), **keywords):
    done = record(trace, *command, options=["--memory-interval", interval, *options], **keywords)
    memory = Memory(trace)
    check(memory.interval, "the trace does not say memory.interval_bytes")
    return done, memory
