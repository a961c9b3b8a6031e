#!/usr/bin/env python3
"""Reads a resultkit record (record-v1.md): verifies it, prints the header and the payload's size and digest as JSON."""
import hashlib, json, re, sys

TRAILER = re.compile(rb'\n\{"size":( *(?:0|[1-9]\d*)),"sha256":"([0-9a-f]{64})","header":"([0-9a-f]{64})"\}\n')

TYPES = {"serializer": (str, dict), "codecs": list, "createdAt": str, "expiresAt": str, "metadata": dict, "writer": str, "undefined": bool, "supersedes": list}


def read_record(data: bytes):
    end = data.find(b"\n", 0, 8192) + 1
    if end == 0 or end % 64 != 0 or not data.startswith(b"{"):
        raise ValueError("no header line")
    header = json.loads(data[:end])
    if header.get("resultkit") != 1 or header["resultkit"] is True:
        raise ValueError("not a record of version 1")
    if not {"serializer", "createdAt"} <= header.keys() or not all(isinstance(header[m], t) for m, t in TYPES.items() if m in header):
        raise ValueError("a header member is missing or has another type")
    match = TRAILER.fullmatch(data[-179:]) if len(data) >= end + 179 else None
    if match is None:
        raise ValueError("no trailer")
    payload = data[end:-179]
    said = (int(match[1]), match[2].decode(), match[3].decode())
    if said != (len(payload), hashlib.sha256(payload).hexdigest(), hashlib.sha256(data[:end]).hexdigest()):
        raise ValueError("corrupt: size or digest differs")
    return header, payload


if __name__ == "__main__":
    try:
        header, payload = read_record(open(sys.argv[1], "rb").read())
    except ValueError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    value = json.loads(payload) if header["serializer"] == "json" and not header.get("codecs") and payload else None
    print(json.dumps({"header": header, "size": len(payload), "sha256": hashlib.sha256(payload).hexdigest(), "value": value}))
