"""Perfetto traces, unpacked: as a library of the tests and on the command line.

    pftrace.py FILE >FILE.plain       the same packets, none of them compressed
    pftrace.py FILE | protoc --decode=perfetto.protos.Trace schemas/perfetto.proto

Standard library only. Messages are read without any schema: {number: [values]},
where a value is an integer (varint), or bytes.
"""
import struct
import sys
import zlib

COMPRESSED_PACKETS = 50


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """(number, value) of each field of a message."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif wire == 2:
            size, at = varint(data, at)
            if at + size > len(data):
                raise ValueError(f"a field of {size} bytes at {at} of {len(data)}")
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {wire} at {at}")
        yield tag >> 3, value


def message(data):
    result = {}
    for number, value in fields(data):
        result.setdefault(number, []).append(value)
    return result


def packets(data):
    """The bytes of each packet, compressed ones unpacked."""
    for number, value in fields(data):
        if number != 1:
            raise ValueError(f"field {number} of Trace")
        packed = message(value).get(COMPRESSED_PACKETS)
        if packed:
            yield from packets(zlib.decompress(packed[0]))
        else:
            yield value


def put_varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    for packet in packets(data):
        sys.stdout.buffer.write(b"\x0a" + put_varint(len(packet)) + packet)


if __name__ == "__main__":
    main()
