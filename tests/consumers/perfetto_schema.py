"""What Perfetto's own protobuf classes make of a trace, as JSON:

    {"packets": {kind: count}, "unknown": {path of a field they lack: count}}
"""
import collections
import json
import os
import sys

from google.protobuf import unknown_fields
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as perfetto

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pftrace  # noqa: E402


def unknown(message, path=""):
    for field in unknown_fields.UnknownFieldSet(message):
        yield f"{path}{field.field_number}"
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for one in value if field.is_repeated else [value]:
            yield from unknown(one, f"{path}{field.name}.")


found = {"packets": collections.Counter(), "unknown": collections.Counter()}
with open(sys.argv[1], "rb") as file:
    data = file.read()
for raw in pftrace.packets(data):
    packet = perfetto.TracePacket.FromString(raw)
    found["packets"][packet.WhichOneof("data") or "none"] += 1
    found["unknown"].update(unknown(packet))
print(json.dumps(found))
