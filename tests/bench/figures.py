"""The figures of `make bench`, as tables.  See run.sh and --help."""
import argparse
import contextlib
import os

from cost import print_cost
from diffs import print_diffs
from exports import print_exports
from itself import print_itself
from measure import Perf, Tools
from memory_cost import print_memory
from page_speed import print_page
from size import print_size
from speed import print_speed

# One processor for one program, and the same work in every run.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="0")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("build", help="the build folder")
parser.add_argument("--only", choices=("cost", "size", "speed", "exports", "diffs", "memory", "page",
                                       "itself"),
                    help="this part")
parser.add_argument("--pairs", type=int, default=24, help="of processes, for each cost (%(default)s)")
parser.add_argument("--turns", type=int, default=40,
                    help="of each process of a pair, about 20 ms each (%(default)s)")
parser.add_argument("--program", default="", metavar="REGEX",
                    help="costs for programs of this name (pure, numeric; objects, "
                         "arrays, blocks)")
parser.add_argument("--case", default="", metavar="REGEX", help="costs of cases of this name")
parser.add_argument("--base", metavar="BUILD",
                    help="another build, which the tools are compared with (itself)")
parser.add_argument("--log", help="a file for the CPU time of every turn, as JSON lines")
options = parser.parse_args()

tools, perf = Tools(options.build), Perf()
if options.only in (None, "cost"):
    with open(options.log, "w") if options.log else contextlib.nullcontext() as log:
        print_cost(tools, perf, options.pairs, options.turns, log, options.program,
                   options.case)
if options.only in (None, "size"):
    print_size(tools, perf)
if options.only in (None, "speed"):
    print_speed(tools)
if options.only in (None, "exports"):
    print_exports(options.build)
if options.only in (None, "diffs"):
    print_diffs(options.build)
if options.only in (None, "memory"):
    with open(options.log, "a") if options.log else contextlib.nullcontext() as log:
        print_memory(tools, options.pairs, options.turns, log, options.program, options.case)
if options.only in (None, "page"):
    print_page(tools)
if options.only in (None, "itself"):
    print_itself(tools, options.base)
