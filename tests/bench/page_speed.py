"""How long the page of pconv --to html takes to open, and to answer, in Chromium.

Pages of 10 million samples, in 2000 and in 20000 stacks (tests/support/make_trace.c),
and, for what a browser takes for any page, one of a thousand samples.  Each opening has a
new browser.  Times are medians; beside those of the clock stands the CPU time of the
page's thread, as the clock tells little where others use the machine, too.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OPENS = 7
PAGES = {"1 k samples": ("1000", "3"), "10 M, 2 k stacks": ("10000000", "8", "0", "2000"),
         "10 M, 20 k stacks": ("10000000", "8", "0", "20000")}
MOMENTS = ("loaded", "painted", "drawn", "shown", "cpu")


def why_not(consumers, chromium):
    """None, or why there is nothing to measure with."""
    if not chromium:
        return "there is no Chromium"
    if not shutil.which("node"):
        return "there is no node"
    if not (consumers / "node_modules" / "playwright-core").is_dir():
        return "playwright-core is not installed (tests/consumers/install.sh)"
    return None


def opened(environment, page):
    done = subprocess.run(["node", HERE / "page_speed.mjs", page, str(OPENS)], check=True,
                          env=environment, text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def median(values):
    """Of those that are known: a browser may see no first paint before the last."""
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.0f}" if known else "-"


def print_page(tools):
    consumers = tools.build / "consumers"
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or \
        shutil.which("google-chrome")
    print(f"\nThe HTML page in Chromium, medians of {OPENS} openings, in ms\n", flush=True)
    reason = why_not(consumers, chromium)
    if reason:
        print(f"left out: {reason}")
        return
    environment = {**os.environ, "CONSUMERS": str(consumers), "CHROMIUM": chromium}
    results = {}
    with tempfile.TemporaryDirectory(prefix="ptf-page.") as folder:
        trace, page = pathlib.Path(folder) / "made.ptf", pathlib.Path(folder) / "made.html"
        print(f"{'page':<20}{'MB':>6}" + "".join(f"{what:>9}" for what in MOMENTS))
        for name, made in PAGES.items():
            subprocess.run([tools.build / "tests" / "support" / "make_trace", trace, *made],
                           check=True)
            subprocess.run([tools.path("pconv"), "--quiet", trace, "-o", page], check=True)
            results[name] = opened(environment, page)
            print(f"{name:<20}{page.stat().st_size / 1e6:>6.1f}" + "".join(
                f"{median(result[what] for result in results[name]):>9}" for what in MOMENTS),
                flush=True)
    print(f"\n{'until it is seen':<20}" + "".join(f"{name:>24}" for name in PAGES))
    for use in results[next(iter(PAGES))][0]["uses"]:
        print(f"{use:<20}" + "".join(
            f"{median(result['uses'][use]['wall'] for result in results[name]):>12}"
            f"{median(result['uses'][use]['cpu'] for result in results[name]):>8} CPU"
            for name in PAGES))
