"""The flame graph in a browser, as a document and as a picture."""
from consumer import *


def used(svg, name, pattern):
    result = in_browser("flamegraph.mjs", svg, name, pattern)
    equal(result["errors"], [], "errors of the page")
    equal(result["asked"], [], "what it asked the network for")
    return result["seen"]


@test
def zoom_search_and_keys():
    for trace in (generated("made.ptf"), recorded("walk.ptf")):
        name = "step" if trace == "made.ptf" else "walk"
        seen = used(convert(trace, trace + ".svg", "--no-lines"), name, name)
        table = pconv_json(trace, "--metric", "cpu", "--min", "0")
        share = sum(function["ptf_total_ns"] for body in table["files"].values()
                    for function in body["functions"]
                    if function["line"] == name) / table["ptf_all_ns"] * 100
        check(seen["opened"]["inside"] and not seen["opened"]["zoomed"], "not all is shown at first")
        check(name in seen["hovered"]["tip"] and seen["hovered"]["tipShown"] == "visible",
              f"hovering shows {seen['hovered']['tip']!r}")
        check(seen["zoomed"]["zoomed"] and any(label.startswith(name)
              for label in seen["zoomed"]["labels"]), "a click does not zoom")
        check(seen["searched"]["matches"] > 0, "the search marks nothing")
        found = float(seen["searched"]["found"].split(" ")[0])
        if trace == "made.ptf":
            check(abs(found - share) < 0.02, f"the search finds {found} %, the table {share} %")
        equal((seen["search ended"]["matches"], seen["search ended"]["zoomed"]), (0, True),
              "after Escape: matches, zoomed")
        equal((seen["zoom ended"]["zoomed"], seen["zoom ended"]["frames"]),
              (False, seen["opened"]["frames"]), "after Escape again: zoomed, frames")
        equal(sorted(seen["flipped"]["labels"]), sorted(seen["opened"]["labels"]),
              "what is shown upside down")
        check(seen["walked"]["tipShown"] == "visible", "arrow keys show no frame")
        check(seen["narrow"]["inside"], "in a narrow window frames are outside of it")


@test
def deep_recursion():
    pathlib.Path("deep.py").write_text(
        "import sys, time\nsys.setrecursionlimit(9000)\ndef down(n):\n    if n:\n"
        "        return down(n - 1)\n    end = time.thread_time() + 0.4\n"
        "    while time.thread_time() < end:\n        pass\ndown(5000)\n")
    record("deep.ptf", PYTHON, "deep.py")
    seen = used(convert("deep.ptf", "deep.svg"), "down", "down")
    check(10 < seen["opened"]["frames"] < 2000, f"{seen['opened']['frames']} frames are drawn")


main()
