#!/usr/bin/env python3
"""A second decoder of ptf traces, written from schemas/FORMAT.md alone.

    refdec.py FILE             prints what tests/support/dump_rows.c prints
    refdec.py --payload FILE   writes the decompressed payload
    refdec.py --index FILE     checks the index of each section against its Blocks

It knows sound traces only and trades speed for shortness. zstd(1) unpacks.
"""
import struct
import subprocess
import sys

HEADER_TEXT = b"\x89PTF\r\n\x1a\n\0\xfftrace\n"
INDEX_TEXT = b"\x89PTF\r\n\x1a\n\0\xffindex\n"


# ------------------------------------------------------------------ protobuf

def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def zigzag(value):
    return value >> 1 if value % 2 == 0 else -(value >> 1) - 1


class Message:
    """Fields of a message by number: every value that stands, in order."""

    def __init__(self, data):
        self.fields = {}
        at = 0
        while at < len(data):
            tag, at = varint(data, at)
            kind = tag & 7
            if kind == 0:
                value, at = varint(data, at)
            elif kind == 1:
                value, at = struct.unpack_from("<Q", data, at)[0], at + 8
            elif kind == 2:
                size, at = varint(data, at)
                value, at = data[at:at + size], at + size
                assert len(value) == size
            else:
                assert kind == 5
                value, at = struct.unpack_from("<I", data, at)[0], at + 4
            self.fields.setdefault(tag >> 3, []).append(value)

    def number(self, field):
        return self.fields.get(field, [0])[-1]

    def signed(self, field):
        return zigzag(self.number(field))

    def bytes(self, field):
        return self.fields.get(field, [b""])[-1]

    def messages(self, field):
        return [Message(data) for data in self.fields.get(field, [])]

    def single(self, field):
        pieces = self.fields.get(field, [b""])
        if len(pieces) != 1:
            raise ValueError("split column")
        return pieces[0]

    def column(self, field):
        data, values, at = self.single(field), [], 0
        while at < len(data):
            value, at = varint(data, at)
            values.append(value)
        return values

    def signed_column(self, field):
        return [zigzag(value) for value in self.column(field)]


# ---------------------------------------------------------------------- text

def quote(data):
    return '"' + "".join(
        chr(c) if 0x20 <= c <= 0x7E and c not in b'"\\' else "\\x%02x" % c for c in data) + '"'


def attributes(messages):
    return "".join(" %s=%s" % (quote(m.bytes(1)), quote(m.bytes(2))) for m in messages)


def ids(column):
    return " [" + " ".join(map(str, column)) + "]"


def known(value, highest):
    return value if value <= highest else 0


# ------------------------------------------------------------------- columns

def pair(gaps, values, count):
    """Which rows are listed, with which value."""
    if not gaps and values:
        assert len(values) == count
        return dict(enumerate(values))
    assert len(gaps) == len(values)
    listed, row = {}, 0
    for gap, value in zip(gaps, values):
        row += gap
        assert row < count
        listed[row] = value
        row += 1
    return listed


def changes(gaps, values, count):
    listed, current, rows = pair(gaps, values, count), 0, []
    for row in range(count):
        current = listed.get(row, current)
        rows.append(current)
    return rows


def sums(values):
    total, out = 0, []
    for value in values:
        total += value
        out.append(total)
    return out


def kinds_of(m, count):
    """Kind ids: a byte a row, and what does not fit one."""
    low, high = m.single(8), iter(m.column(9))
    assert len(low) == count
    kinds = [255 + next(high) if byte == 255 else byte for byte in low]
    assert next(high, None) is None
    return kinds


def values_of(m, count):
    multiple = pair(m.column(3), m.column(4), count)
    exact = pair(m.column(5), m.signed_column(6), count)
    scale = m.number(2)
    return [exact[r] if r in exact else multiple.get(r, 1) * scale for r in range(count)]


def stamps_of(m, count, weights, resolution):
    shift = pair(m.column(5), m.signed_column(6), count)
    late = m.signed_column(7) or [0] * count
    assert len(late) == count
    ns, moved, highest, out = 0, m.signed(3), None, []
    for row in range(count):
        if row:
            ns += weights[row] if 0 <= weights[row] <= 1 << 46 else 0
        moved += shift.get(row, 0)
        step = moved + ns // resolution + late[row]
        highest = step if highest is None else max(step, highest)
        out.append(highest * resolution)
    return out


# -------------------------------------------------------------------- blocks

class Decoder:
    def __init__(self):
        self.section = -1
        self.first_line = {}
        self.kind = {}
        self.blocks = []  # (kind, rows, thread, first time, last time)

    def note(self, kind, rows, thread=0, times=None):
        self.blocks.append((kind, rows, thread, times))

    def start(self, m):
        self.section += 1
        self.first_line = {}
        self.kind = {0: (0, 0)}
        self.blocks = []
        self.resolution = m.number(10) or 1
        self.time_metric = m.number(12)
        print("block %d start version %d.%d features %x %x %x trace %s producer %s"
              " origin %d %d resolution %d period %d time_metric %d%s"
              % (self.section, m.number(1), m.number(2), m.number(3), m.number(4), m.number(5),
                 m.bytes(6).hex(), quote(m.bytes(7)), m.signed(8), m.signed(9), self.resolution,
                 m.number(11), self.time_metric, attributes(m.messages(13))))
        self.note(1, 1)

    def definitions(self, m):
        print("block %d definitions" % self.section)
        first = iter(m.column(1))
        for i, data in enumerate(m.fields.get(2, []), next(first)):
            print("string", i, quote(data))
        for i, v in enumerate(m.messages(3), next(first)):
            print("module", i, v.number(1), quote(v.bytes(2)))
        functions = list(zip(*[m.column(field) for field in range(4, 10)]))
        for i, f in enumerate(functions, next(first)):
            self.first_line[i] = f[4]
            print("function", i, f[0], f[1], f[2], known(f[3], 4), f[4], f[5])
        offset = 0
        scopes = m.column(10)
        for i, (scope, position) in enumerate(zip(scopes, m.signed_column(11)), next(first)):
            if scope % 2:
                offset = (offset + position) % (1 << 64)
                print("frame", i, 0, 0, scope // 2, offset)
            else:
                line = self.first_line.get(scope // 2, 0) + position
                print("frame", i, scope // 2, line, 0, 0)
        parents, new_node = m.column(12), next(first)
        for i, (parent, frame) in enumerate(zip(parents, m.column(13)), new_node):
            print("node", i, i - parent, frame)
        for i, v in enumerate(m.messages(14), next(first)):
            print("metric", i, v.number(1), v.number(2), known(v.number(3), 2),
                  known(v.number(4), 3), v.number(5))
        for i, v in enumerate(m.messages(15), next(first)):
            print("class", i, known(v.number(1), 6), v.number(2))
        kinds = m.column(17)
        for i, (below, cls) in enumerate(zip(m.signed_column(16), kinds), next(first)):
            self.kind[i] = (new_node - below, cls)
            new_node = max(new_node, new_node - below + 1)
            print("kind", i, *self.kind[i])
        for i, v in enumerate(m.messages(18), next(first)):
            print("label_set %d%s%s" % (i, ids(v.column(1)), ids(v.column(2))))
        for i, v in enumerate(m.messages(19), next(first)):
            print("process %d %d %d %d %d%s%s" % (
                i, v.number(1), v.number(2), v.signed(3), v.number(4), ids(v.column(5)),
                attributes(v.messages(6))))
        for i, v in enumerate(m.messages(20), next(first)):
            print("thread", i, v.number(1), v.number(2), v.number(3), v.signed(4))
        self.note(2, len(functions) + len(scopes) + len(parents) + len(kinds) + sum(
            len(m.fields.get(field, [])) for field in (2, 3, 14, 15, 18, 19, 20)))

    def samples(self, m):
        count = m.number(2)
        kinds = kinds_of(m, count)
        columns = [(v.number(1), values_of(v, count)) for v in m.messages(10)]
        weights = dict(columns).get(self.time_metric, [m.number(4)] * count)
        times = stamps_of(m, count, weights, self.resolution)
        labels, cpu, task = (
            changes(m.column(f), m.column(f + 1), count) for f in (11, 13, 15))
        print("block %d samples thread %d count %d period %d"
              % (self.section, m.number(1), count, m.number(4)))
        for row in range(count):
            print("row", times[row], *self.kind[kinds[row]], labels[row], cpu[row],
                  task[row], *["%d=%d" % (k, v[row]) for k, v in columns])
        self.note(3, count, m.number(1), times)

    def aggregates(self, m):
        print("block %d aggregates metric %d" % (self.section, m.number(1)))
        node = m.column(2)
        zero = [0] * len(node)
        squares = [v[0] for v in struct.iter_unpack("<d", m.bytes(8))]
        low, high = m.signed_column(9), m.signed_column(10)
        rows = zip(node, m.column(3), m.column(4) or zero, m.column(5) or zero, m.column(6),
                   m.signed_column(7))
        for i, row in enumerate(rows):
            print("sum", *row, *(["squares %.17g" % squares[i]] if squares else []),
                  *(["range", low[i], high[i]] if low else []))
        self.note(4, len(node))

    def edges(self, m):
        print("block %d edges metric %d" % (self.section, m.number(1)))
        rows = list(zip(m.column(2), m.column(3), m.column(4), m.signed_column(5)))
        threads = m.column(6) or [0] * len(rows)
        for row, thread in zip(rows, threads):
            print("edge", *row, *(["thread", thread] if thread else []))
        self.note(5, len(rows))

    def counters(self, m):
        print("block %d counters metric %d process %d thread %d instance %d"
              % (self.section, m.number(1), m.number(2), m.number(3), m.number(4)))
        times = [(m.signed(5) + step) * self.resolution for step in sums(m.column(6))]
        for time, value in zip(times, sums(m.signed_column(7))):
            print("point", time, (value + (1 << 63)) % (1 << 64) - (1 << 63))
        self.note(6, len(times), m.number(3), times)

    def marks(self, m):
        marks = m.messages(1)
        print("block %d marks %d" % (self.section, len(marks)))
        for v in marks:
            print("mark", v.signed(1), v.number(2), known(v.number(3), 4), v.number(4))
        self.note(7, len(marks), 0, [v.signed(1) for v in marks])

    def clock(self, m):
        print("block %d clock %d %d %d %d %d %d %s" % (
            self.section, m.signed(1), m.signed(2), m.signed(3), m.number(4), m.signed(6),
            m.signed(7), quote(m.bytes(5))))
        self.note(8, 1)

    def facts(self, m):
        print("block %d facts" % self.section)
        for v in m.messages(1):
            print("source", v.number(1), v.number(3), v.number(4), v.number(5),
                  "%016x" % v.number(6), v.number(7), v.number(8), quote(v.bytes(2)))
        for v in m.messages(2):
            print("symbol", *[v.number(f) for f in range(1, 6)])
        for v in m.messages(3):
            print("thread_name", v.number(1), v.signed(2), v.number(3))
        for v in m.messages(4):
            print("thread_end", v.number(1), v.signed(2), v.number(3))
        for v in m.messages(5):
            print("process_end", v.number(1), v.signed(2), v.signed(3),
                  *[v.number(f) for f in range(4, 10)])
        for v in m.messages(6):
            print("process_image %d %d %d%s%s" % (
                v.number(1), v.signed(2), v.number(3), ids(v.column(4)),
                attributes(v.messages(5))))
        self.note(9, sum(len(v) for v in m.fields.values()))

    def losses(self, m):
        losses = m.messages(1)
        print("block %d losses %d" % (self.section, len(losses)))
        for v in losses:
            print("loss", *[v.number(f) for f in range(1, 6)])
        self.note(10, len(losses))

    def end(self, m):
        print("block %d end %d %d %d" % (self.section, m.signed(1), m.number(2), m.number(3)))
        self.note(11, 1)

    kinds = {1: start, 2: definitions, 3: samples, 4: aggregates, 5: edges, 6: counters,
             7: marks, 8: clock, 9: facts, 10: losses, 11: end}

    def payload(self, data):
        at = 0
        while at < len(data):
            assert data[at] == 0x0A
            size, at = varint(data, at + 1)
            block = Message(data[at:at + size])
            at += size
            for field, contents in block.fields.items():
                if field in self.kinds:
                    try:
                        self.kinds[field](self, Message(contents[0]))
                    except ValueError:
                        pass  # a damaged Block is left out


# ---------------------------------------------------------------------- files

def unzstd(data):
    return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def payload_of(path):
    with open(path, "rb") as f:
        data = f.read()
    return data if data[:1] == b"\x0a" else unzstd(data)


def check_index(path):
    """Walks back from the end, then compares each index with the Blocks."""
    with open(path, "rb") as f:
        data = f.read()
    end, sections = len(data), []
    while end:
        length, size, zero = struct.unpack_from("<QII", data, end - 40)
        assert zero == 0 and data[end - 16:end] == INDEX_TEXT
        start = end - length
        magic, rest = struct.unpack_from("<II", data, start)
        assert (magic, rest) == (0x184D2A5A, 72) and data[start + 8:start + 24] == HEADER_TEXT
        assert struct.unpack_from("<II", data, end - size) == (0x184D2A5B, size - 8)
        sections.insert(0, (start, Message(data[end - size + 8:end - 40])))
        end = start
    for start, index in sections:
        decoder, at, expected, previous = Decoder(), start, [], 0
        for gap, size, content, blocks in zip(*[index.column(f) for f in range(4, 8)]):
            at += gap
            payload = unzstd(data[at:at + size])
            assert len(payload) == content
            before = len(decoder.blocks)
            decoder.payload(payload)
            assert len(decoder.blocks) - before == blocks
            at += size
        columns = [index.column(8), index.column(9), index.column(10), sums(index.signed_column(11)),
                   index.column(12)]
        assert len(columns[0]) == len(decoder.blocks)
        for (kind, rows, thread, times), entry in zip(decoder.blocks, zip(*columns)):
            assert (kind, rows, thread) == entry[:3]
            step = decoder.resolution
            if times:
                assert min(times) - 2 * step < entry[3] <= min(times)
                assert max(times) <= entry[3] + entry[4] < max(times) + 2 * step
            else:
                assert entry[3] == previous and entry[4] == 0
            previous = entry[3]
        rows = {}
        for kind, count, thread, _ in decoder.blocks:
            if kind == 3:
                rows[thread] = rows.get(thread, 0) + count
        assert rows == dict(zip(index.column(13), index.column(14)))
        assert index.number(1) == sum(rows.values())


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--payload":
        sys.stdout.buffer.write(payload_of(arguments[1]))
    elif len(arguments) == 2 and arguments[0] == "--index":
        check_index(arguments[1])
    elif len(arguments) == 1:
        Decoder().payload(payload_of(arguments[0]))
    else:
        sys.exit("usage: refdec.py [--payload|--index] FILE")


main(sys.argv[1:])
