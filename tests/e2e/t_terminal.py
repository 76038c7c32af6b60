"""On a terminal: the same terminal, Ctrl-C, Ctrl-\\, Ctrl-Z and fg."""
from ptftest import *

CODE = """
import sys, time, os
print('ready', flush=True)
try:
    end = time.time() + 20
    while time.time() < end:
        sum(range(10000))
except KeyboardInterrupt:
    print('interrupted', flush=True)
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    print('cleaned', flush=True)
    sys.exit(7)
"""


def under(trace, *command):
    return Terminal(PREC, "--quiet", "-o", trace, "--", *command)


@test
def the_terminal_is_the_programs():
    code = ("import os, sys, termios, fcntl\nprint([os.isatty(n) for n in (0, 1, 2)], "
            "os.ttyname(0) == os.ttyname(1), os.tcgetpgrp(0) == os.getpgrp(), "
            "termios.tcgetattr(0)[:4], os.getsid(0) != os.getpid(), "
            "os.get_terminal_size())\nprint(input('name? '))\n")
    texts = []
    for terminal in (Terminal(PYTHON, "-c", code), under("tty.ptf", PYTHON, "-c", code)):
        terminal.saw("name? ")
        terminal.type("jo\n")
        equal(terminal.end(), 0, "status")
        texts.append(terminal.text)
    check("[True, True, True] True True" in texts[0], f"the test itself: {texts[0]!r}")
    equal(texts[1], texts[0], "what the terminal shows")


@test
def Ctrl_C_is_seen_once_and_the_trace_is_complete():
    terminal = under("interrupt.ptf", PYTHON, "-c", CODE)
    terminal.saw("ready")
    time.sleep(0.5)
    terminal.type("\x03")
    equal(terminal.end(), 7, "status")
    equal(terminal.text.count("interrupted"), 1, "KeyboardInterrupts")
    check("cleaned" in terminal.text, "the program was not allowed to clean up")
    section = whole("interrupt.ptf")
    functions = section.functions()
    check(section.total() > 0.5e9, "the time before and after the interrupt is missing")
    check(functions, "there are no functions")


@test
def Ctrl_C_kills_a_program_that_does_not_care():
    code = CODE.replace("KeyboardInterrupt", "ZeroDivisionError")
    ends = []
    for terminal in (Terminal(PYTHON, "-c", code), under("dead.ptf", PYTHON, "-c", code)):
        terminal.saw("ready")
        time.sleep(0.3)
        terminal.type("\x03")
        ends.append(terminal.end())
        equal(terminal.text.count("KeyboardInterrupt"), 1, "tracebacks")
    equal(ends[0], -signal.SIGINT, "the test itself: end without prec")
    # A shell shows 130 for both.
    check(ends[1] in (128 + signal.SIGINT, -signal.SIGINT), f"end under prec: {ends[1]}")
    process = list(whole("dead.ptf").processes.values())[0]
    equal(process["exit_status"], 128 + signal.SIGINT, "exit_status in the trace")


@test
def Ctrl_backslash_quits_the_program_not_prec():
    terminal = under("quit.ptf", "sh", "-c", "ulimit -c 0; echo ready; exec sleep 20")
    terminal.saw("ready")
    time.sleep(0.3)
    terminal.type("\x1c")
    code = terminal.end()
    check(code in (128 + signal.SIGQUIT, -signal.SIGQUIT), f"end {code}")
    whole("quit.ptf")


@test
def Ctrl_Z_stops_the_job_and_fg_goes_on():
    code = ("import time\nprint('ready', flush=True)\nend = time.process_time() + 2\n"
            "while time.process_time() < end: sum(range(10000))\nprint('done', flush=True)\n")
    terminal = under("stop.ptf", PYTHON, "-c", code)
    terminal.saw("ready")
    time.sleep(0.5)
    terminal.type("\x1a")
    equal(terminal.event("stopped", 10), signal.SIGTSTP, "signal that stopped prec")
    stopped = time.monotonic()
    # It is the job that stopped: nobody works on.
    time.sleep(1.5)
    terminal.drain(0.1)
    check("done" not in terminal.text, "the program worked on while stopped")
    terminal.foreground()
    equal(terminal.end(), 0, "status")
    check("done" in terminal.text, "the program did not finish")
    section = whole("stop.ptf")
    equal(round(section.total() / 2e9), 1, "CPU time in units of two seconds")
    check(time.monotonic() - stopped > 1.5, "the test itself")


@test
def a_program_that_reads_the_terminal_in_raw_mode():
    code = ("import sys, tty, termios\nold = termios.tcgetattr(0)\ntty.setraw(0)\n"
            "print('raw', flush=True)\nkey = sys.stdin.buffer.raw.read(1)\n"
            "termios.tcsetattr(0, termios.TCSADRAIN, old)\nprint('key', key)\n")
    terminal = under("raw.ptf", PYTHON, "-c", code)
    terminal.saw("raw")
    terminal.type("\x03")
    equal(terminal.end(), 0, "status")
    check(r"key b'\x03'" in terminal.text, f"the terminal shows {terminal.text!r}")


@test
def the_summary_on_a_terminal_is_plain_text_with_NO_COLOR():
    environment = dict(os.environ, NO_COLOR="1", TERM="xterm-256color")
    terminal = Terminal(PREC, "--cli", "-o", "color.ptf", "--", PYTHON, PROGRAMS / "spin.py",
                        "0.5", environment=environment)
    equal(terminal.end(), 0, "status")
    check("\x1b[3" not in terminal.text and "\x1b[1" not in terminal.text,
          f"colours: {terminal.text[:300]!r}")


main()
