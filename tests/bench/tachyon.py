"""Our samples in the binary format of CPython 3.15's profiler (Tachyon).

Only to compare sizes: its own profiler cannot record another version's
programs. Where our samples hold less than its own would, the encoder leaves it
out, in its favour: one frame for a line, not one for each instruction of it
with its columns and opcode; no marks for native code or the collector.

A file is a header of 64 bytes, the records as one zstd stream, a table of
strings, a table of frames, a footer of 32 bytes. A record is a thread, an
interpreter, and how its stack differs from the thread's last one.
"""
import collections
import struct
import subprocess

Sample = collections.namedtuple("Sample", "thread time_us stack on_cpu")  # stack: leaf first
Frame = collections.namedtuple("Frame", "file function line")

REPEAT, FULL, SUFFIX, POP_PUSH = range(4)
HEADER = struct.Struct("<II4BQQQIQQII")
RECORD = struct.Struct("<QIB")
FOOTER = struct.Struct("<IIQ16x")
HEADER_BYTES = 64
RUN_BYTES_MAX = 16384
DEPTH_MAX = 256
HAS_GIL, ON_CPU = 1, 2
PYTHON_FUNCTION = 1
CPU_CLASSES = (1, 2, 3)


def samples(dump):
    """Of the text of dump_rows, in the order of time."""
    strings, functions, frames, nodes, rows = {0: ""}, {}, {}, {0: ()}, []
    thread = 0
    for line in dump.splitlines():
        word, _, rest = line.partition(" ")
        if word == "string":
            number, _, text = rest.partition(" ")
            strings[int(number)] = text[1:-1]
        elif word == "function":
            number, name, file, _, kind = map(int, rest.split()[:5])
            functions[number] = (strings[file], strings[name], kind)
        elif word == "frame":
            number, function, at = map(int, rest.split()[:3])
            file, name, kind = functions.get(function, ("", "", 0))
            frames[number] = Frame(file, name, at) if kind == PYTHON_FUNCTION else None
        elif word == "node":
            number, parent, frame = map(int, rest.split())
            own = (frames[frame],) if frames[frame] else ()
            nodes[number] = own + nodes[parent]
        elif word == "thread":
            head = rest.split()
            thread = int(head[0]) if head[1] == "count" else thread
        elif word == "row":
            time_ns, node, kind = map(int, rest.split()[:3])
            rows.append(Sample(thread, time_ns // 1000, nodes[node][:DEPTH_MAX],
                               kind in CPU_CLASSES))
        elif word == "block" and " samples thread " in line:
            thread = int(line.split(" thread ")[1].split()[0])
    return sorted(rows, key=lambda row: row.time_us)


def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    return number(value << 1 if value >= 0 else ~value << 1 | 1)


class Thread:
    def __init__(self, start_us):
        self.time_us, self.stack, self.run, self.run_count = start_us, [], bytearray(), 0


def difference(last, stack):
    """The kind of record and its numbers, by the writer's own rule."""
    shared = 0
    while shared < min(len(last), len(stack)) and last[-1 - shared] == stack[-1 - shared]:
        shared += 1
    pop, push = len(last) - shared, len(stack) - shared
    if not pop and not push:
        return REPEAT, []
    if shared and not pop:
        return SUFFIX, [shared, push, *stack[:push]]
    if shared and shared >= len(stack) // 2:
        return POP_PUSH, [pop, push, *stack[:push]]
    return FULL, [len(stack), *stack]


def records(rows, frame_id):
    threads = collections.defaultdict(lambda: Thread(rows[0].time_us))
    out = bytearray()

    def end_run(number_, thread):
        if thread.run_count:
            out.extend(RECORD.pack(number_, 0, REPEAT) + number(thread.run_count) + thread.run)
            thread.run.clear()
            thread.run_count = 0

    for row in rows:
        thread = threads[row.thread]
        stack = [frame_id(frame) for frame in row.stack]
        stamp = number(row.time_us - thread.time_us) + bytes(
            [HAS_GIL | ON_CPU if row.on_cpu else 0])
        kind, numbers = difference(thread.stack, stack)
        if kind != REPEAT or len(thread.run) + len(stamp) > RUN_BYTES_MAX:
            end_run(row.thread, thread)
        if kind == REPEAT:
            thread.run += stamp
            thread.run_count += 1
        else:
            out += RECORD.pack(row.thread, 0, kind) + stamp + b"".join(map(number, numbers))
        thread.time_us, thread.stack = row.time_us, stack
    for number_, thread in threads.items():
        end_run(number_, thread)
    return bytes(out), len(threads)


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", *options], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def encode(rows, period_us):
    strings, frames = {}, {}

    def string_id(text):
        return strings.setdefault(text, len(strings))

    def frame_id(frame):
        key = (string_id(frame.file), string_id(frame.function), frame.line)
        return frames.setdefault(key, len(frames))

    stream, thread_count = records(rows, frame_id)
    packed = zstd(stream, "-5", "--no-check")
    string_table = b"".join(number(len(text.encode())) + text.encode() for text in strings)
    nowhere = signed(-1) + signed(0) + b"\xff"  # no column, no end, no opcode
    frame_table = b"".join(number(file) + number(function) + signed(line) + signed(0) + nowhere
                           for file, function, line in frames)
    strings_at = HEADER_BYTES + len(packed)
    frames_at = strings_at + len(string_table)
    size = frames_at + len(frame_table) + FOOTER.size
    header = HEADER.pack(0x54414348, 1, 3, 15, 0, 0, rows[0].time_us, period_us, len(rows),
                         thread_count, strings_at, frames_at, 1, 0)
    data = (header.ljust(HEADER_BYTES, b"\0") + packed + string_table + frame_table +
            FOOTER.pack(len(strings), len(frames), size))
    if decode(data) != rows:
        raise AssertionError("tachyon.py: what was encoded does not decode to the same samples")
    return data


class Bytes:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def fixed(self, layout):
        self.at += layout.size
        return layout.unpack_from(self.data, self.at - layout.size)

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self):
        value = self.number()
        return ~(value >> 1) if value & 1 else value >> 1


def decode(data):
    """The samples of a file: a size counts only if everything is in it."""
    (_, _, _, _, _, _, start_us, _, count, _, strings_at, frames_at, _, _) = HEADER.unpack_from(
        data)
    string_count, frame_count, _ = FOOTER.unpack_from(data, len(data) - FOOTER.size)
    table = Bytes(data, strings_at)
    strings = [table.take(table.number()).decode() for _ in range(string_count)]
    table, frames = Bytes(data, frames_at), []
    for _ in range(frame_count):
        file, function, line = table.number(), table.number(), table.signed()
        table.signed(), table.signed(), table.signed(), table.take(1)
        frames.append(Frame(strings[file], strings[function], line))

    rows, last = [], {}
    stream = Bytes(zstd(data[HEADER_BYTES:strings_at], "-d"))

    def sample(thread, stack):
        time_us = last.get(thread, (start_us,))[0] + delta
        last[thread] = (time_us, stack)
        rows.append(Sample(thread, time_us, tuple(frames[i] for i in stack), status != 0))

    while stream.at < len(stream.data):
        thread, _, kind = stream.fixed(RECORD)
        stack = last.get(thread, (0, []))[1]
        if kind == REPEAT:
            for _ in range(stream.number()):
                delta, status = stream.number(), stream.take(1)[0]
                sample(thread, stack)
            continue
        delta, status = stream.number(), stream.take(1)[0]
        first, push = stream.number() if kind != FULL else 0, stream.number()
        kept = {FULL: [], SUFFIX: stack, POP_PUSH: stack[first:]}[kind]
        sample(thread, [stream.number() for _ in range(push)] + kept)
    return rows if len(rows) == count else None
