"""Marks of a Python program in the profile traces that prec records.

    import ptf

    ptf.mark("checkpoint written")
    with ptf.region("load"):
        ...
    @ptf.profile
    def train(): ...            # a region named like the function

    ptf.stop(); ...; ptf.start()  # not recorded meanwhile

Every tool shows them, and ``--region NAME`` selects what ran in one.  The
module needs nothing but the standard library and runs with any Python 3.
In a program that is not recorded every function here does nothing.

A region belongs to the thread that enters it.  A coroutine may leave a region
on another thread than it was entered on only where the event loop moved it,
which asyncio does not.
"""
import ctypes
import functools
import inspect

__all__ = ["is_recorded", "mark", "region", "profile", "start", "stop"]

# enum ptf_mark_kind of <ptf/types.h>
_INSTANT, _BEGIN, _END = 0, 1, 2


def _find_agent():
    """The function that the recorder's agent has brought into this process."""
    try:
        # PyDLL: it is called with the GIL held, as it takes no time and the
        # calling thread must not be switched between the clock and the record.
        function = ctypes.PyDLL(None).ptf_agent_mark
    except (AttributeError, OSError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
    function.restype = None
    return function


_agent = _find_agent()


def stop():
    """Nothing is recorded any more, of any process, until start().

    What runs meanwhile costs next to nothing and is counted as not recorded.
    """
    if _agent is not None:
        ctypes.PyDLL(None).ptf_agent_switch(0)


def start():
    """Recording goes on after stop() or, with ``prec --delay``, begins."""
    if _agent is not None:
        ctypes.PyDLL(None).ptf_agent_switch(1)


def is_recorded():
    """Whether prec records this process."""
    return _agent is not None


def _send(kind, name):
    text = name.encode("utf-8", "replace")
    _agent(kind, text, len(text))


def mark(name):
    """An instant in the trace, of the calling thread."""
    if _agent is not None:
        _send(_INSTANT, name)


class region:
    """``with region(name):``, a span of time in the trace.

    Can be entered again, also while it is entered.
    """

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        if _agent is not None:
            _send(_BEGIN, self.name)
        return self

    def __exit__(self, *exception):
        if _agent is not None:
            _send(_END, self.name)


def profile(function=None, *, name=None):
    """Makes every call of a function a region, named like it unless told.

    Without a recorder the function itself comes back, unchanged.  A coroutine
    function's region lasts until it returns, its waits included.
    """
    if function is None:
        return functools.partial(profile, name=name)
    if _agent is None:
        return function
    span = region(name or function.__qualname__)

    if inspect.iscoroutinefunction(function):
        @functools.wraps(function)
        async def call(*args, **kwargs):
            with span:
                return await function(*args, **kwargs)
    else:
        @functools.wraps(function)
        def call(*args, **kwargs):
            with span:
                return function(*args, **kwargs)
    return call
