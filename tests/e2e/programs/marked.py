"""Marks of a Python program: marked.py MODULE-FOLDER.

Prints, as JSON, whether it is recorded, and the CPU time of each region as it
measured it itself.
"""
import asyncio
import json
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
import ptf

spent = {}


def burn(seconds, name):
    begin = time.thread_time()
    while time.thread_time() < begin + seconds:
        pass
    spent[name] = spent.get(name, 0) + time.thread_time() - begin


with ptf.region("load"):
    burn(0.2, "load")
    with ptf.region("load"):  # inside itself: one region still
        burn(0.1, "load")
ptf.mark("größe\n<b>")


@ptf.profile
def train():
    burn(0.2, "train")


@ptf.profile(name="wait for it")
async def patient():
    await asyncio.sleep(0.1)
    return 7


thread = threading.Thread(target=train)
thread.start()
burn(0.1, "beside")
thread.join()
train()
assert asyncio.run(patient()) == 7
assert train.__name__ == "train"
with ptf.region("never"):
    print(json.dumps({"recorded": ptf.is_recorded(), "spent": spent}))
