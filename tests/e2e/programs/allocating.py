"""Memory that is known to the byte, and the truth about it as JSON.

    allocating.py PHASE [ARGUMENT...]

PHASE is a function at the end of the file.  Runs on CPython 3.8 and later.

A part is what one line does: the sizes of all blocks that it asks for, and of those
that are held at the end, in bytes as the allocators are asked.  Nothing else is
allocated on such a line that is worth a word: indices come from the line above.
"""
import json
import os
import signal
import sys
import threading
import time
from itertools import repeat

parts = []


def part(name, function, kind, allocated, held=(), freed_by=None):
    """The line is the third of the function; sizes are pairs of bytes and a count."""
    parts.append({"name": name, "line": function.__code__.co_firstlineno + 2, "kind": kind,
                  "allocated": list(allocated), "held": list(held),
                  "tid": threading.get_native_id(), "freed_by": freed_by})


def tell(**more):
    """In one write, as processes of a family share the pipe."""
    text = json.dumps({"pid": os.getpid(), "file": os.path.abspath(__file__), "parts": parts,
                       **more}) + "\n"
    sys.stdout.flush()
    os.write(1, text.encode())


def bytes_block(size):
    """What a bytes object of so many bytes asks for."""
    return sys.getsizeof(b"") + size


# ------------------------------------------------------------------ the lines

def hold_large(slots):
    for i in range(len(slots)):
        slots[i] = bytes(1000000)


def hold_medium(slots):
    for i in range(len(slots)):
        slots[i] = bytes(1000)


def hold_small(slots):
    for i in range(len(slots)):
        slots[i] = bytes(64)


def hold_lists(slots):
    for i in range(len(slots)):
        slots[i] = [None] * 10


def hold_bytearrays(slots):
    for i in range(len(slots)):
        slots[i] = bytearray(5000)


def hold_native(slots, allocate):
    for i in range(len(slots)):
        slots[i] = allocate(100000)


def hold_arrays(slots, numpy):
    for i in range(len(slots)):
        slots[i] = numpy.empty(20000)


def hold_maps(slots, mmap):
    for i in range(len(slots)):
        slots[i] = mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def churn_medium(count):
    for _ in repeat(None, count):
        bytes(1000)


def churn_small(count):
    for _ in repeat(None, count):
        bytes(200)


def grow(count, grown):
    for _ in repeat(None, count):
        grown.append(None)


def temporary(size):
    # It is gone when the function is.
    made = bytearray(size)
    return len(made)


def hand_over(blocks):
    for _ in repeat(None, 40):
        blocks.append(bytes(500000))


def copy_whole(source, count):
    for _ in repeat(None, count):
        bytes(source)


def copy_slices(source, count):
    for _ in repeat(None, count):
        source[1:5001]


def leak(slots, first):
    for i in range(first, first + 40):
        slots[i] = bytes(3000)


def fill_cache(slots):
    for i in range(len(slots)):
        slots[i] = bytes(4000)


def balanced():
    for _ in repeat(None, 40):
        bytes(5000)


# ------------------------------------------------------------------ the phases

def paced(function, *arguments, rounds):
    """In pieces, so that all samples find room where they are more than usual."""
    for _ in repeat(None, rounds):
        function(*arguments)
        time.sleep(0.02)


kept = []


def keep(count):
    """A place for blocks that live until the interpreter ends."""
    kept.append([None] * count)
    return kept[-1]


def holds():
    """What Python's own allocators are asked for, and is held at the end."""
    for function, size, count in ((hold_large, 1000000, 64), (hold_medium, 1000, 65000),
                                  (hold_small, 64, 300000)):
        function(keep(count))
        blocks = [(bytes_block(size), count)]
        part(function.__name__, function, "python", blocks, blocks)
    hold_lists(keep(100000))
    # The object with the header of the collector, and its array.
    blocks = [(sys.getsizeof([]), 100000), (10 * 8, 100000)]
    part("hold_lists", hold_lists, "python", blocks, blocks)
    hold_bytearrays(keep(5000))
    blocks = [(sys.getsizeof(bytearray()), 5000), (5001, 5000)]
    part("hold_bytearrays", hold_bytearrays, "python", blocks, blocks)


def churns():
    """Half a gigabyte in small pieces, which are freed at once."""
    paced(churn_medium, 8000, rounds=65)
    part("churn_medium", churn_medium, "python", [(bytes_block(1000), 520000)])
    paced(churn_small, 20000, rounds=30)
    part("churn_small", churn_small, "python", [(bytes_block(200), 600000)])


def natives():
    """What others than Python allocate, half of it freed again."""
    import ctypes
    import mmap
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    slots = keep(600)
    hold_native(slots, libc.malloc)
    for address in slots[:300]:
        libc.free(address)
    part("hold_native", hold_native, "native", [(100000, 600)], [(100000, 300)])
    slots = keep(32)
    hold_maps(slots, mmap)
    for made in slots[:16]:
        made.close()
    part("hold_maps", hold_maps, "native", [(1 << 20, 32)], [(1 << 20, 16)])


def arrays():
    """Of numpy; and as many bytes of Python's."""
    import numpy
    hold_arrays(keep(400), numpy)
    part("hold_arrays", hold_arrays, "native", [(160000, 400)], [(160000, 400)])
    hold_large(keep(64))
    blocks = [(bytes_block(1000000), 64)]
    part("hold_large", hold_large, "python", blocks, blocks)


def grows():
    """A list, whose array is moved again and again."""
    count = 400000
    sizes, sized, last = [], [], sys.getsizeof([])
    for _ in repeat(None, count):
        sized.append(None)
        now = sys.getsizeof(sized)
        if now != last:
            sizes.append((now - sys.getsizeof([]), 1))
            last = now
    del sized
    kept.append([])
    grow(count, kept[-1])
    part("grow", grow, "python", sizes, sizes[-1:])


def peak():
    """20 MB are held all the time, 48 MB for a moment, and 10 MB of it at the end."""
    slots = keep(20)
    hold_large(slots)
    temporary(48000000)
    size = sys.getsizeof(bytearray())
    part("temporary", temporary, "python", [(48000001, 1), (size, 1)])
    del slots[:10]
    part("hold_large", hold_large, "python", [(bytes_block(1000000), 20)],
         [(bytes_block(1000000), 10)])


def threads():
    """Allocated in one thread, freed in another one."""
    blocks, allocated, freed, tids = [], threading.Event(), threading.Event(), {}

    def allocating():
        hand_over(blocks)
        tids["allocating"] = threading.get_native_id()
        allocated.set()
        freed.wait()

    def freeing():
        allocated.wait()
        tids["freeing"] = threading.get_native_id()
        blocks.clear()
        freed.set()

    both = [threading.Thread(target=function) for function in (allocating, freeing)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    part("hand_over", hand_over, "python", [(bytes_block(500000), 40)],
         freed_by=tids["freeing"])
    parts[-1]["tid"] = tids["allocating"]


def copies():
    source = bytearray(1000000)
    paced(copy_whole, source, 30, rounds=10)
    part("copy_whole", copy_whole, "copy", [(1000000, 300)])
    source = bytes(source)
    paced(copy_slices, source, 2000, rounds=40)
    part("copy_slices", copy_slices, "copy", [(5000, 80000)])


def leaks(seconds="2"):
    """One line keeps all it allocates, one keeps what it has set up once, one nothing."""
    slots, leaked, rounds = keep(2000), keep(int(40 * 500 * float(seconds))), 0
    fill_cache(slots)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        leak(leaked, 40 * rounds)
        balanced()
        rounds += 1
        time.sleep(0.002)
    blocks = [(bytes_block(4000), 2000)]
    part("fill_cache", fill_cache, "python", blocks, blocks)
    blocks = [(bytes_block(3000), 40 * rounds)]
    part("leak", leak, "python", blocks, blocks)
    part("balanced", balanced, "python", [(bytes_block(5000), 40 * rounds)])


def frees():
    """Everything is given back by the program itself, at its exit."""
    import atexit
    slots = keep(40)
    hold_large(slots)
    atexit.register(slots.clear)
    part("hold_large", hold_large, "python", [(bytes_block(1000000), 40)])


def switched(module):
    """Allocated while the recording is on and off, freed while it is off and on."""
    sys.path.insert(0, module)
    import ptf
    first, second = keep(20), keep(2000)
    hold_large(first)
    ptf.stop()
    hold_medium(second)
    del first[:5]
    ptf.start()
    del first[:5]
    second.clear()
    part("hold_large", hold_large, "python", [(bytes_block(1000000), 20)],
         [(bytes_block(1000000), 10)])
    part("hold_medium", hold_medium, "python", [])


def moments():
    """Holds 10 MB, and for two seconds makes blocks that it holds for half of one."""
    hold_large(keep(10))
    recent, count = [], 0
    end = time.monotonic() + 2
    while time.monotonic() < end:
        recent.append((time.monotonic() + 0.5, keep_briefly()))
        count += 1
        while recent[0][0] < time.monotonic():
            del recent[0]
        time.sleep(0.005)
    part("hold_large", hold_large, "python", [(bytes_block(1000000), 10)],
         [(bytes_block(1000000), 10)])
    part("keep_briefly", keep_briefly, "python", [(bytes_block(200000), count)],
         [(bytes_block(200000), len(recent))])
    kept.append(recent)


def keep_briefly():
    # One of them.
    return bytes(200000)


def storm(count="100000"):
    """More than a ring holds, with a small interval, while its parent cannot drain it."""
    slots = keep(int(count))
    os.kill(os.getppid(), signal.SIGSTOP)
    try:
        hold_medium(slots)
        slots.clear()
    finally:
        os.kill(os.getppid(), signal.SIGCONT)
    part("hold_medium", hold_medium, "python", [(bytes_block(1000), int(count))])


# ------------------------------------------------------------------ families

def own_blocks(inherited=None):
    """What a process of a family does, and tells."""
    parts.clear()
    if inherited is not None:
        inherited.clear()  # its parent's, which still has them
    slots = keep(30)
    hold_large(slots)
    del slots[:10]
    paced(churn_medium, 4000, rounds=5)
    blocks = bytes_block(1000000)
    part("hold_large", hold_large, "python", [(blocks, 30)], [(blocks, 20)])
    part("churn_medium", churn_medium, "python", [(bytes_block(1000), 20000)])
    tell()


def fork():
    slots = keep(50)
    hold_large(slots)
    child = os.fork()
    if not child:
        own_blocks(slots)
        os._exit(0)
    os.waitpid(child, 0)
    blocks = [(bytes_block(1000000), 50)]
    part("hold_large", hold_large, "python", blocks, blocks)


def of_a_pool(number):
    # Blocks of the last job of a process are still held by it.
    kept.clear()
    own_blocks()
    time.sleep(0.2)
    return number


def pool(method="fork"):
    import multiprocessing
    with multiprocessing.get_context(method).Pool(2) as made:
        made.map(of_a_pool, range(2), chunksize=1)
        made.close()
        made.join()


def spawn():
    import multiprocessing
    child = multiprocessing.get_context("spawn").Process(target=own_blocks)
    child.start()
    child.join()


def becomes():
    """Holds 30 MB when it becomes another program, which holds 20 MB."""
    hold_large(keep(30))
    os.execv(sys.executable, [sys.executable, __file__, "own_blocks"])


if __name__ == "__main__":
    phase = globals()[sys.argv[1]]
    phase(*sys.argv[2:])
    if phase is not own_blocks:
        tell()
