"""--to perfetto: every row, weight, counter and mark of the trace is in it.

What Perfetto itself makes of it is in tests/consumers/t_perfetto.py.
"""
import collections
import re

from ptftest import *

import pftrace
from timedmarks import Timed

CLASSES = ("unknown", "python", "native", "kernel", "runnable", "gil", "wait")
CPU_CLASSES = CLASSES[:4]
# TracePacket
TIMESTAMP, CLOCKS, EVENT, INTERNED, FLAGS, DEFAULTS, DESCRIPTOR, PERF, STACK, HEAP = (
    8, 6, 11, 12, 13, 59, 60, 66, 135, 37)
SLICE_BEGIN, SLICE_END, INSTANT, COUNTER, STATE = 1, 2, 3, 4, 5

PROGRAM = ROOT / "tests/support/examples/walk.py"


def numbers(data):
    """Packed varints."""
    at, result = 0, []
    while at < len(data):
        value, at = pftrace.varint(data, at)
        result.append(value)
    return result


class Perfetto:
    """A trace as a reader of it would hold it."""

    def __init__(self, path):
        self.kinds = collections.Counter()
        self.names = collections.defaultdict(dict)  # {field of InternedData: {iid: ...}}
        self.samples = []  # (time, {field: value})
        self.tracks, self.events = {}, []
        self.clocks, self.followers = [], []
        self.heaps = []  # ProfilePackets
        data = pathlib.Path(path).read_bytes()
        self.groups = sum(1 for _ in pftrace.fields(data))
        for packet in map(pftrace.message, pftrace.packets(data)):
            self.take(packet)

    def take(self, packet):
        for kind in set(packet) & {CLOCKS, EVENT, INTERNED, DESCRIPTOR, PERF, STACK}:
            self.kinds[kind] += 1
        at = packet.get(TIMESTAMP, [None])[0]
        if DEFAULTS in packet:
            stacks = pftrace.message(packet[DEFAULTS][0]).get(100, [b""])[0]
            self.followers = [pftrace.message(one)[2][0].decode()
                              for one in pftrace.message(stacks).get(3, [])]
        for data in packet.get(INTERNED, []):
            for field, value in pftrace.fields(data):
                entry = pftrace.message(value)
                check(entry[1][0] not in self.names[field], f"{field}: told twice")
                self.names[field][entry[1][0]] = entry
        for data in packet.get(CLOCKS, []):
            self.clocks.append({clock[1][0]: clock[2][0] for clock in map(
                pftrace.message, pftrace.message(data)[1])})
        for data in packet.get(DESCRIPTOR, []):
            track = pftrace.message(data)
            check(track[1][0] not in self.tracks, "a track is told twice")
            self.tracks[track[1][0]] = track
        for data in packet.get(EVENT, []):
            event = pftrace.message(data)
            check(event[11][0] in self.tracks, "an event of no track")
            self.events.append((at, event))
        self.heaps += map(pftrace.message, packet.get(HEAP, []))
        for data in packet.get(STACK, []) + packet.get(PERF, []):
            self.samples.append((at, pftrace.message(data)))

    def text(self, field, iid):
        return self.names[field][iid][2][0].decode()

    def thread(self, sample):
        """(pid, tid) of a sample."""
        if 2 in sample and self.kinds[STACK]:
            context = self.names[48][sample[2][0]]
            return context[2][0], context[3][0]
        return sample[2][0], sample[3][0]

    def frame(self, iid):
        """(function, file, line, kind)"""
        frame = self.names[6][iid]
        source = self.text(18, frame[5][0]) if 5 in frame else ""
        return (self.text(5, frame[2][0]), source, frame.get(6, [0])[0],
                frame.get(7, [0])[0])

    def stack(self, sample):
        """Frames, outermost first."""
        iid = sample.get(6 if self.kinds[STACK] else 4)
        return [self.frame(frame) for frame in self.names[7][iid[0]][2]] if iid else []

    def weights(self, sample):
        return dict(zip(self.followers, numbers(sample[14][0])))

    def track_name(self, uuid):
        return self.tracks[uuid].get(2, [b""])[0].decode()

    def events_of(self, name):
        return [(at, event) for at, event in self.events
                if self.track_name(event[11][0]) == name]


def convert(trace, *options, out=None):
    out = out or f"{trace}.pftrace"
    done = run(PCONV, "-q", *([trace] if isinstance(trace, str) else trace), "-o", out,
               "--to", "perfetto", *options)
    check(done.returncode == 0, f"pconv ended with {done.returncode}: {done.stderr}")
    return Perfetto(out)


def traces():
    """A recorded and a generated one, once for all tests."""
    if not os.path.exists("run.ptf"):
        record("run.ptf", PYTHON, PROGRAM)
        # 4000 rows about memory, which are no samples of time.
        done = run(SUPPORT / "make_trace", "made.ptf", 20000, 3, 0, 0, 4000)
        check(done.returncode == 0, done.stderr)
    return "run.ptf", "made.ptf"


@test
def every_row_with_its_weight_and_thread():
    for trace in traces():
        told, got = pinfo(trace), convert(trace)
        equal(len(got.samples), told["samples"], f"{trace}: samples")
        equal(got.kinds[PERF], 0, "samples for old versions")
        equal(sum(sample[11][0] for _, sample in got.samples), told["cpu_ns"], "CPU time")
        sums = collections.defaultdict(collections.Counter)
        for _, sample in got.samples:
            sums[got.thread(sample)].update(got.weights(sample))
        for thread in told["threads"]:
            counted = sums.pop((thread["pid"], thread["tid"]), {})
            for name in CLASSES:
                equal(counted.get(name, 0), thread[f"{name}_ns"],
                      f"{trace}: {name} of thread {thread['tid']}")
        equal(dict(sums), {}, "threads that are not in the trace")


@test
def every_line_has_its_time():
    for trace in traces():
        got, wanted = convert(trace), collections.Counter()
        lines = collections.Counter()
        for frames, cls, _, ns in whole(trace).stacks():
            if frames and cls in ALL_CPU and frames[-1][3] == "python":
                wanted[tuple(frames[-1][:3])] += ns
        for _, sample in got.samples:
            stack = got.stack(sample)
            if stack and stack[-1][3] == 3:
                lines[stack[-1][:3]] += sample[11][0]
        check(wanted, "no Python lines in the trace")
        equal({line: ns for line, ns in lines.items() if ns},
              {line: ns for line, ns in wanted.items() if ns}, f"{trace}: CPU time by line")


@test
def old_versions_get_all_rows_too():
    for trace in traces():
        told, got = pinfo(trace), convert(trace, "--perfetto-compat")
        equal(len(got.samples), told["samples"], "samples")
        equal(got.kinds[STACK], 0, "samples for new versions")
        equal(sum(sample[6][0] for _, sample in got.samples), told["cpu_ns"], "CPU time")
        check(all(frame[3][0] in got.names[19] for frame in got.names[6].values()),
              "a frame without a mapping")
        check(all(event[9][0] != STATE for _, event in got.events), "a state")
        new = convert(trace)
        equal(collections.Counter(map(got.thread, (s for _, s in got.samples))),
              collections.Counter(map(new.thread, (s for _, s in new.samples))),
              "samples by thread")


@test
def all_time_on_request():
    told, got = pinfo("run.ptf"), convert("run.ptf", "--metric", "wall")
    equal(sum(sample[11][0] for _, sample in got.samples),
          sum(told[f"{name}_ns"] for name in CLASSES), "time")


@test
def protoc_reads_it_by_the_schema():
    for options in ((), ("--perfetto-compat",)):
        got = convert("made.ptf", *options)
        plain = run(sys.executable, ROOT / "tests/support/pftrace.py", "made.ptf.pftrace",
                    text=False).stdout
        done = run("protoc", "--decode=perfetto.protos.Trace",
                   f"--proto_path={ROOT / 'schemas'}", "perfetto.proto", input=plain,
                   text=False)
        check(done.returncode == 0, done.stderr)
        shown = done.stdout.decode()
        unknown = re.findall(r"^\s*\d+(?::| \{).*", shown, re.M)
        equal(unknown[:3], [], "fields that the schema lacks")
        name = "perf_sample" if options else "stack_sample"
        equal(len(re.findall(rf"^  {name} {{", shown, re.M)), len(got.samples), name)


@test
def the_class_of_a_thread_over_time():
    for options in ((), ("--perfetto-compat",)):
        got = convert("run.ptf", *options)
        events = collections.defaultdict(list)
        for at, event in got.events_of("Class of time"):
            events[event[11][0]].append((at, event))
        threads = {tuple(got.thread(sample)) for _, sample in got.samples}
        equal(len(events), len(threads), "tracks")
        seen = set()
        for track in events.values():
            times = [at for at, _ in track]
            equal(times, sorted(times), "events in order of time")
            seen.update(got.text(2, event[10][0]) for _, event in track if 10 in event)
            last = track[-1][1]
            check(last[9][0] == SLICE_END if options else last[23] == [b""],
                  "the last state does not end")
            if options:
                check(all(a[1][9] != b[1][9] for a, b in zip(track, track[1:])),
                      "slices inside of slices")
        check(any(name.startswith("wait") for name in seen) and "Python" in seen,
              f"the states are {seen}")


@test
def cpu_time_by_class_is_all_of_it():
    for trace in traces():
        told, got = pinfo(trace), convert(trace)
        for name, label in zip(CPU_CLASSES, ("unsampled", "Python", "native", "kernel")):
            total = 0
            events = collections.defaultdict(list)
            for at, event in got.events_of(f"CPU {label}"):
                events[event[11][0]].append((at, event[44][0]))
            for track in events.values():
                total += sum(value / 100 * (after - at) for (at, value), (after, _)
                             in zip(track, track[1:]))
                equal(track[-1][1], 0, "the last value")
            wanted = told[f"{name}_ns"]
            # Values are rounded to a hundredth of a percent.
            check(abs(total - wanted) <= 1e-4 * told["elapsed_ns"] * max(1, len(events)),
                  f"{trace}: {label}: {total} ns, not {wanted}")


@test
def counters_are_as_recorded():
    got = convert("run.ptf")
    dump = run(PINFO, "--dump", "run.ptf").stdout
    wanted = [int(value) for value in re.findall(
        r'^counter metric="rss" .* value=(\d+)$', dump, re.M)]
    check(wanted, "the trace has no rss")
    # None is left when the process has ended.
    equal([event[30][0] for _, event in got.events_of("rss")], [*wanted, 0], "rss")
    track = got.tracks[got.events_of("rss")[0][1][11][0]]
    equal(pftrace.message(track[8][0])[3], [3], "unit of rss")
    check(3 in got.tracks[track[5][0]], "rss is not below its process")


@test
def clocks_come_first():
    got = convert("run.ptf")
    dump = run(PINFO, "--dump", "run.ptf").stdout
    start = re.search(r"origin_monotonic_ns=(\d+)", dump)
    equal(got.clocks[0][3], int(start[1]), "MONOTONIC at time 0")
    check(set(got.clocks[0]) == {1, 3, 4, 6}, f"clocks {set(got.clocks[0])}")
    offset = got.clocks[0][6] - got.clocks[0][3]
    check(0 <= offset, "BOOTTIME is behind MONOTONIC")
    first = min(at for at, _ in got.samples)
    check(0 <= first - got.clocks[0][6] < 2e9, "samples are not on the axis of the clocks")


@test
def equal_numbers_stay_apart():
    got = convert(("made.ptf", "made.ptf"), out="twice.pftrace")
    equal(len(got.samples), 2 * pinfo("made.ptf")["samples"], "samples")
    equal(len({got.thread(sample) for _, sample in got.samples}),
          2 * len(pinfo("made.ptf")["threads"]), "threads")


@test
def marks_and_facts_are_slices():
    got = convert("made.ptf")
    marks = got.events_of("Marks")
    equal([event.get(23, [b""])[0] for _, event in marks], [b"phase one", b""], "marks")
    facts = {}
    for _, event in got.events_of("Recording"):
        for fact in map(pftrace.message, event.get(4, [])):
            facts[fact[10][0].decode()] = (fact.get(6) or fact.get(4))[0]
    equal(facts["producer"], b"make_trace", "producer")
    equal(facts["run.command"], b"python3 made_up.py --fast", "command")
    equal(facts["not recorded.torn.count"], 2, "losses")


def marks_of(got):
    """[(name, kind, time on the trace's axis)], and what is open at the end by track."""
    start, marks, open_slices = got.clocks[0][6], [], collections.defaultdict(list)
    for at, event in got.events_of("Marks"):
        track, kind = open_slices[event[11][0]], event[9][0]
        name = track.pop() if kind == SLICE_END else event[23][0].decode()
        if kind == SLICE_BEGIN:
            track.append(name)
        marks.append((name, {SLICE_BEGIN: "begin", SLICE_END: "end", INSTANT: "instant"}[kind],
                      at - start))
    return marks, open_slices


CROSSING = """
import ptf, time
outer, inner, crossing = ptf.region("outer"), ptf.region("inner"), ptf.region("crossing")
outer.__enter__()
inner.__enter__(); time.sleep(0.01); inner.__exit__(None, None, None)
inner.__enter__(); time.sleep(0.01)
crossing.__enter__(); time.sleep(0.01)
ptf.mark("instant")
inner.__exit__(None, None, None)
outer.__exit__(None, None, None)
time.sleep(0.01)
crossing.__exit__(None, None, None)
"""


@test
def phases_that_cross_are_on_tracks_of_their_own():
    record("crossing.ptf", PYTHON, "-c", CROSSING,
           env=dict(os.environ, PYTHONPATH=str(ROOT / "tools/python")))
    told = [(mark["name"], mark["kind"], mark["time_ns"]) for mark in pinfo("crossing.ptf")["marks"]]
    marks, tracks = marks_of(convert("crossing.ptf"))
    equal(sorted(marks), sorted(told), "phases")
    equal(len(tracks), 2, "tracks for one crossing")
    check(not any(tracks.values()), "a phase is left open")


@test
def marks_and_what_ran_are_where_the_program_was():
    timed = Timed("timed.ptf")
    got = convert("timed.ptf")
    timed.check_marks(marks_of(got)[0])
    timed.check_inside([at - got.clocks[0][6] for at, sample in got.samples
                        if any(got.weights(sample).get(name) for name in CPU_CLASSES)
                        and any(frame[0] == "inside" for frame in got.stack(sample))],
                       timed.period_ns)


@test
def a_part_of_the_trace_says_so():
    got = convert("made.ptf", "--thread", "4000")
    equal(len({got.thread(sample) for _, sample in got.samples}), 1, "threads")
    facts = [pftrace.message(fact) for _, event in got.events_of("Recording")
             for fact in event.get(4, [])]
    check(any(fact[10] == [b"selected"] for fact in facts), "nothing says what is selected")


@test
def many_samples_come_in_groups():
    run(SUPPORT / "make_trace", "many.ptf", 100000, 8)
    got = convert("many.ptf")
    equal(len(got.samples), 100000, "samples")
    check(got.groups > 4, f"{got.groups} compressed packets")


@test
def memory_is_a_heap_profile_of_each_process():
    trace = traces()[1]
    for options in ((), ("--perfetto-compat",)):
        got = convert(trace, *options)
        equal([heap[7][0] for heap in got.heaps], list(range(len(got.heaps))), "indexes")
        found = collections.defaultdict(dict)  # {(pid, heap): {line: (allocated, freed)}}
        for heap in got.heaps:
            dump, = map(pftrace.message, heap[5])
            rows = found[dump[1][0], dump[11][0].decode()]
            stacks = [got.names[7][sample[1][0]][2] for sample in map(pftrace.message, dump[2])]
            equal(len(set(map(tuple, stacks))), len(stacks), "stacks of a heap")
            for stack, sample in zip(stacks, map(pftrace.message, dump[2])):
                file, line = [got.frame(iid)[1:3] for iid in stack if got.frame(iid)[1]][-1]
                before = rows.get((file, line), (0, 0))
                rows[file, line] = before[0] + sample[2][0], before[1] + sample[3][0]
        for pid in (4000, 4001):
            lines = memory_of_lines(trace, "--process", pid)
            of = {name: found.pop((pid, name)) for name in (
                "Python", "native", "held at the peak", "copied")}
            both = [of["Python"], of["native"]]
            places = set(of["Python"]) | set(of["native"])
            equal({place: sum(heap.get(place, (0, 0))[0] for heap in both) for place in places},
                  lines["alloc"], f"allocated by {pid}")
            left = {place: sum(allocated - freed for allocated, freed in (
                heap.get(place, (0, 0)) for heap in both)) for place in places}
            equal({place: amount for place, amount in left.items() if amount}, lines["live"],
                  f"left of {pid}")
            equal({place: pair[0] for place, pair in of["held at the peak"].items()},
                  lines["peak"], f"peak of {pid}")
            equal({place: pair[0] for place, pair in of["copied"].items()}, lines["copy"],
                  f"copied by {pid}")
        equal(dict(found), {}, "heaps of nobody")
    equal(convert(traces()[0]).heaps, [], "heaps without memory")


main()
