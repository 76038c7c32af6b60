"""What recording costs, in CPU time.

The ratio of the CPU time that a program needs for the same work when it is
recorded to the time it needs alone, each measured by the program itself. The
processor's speed changes by tens of percent from one second to the next where
others share the machine, so a pair of processes, one alone and one recorded,
lives at the same time on one processor and takes turns of about 20 ms, in the
order A B B A: what disturbs one disturbs the other. A pair's ratio is the
median of its turns'. Shown are the median of the pairs and an interval of it,
by ranks: where a process lies in memory makes it faster or slower for all its
life, so the pair, not the turn, is what was repeated.

What a process pays once, for its start, is told beside it.
"""
import collections
import json
import math
import os
import re
import statistics
import subprocess
import tempfile

import measure

HEAD = (f"  {'':26} {'median':>7}   {'95 % interval':14} {'start ms':>8} "
        f"{'own start ms':>12} {'own us/row':>10}")
LEGEND = """
  start: CPU time that is added to a program that does nothing else than start.
  own: CPU time of the recorder itself, beside the program: for its start and end,
  and for each row that it writes.
"""
START_PAIR_COUNT = 20
OWN_PAIR_COUNT = 5
OWN_UNIT_COUNT = 100

Case = collections.namedtuple("Case", "name recorder options why_not")


def interval(values):
    """Two values that hold the median with at least 95 %, by ranks; None if too few."""
    ordered, n = sorted(values), len(values)
    rank, below = 0, 0.0
    while rank < n // 2:
        below += math.comb(n, rank) / 2 ** n
        if 2 * below > 0.05:
            break
        rank += 1
    return (ordered[rank - 1], ordered[n - rank]) if rank else None


def ratio_text(ratios):
    limits = interval(ratios)
    return (f"{statistics.median(ratios):7.4f}   " +
            ("{:.4f}..{:.4f}".format(*limits) if limits else "too few pairs "))


class Cost:
    def __init__(self, program, pair_count, turn_count, log):
        self.program = program
        self.pair_count, self.turn_count, self.log = pair_count, turn_count, log
        self.cpu = max(os.sched_getaffinity(0))

    def ratio(self, command, number):
        """Of one pair of processes."""
        alone, recorded = [], []
        players = [(measure.Turns(self.program, self.cpu), alone),
                   (measure.Turns(command, self.cpu), recorded)]
        for turn in range(self.turn_count):
            for player, times in players if (turn + number) % 2 else reversed(players):
                times.append(player.take())
        for player, _ in players:
            player.end()
        if self.log:
            print(json.dumps({"command": command, "alone_ns": alone,
                              "recorded_ns": recorded}), file=self.log, flush=True)
        return statistics.median(b / a for a, b in zip(alone, recorded))

    def ratios(self, command):
        return [self.ratio(command, number) for number in range(self.pair_count)]

    def once(self, command, unit_count, pair_count):
        """Medians of what is added to the program's CPU time, and of the recorder's own."""
        added, own = [], []
        for number in range(pair_count):
            commands = [self.program + [str(unit_count)], command + [str(unit_count)]]
            answers = [measure.run(command) for command in commands[::1 if number % 2 else -1]]
            alone, recorded = answers[::1 if number % 2 else -1]
            added.append(recorded.cpu - alone.cpu)
            own.append(recorded.everything - recorded.cpu - (alone.everything - alone.cpu))
        return statistics.median(added), statistics.median(own)

    def own(self, command, case, trace, start):
        """CPU time of the recorder for each row, beyond its start."""
        start_rows = case.recorder.rows(trace)
        own = self.once(command, OWN_UNIT_COUNT, OWN_PAIR_COUNT)[1] - start
        return own / (case.recorder.rows(trace) - start_rows)

    def show(self, case):
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, "trace")
            wrap = case.recorder.record(trace, *case.options) if case.recorder else []
            command = wrap + self.program
            ratios = self.ratios(command)
            start, own_start = self.once(command, 0, START_PAIR_COUNT)
            own = self.own(command, case, trace, own_start) if case.recorder else 0
        print(f"  {case.name:26} {ratio_text(ratios)}"
              f" {start * 1e3:8.2f} {own_start * 1e3:12.1f} {own * 1e6:10.1f}", flush=True)


def cases(tools, perf):
    yield Case("alone", None, [], None)
    yield Case("prec, default rate", tools, [], None)
    yield Case("prec --source timer", tools, ["--source", "timer"], None)
    for rate in ("1000", "10000"):
        yield Case(f"prec -F {rate}", tools, ["-F", rate], None)
    for rate in ("100", "1000", "10000"):
        options = ["-F", rate, "-g"]
        yield Case(f"perf record {' '.join(options)}", perf, options, perf.why_not(*options))


def print_cost(tools, perf, pair_count, turn_count, log, program_regex, case_regex):
    for title, name in (("pure-Python", "pure.py"), ("numpy", "numeric.py")):
        if not re.search(program_regex, name):
            continue
        program = measure.program(name)
        if subprocess.run(program + ["0"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode:
            print(f"Cost, a {title} program: skipped, it does not run here; "
                  f"is python3-numpy installed?\n")
            continue
        print(f"Cost, a {title} program; recorded : alone, {pair_count} pairs of processes "
              f"in {turn_count} turns\n\n{HEAD}", flush=True)
        cost = Cost(program, pair_count, turn_count, log)
        for case in cases(tools, perf):
            if not re.search(case_regex, case.name):
                continue
            if case.why_not:
                print(f"  {case.name:26} skipped: {case.why_not}")
            else:
                cost.show(case)
        print(flush=True)
    print(LEGEND)
