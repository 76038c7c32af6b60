"""Folded stacks in speedscope."""
from consumer import *


@test
def speedscope_counts_the_same_cpu_time():
    for trace in (generated("made.ptf"), recorded("walk.ptf")):
        profiles = speedscope(convert(trace, trace + ".folded"))
        equal(len(profiles), 1, "profiles")
        cpu_us = pinfo(trace)["cpu_ns"] / 1000
        # Each stack is rounded to a microsecond.
        check(abs(profiles[0]["total"] - cpu_us) <= profiles[0]["count"],
              f"{trace}: speedscope has {profiles[0]['total']} us, pinfo {cpu_us} us")


main()
