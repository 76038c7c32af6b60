"""Libraries that come and go while threads run.  libraries.py ROUNDS"""
import hashlib
import importlib
import sys
import threading
import zlib

# Such as may be closed again; what is not there is left out.
LIBRARIES = ["libz.so.1", "libbz2.so.1.0", "liblzma.so.5", "libexpat.so.1", "libzstd.so.1",
             "libelf.so.1", "libresolv.so.2", "libutil.so.1", "libanl.so.1", "librt.so.1",
             "libdw.so.1", "libgmp.so.10", "libffi.so.8", "libpcre2-8.so.0"]
DATA = bytes((i * i) % 251 for i in range(100000))


def background(stop, results):
    value = 0
    count = 0
    while not stop.is_set():
        value = zlib.crc32(DATA, value)
        hashlib.sha256(DATA).digest()
        count += 1
    results.append(count > 0)


def dlopen_and_close(paths):
    try:
        import _ctypes
    except ImportError:
        return -1
    opened = 0
    for path in paths:
        try:
            handle = _ctypes.dlopen(path, 2)
        except OSError:
            continue
        opened += 1
        _ctypes.dlclose(handle)
    return opened


def import_again(names):
    count = 0
    for name in names:
        for known in [key for key in sys.modules if key == name or key.startswith(name + ".")]:
            del sys.modules[known]
        importlib.import_module(name)
        count += 1
    return count


def main(rounds):
    stop, results = threading.Event(), []
    threads = [threading.Thread(target=background, args=(stop, results), daemon=True)
               for _ in range(2)]
    for thread in threads:
        thread.start()
    answers = set()
    for _ in range(rounds * 3):
        answers.add(dlopen_and_close(LIBRARIES))
        answers.add(import_again(["json", "csv", "textwrap", "fractions", "xml.dom.minidom"]))
    stop.set()
    for thread in threads:
        thread.join()
    print(sorted(answers), results)


main(int(sys.argv[1]))
