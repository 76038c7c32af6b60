"""pconv --open and --serve, and prec --web: the page reaches a browser, or the user
is told where it is."""
import http.client
import signal
import socket
import stat

from ptftest import *

HERE = pathlib.Path.cwd()


def browser():
    """A stand-in for a browser: writes down what it was asked to show."""
    path = HERE / "browser"
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.part" && mv "$0.part" "$0.asked"\n')
    path.chmod(0o755)
    asked = HERE / "browser.asked"
    asked.unlink(missing_ok=True)
    return path, asked


def surroundings(**more):
    """No display and no SSH but what is given."""
    plain = {key: value for key, value in os.environ.items()
             if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "BROWSER")}
    return {**plain, "TMPDIR": str(HERE), **more}


def trace():
    if not os.path.exists("made.ptf"):
        done = run(SUPPORT / "make_trace", "made.ptf", 3000, 2)
        check(done.returncode == 0, done.stderr)
    return "made.ptf"


def opened(*options, **variables):
    done = run(PCONV, "--open", trace(), *options, env=surroundings(**variables))
    check(done.returncode == 0, f"ended with {done.returncode}: {done.stderr}")
    return done.stdout.splitlines(), done.stderr


@test
def without_a_display_the_path_is_printed():
    for variables in ({}, {"DISPLAY": ":0", "SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}):
        (path,), err = opened(**variables)
        check("no display" in err, err)
        file = pathlib.Path(path)
        equal((file.parent.parent, file.name), (HERE, "made.html"), "the path")
        equal(stat.S_IMODE(file.parent.stat().st_mode), 0o700, "mode of its folder")
        check(file.read_text().startswith("<!DOCTYPE html>"), "that is no page")


@test
def the_named_browser_opens_it():
    for variables in ({}, {"SSH_TTY": "/dev/pts/1"}):
        path, asked = browser()
        (page,), _ = opened("-o", "out.html", BROWSER=f"{path} --new %s:other", **variables)
        wait_until(asked.exists)
        equal(asked.read_text(), "--new\nout.html\n", "arguments of the browser")
        equal(page, "out.html", "printed")


@test
def with_a_display_xdg_open_does():
    path, asked = browser()
    folder = HERE / "bin"
    folder.mkdir()
    (folder / "xdg-open").symlink_to(path)
    (page,), _ = opened(DISPLAY=":0", PATH=f"{folder}:{os.environ['PATH']}")
    wait_until((folder / "xdg-open.asked").exists)
    equal((folder / "xdg-open.asked").read_text(), f"{page}\n", "arguments of xdg-open")


@test
def a_browser_that_is_not_there_is_no_failure():
    (page,), err = opened(BROWSER="no-such-browser")
    check("no-such-browser" in err and pathlib.Path(page).exists(), err)


@test
def wrong_use_is_refused():
    for options in (("--open", "--to", "table"), ("--open", "-o", "-"), ("--serve", "x"),
                    ("--serve", "70000"), ("--serve", "0", "-o", "x.html")):
        done = run(PCONV, trace(), *options, env=surroundings())
        equal(done.returncode, 2, f"status of {options}")


def ask(port, method="GET", path="/", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Content-Type")


@test
def the_page_is_served_on_loopback_until_ctrl_c():
    run(PCONV, trace(), "-o", "out.html", env=surroundings())
    page = pathlib.Path("out.html").read_bytes()
    for number in (signal.SIGINT, signal.SIGTERM):
        server = subprocess.Popen([PCONV, "-q", "--serve", "0", trace()], stdout=subprocess.PIPE,
                                  env=surroundings(), text=True)
        try:
            address = server.stdout.readline()
            check(address.startswith("http://127.0.0.1:"), address)
            port = int(address.strip("/\n").rsplit(":", 1)[1])
            # Browsers open connections ahead; they keep nobody waiting.
            idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
            equal(ask(port), (200, page, "text/html; charset=utf-8"), "GET /")
            equal(ask(port, "HEAD")[:2], (200, b""), "HEAD /")
            equal(ask(port, path="/etc/passwd")[0], 404, "another path")
            equal(ask(port, "POST")[0], 405, "POST")
            equal(ask(port, Host="evil.example")[0], 421, "another host's name")
            equal(ask(port, Host=f"localhost:{port}")[0], 200, "localhost")
            equal(ask(port, More="x" * 10000)[0], 431, "a long head")
            taken = run(PCONV, "--serve", port, trace(), env=surroundings())
            equal(taken.returncode, 1, "status where the port is taken")
            with socket.socket() as other:
                other.settimeout(5)
                # All of 127/8 is this machine, but only 127.0.0.1 is served.
                check(other.connect_ex(("127.0.0.2", port)) != 0, "served elsewhere too")
            for one in idle:
                one.close()
            server.send_signal(number)
            equal(server.wait(10), 0, f"status after {number.name}")
        finally:
            server.kill()


@test
def prec_web_opens_the_page():
    path, asked = browser()
    done = run(PREC, "--web", "-o", "web.ptf", "--", PYTHON, "-c", "print(1)",
               env=surroundings(BROWSER=str(path)))
    equal((done.returncode, done.stdout), (0, "1\n"), "status and output of the program")
    wait_until(asked.exists)
    page = pathlib.Path(asked.read_text().strip())
    equal(page.name, "web.html", "the page's name")
    check(str(page) in done.stderr, "prec does not say where it is")


main()
