"""A recording of programs/timed.py, which knows when its marks and phases were."""
from ptftest import *


class Timed:
    def __init__(self, trace):
        answer = json.loads(record(trace, PYTHON, PROGRAMS / "timed.py", ROOT / "tools" / "python",
                                   options=["-F", "1000"]).stdout)
        origin_ns = pinfo(trace)["files"][0]["sections"][0]["origin_monotonic_ns"]
        self.section, self.spent = whole(trace), answer["spent"]
        self.period_ns = self.section["period_ns"]
        # (name, kind), earliest and latest time on the trace's axis
        self.marks = [((name, kind), first - origin_ns, last - origin_ns)
                      for name, kind, first, last in answer["marks"]]

    def check_marks(self, seen):
        """seen: [(name, kind, time on the trace's axis)] as something shows them."""
        seen = sorted(seen, key=lambda mark: mark[2])
        equal([mark[:2] for mark in seen], [mark[0] for mark in self.marks], "marks in their order")
        for (*what, at), (_, first, last) in zip(seen, self.marks):
            check(first - self.period_ns <= at <= last + self.period_ns,
                  f"{what} is at {at} ns, truly at {first} to {last}")

    def phases(self):
        """[(begin, end)] of the region "phase", in which inside() runs, and only there."""
        begins, ends = ([first for what, first, _ in self.marks if what == ("phase", kind)]
                        for kind in ("begin", "end"))
        return list(zip(begins, ends))

    def check_inside(self, times, slack_ns):
        """times: when inside() was seen on a processor."""
        check(len(times) > 10, f"inside() was seen {len(times)} times")
        for at in times:
            check(any(begin - slack_ns <= at <= end + slack_ns for begin, end in self.phases()),
                  f"inside() is seen at {at} ns, the phases are {self.phases()}")
