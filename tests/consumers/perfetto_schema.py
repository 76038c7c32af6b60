"""What Perfetto's own protobuf classes make of a trace, as JSON:

    {"packets": {kind: count}, "unknown": {path of a field they lack: count},
     "weight": sum of the stack samples' primary weights,
     "functions": {function of the innermost frame: samples},
     "missing": {what was named but not interned before: count}}
"""
import collections
import json
import os
import sys

from google.protobuf import unknown_fields
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as perfetto

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pftrace  # noqa: E402

TABLES = ("function_names", "frames", "callstacks", "mappings", "mapping_paths", "source_paths")


def unknown(message, path=""):
    for field in unknown_fields.UnknownFieldSet(message):
        yield f"{path}{field.field_number}"
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for one in value if field.is_repeated else [value]:
            yield from unknown(one, f"{path}{field.name}.")


class Sequence:
    """What packets of a sequence may name: {table: {iid: message}}."""

    def __init__(self):
        self.missing = collections.Counter()
        self.clear()

    def clear(self):
        self.tables = {table: {} for table in TABLES}

    def learn(self, interned):
        for table in TABLES:
            self.tables[table].update((one.iid, one) for one in getattr(interned, table))
        for mapping in interned.mappings:
            for path in mapping.path_string_ids:
                self.get("mapping_paths", path)

    def get(self, table, iid):
        found = self.tables[table].get(iid)
        if not found:
            self.missing[table] += 1
        return found

    def function_of(self, callstack):
        """Of the innermost frame; all that the stack names is looked up."""
        name = None
        stack = self.get("callstacks", callstack)
        for frame in (self.get("frames", iid) for iid in stack.frame_ids) if stack else ():
            if not frame:
                continue
            name = self.get("function_names", frame.function_name_id)
            for table, iid in (("mappings", frame.mapping_id),
                               ("source_paths", frame.source_path_iid)):
                if iid:
                    self.get(table, iid)
        return name.str.decode() if name else ""


def main():
    packets, strange, functions = (collections.Counter() for _ in range(3))
    weight, sequence = 0, Sequence()
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    for raw in pftrace.packets(data):
        packet = perfetto.TracePacket.FromString(raw)
        kind = packet.WhichOneof("data") or "none"
        packets[kind] += 1
        strange.update(unknown(packet))
        if packet.sequence_flags & perfetto.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED:
            sequence.clear()
        sequence.learn(packet.interned_data)
        if kind in ("stack_sample", "perf_sample"):
            sample = getattr(packet, kind)
            if sample.callstack_iid:
                functions[sequence.function_of(sample.callstack_iid)] += 1
        weight += packet.stack_sample.primary_weight
    print(json.dumps({"packets": packets, "unknown": strange, "weight": weight,
                      "functions": functions, "missing": sequence.missing}))


main()
