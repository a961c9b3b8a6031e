#!/usr/bin/env python3
"""Reads encrypted resultkit records, in the standard library alone: python3 read_encrypted.py KEY NAME NAMESPACE FILE...

KEY is a PASERK, k4.local. Prints one line of JSON for each file, {"bytes": ..., "sha256": ...} of the data or
{"error": ...}. Reads direct slots and wrapped ones, and suite 1; AES is not in Python's standard library. To show what
encryption-v1.md means, not for use: it is slow, and takes no care of timing.
"""

import base64
import hashlib
import hmac
import json
import struct
import sys

from read_record import read_record

CHUNK, TAG = 16384, 16


def refuse(reason):
    raise ValueError(reason)


def pae(*pieces):
    return struct.pack("<Q", len(pieces)) + b"".join(struct.pack("<Q", len(p)) + p for p in pieces)


def subkey(root, number):
    """crypto_kdf_derive_from_key of libsodium with the context "resultkt"."""
    return hashlib.blake2b(key=root, digest_size=32, salt=struct.pack("<QQ", number, 0), person=b"resultkt").digest()


def rotate(x, n):
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


def chacha20_rounds(state):
    x = list(state)
    columns = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    diagonals = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for _ in range(10):
        for a, b, c, d in columns + diagonals:
            x[a] = (x[a] + x[b]) & 0xFFFFFFFF; x[d] = rotate(x[d] ^ x[a], 16)
            x[c] = (x[c] + x[d]) & 0xFFFFFFFF; x[b] = rotate(x[b] ^ x[c], 12)
            x[a] = (x[a] + x[b]) & 0xFFFFFFFF; x[d] = rotate(x[d] ^ x[a], 8)
            x[c] = (x[c] + x[d]) & 0xFFFFFFFF; x[b] = rotate(x[b] ^ x[c], 7)
    return x


def chacha20_state(key, tail):
    return struct.unpack("<16I", b"expand 32-byte k" + key + tail)


def chacha20(key, counter, nonce, data):
    out = bytearray()
    for at in range(0, len(data), 64):
        state = chacha20_state(key, struct.pack("<I", counter + at // 64) + nonce)
        stream = struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(chacha20_rounds(state), state)))
        out += bytes(a ^ b for a, b in zip(data[at:at + 64], stream))
    return bytes(out)


def xchacha20(key, nonce, data):
    rounds = chacha20_rounds(chacha20_state(key, nonce[:16]))
    return chacha20(struct.pack("<8I", *rounds[:4], *rounds[12:]), 0, bytes(4) + nonce[16:], data)


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def open_aead(key, nonce, sealed):
    data, tag = sealed[:-TAG], sealed[-TAG:]
    message = data + bytes(-len(data) % 16) + struct.pack("<QQ", 0, len(data))
    if not hmac.compare_digest(poly1305(chacha20(key, 0, nonce, bytes(32)), message), tag):
        refuse("a tag is wrong")
    return chacha20(key, 1, nonce, data)


def input_key(root, slots):
    """The key of the first slot that is one of this root's."""
    while slots:
        kind, kid_length = slots[0], slots[1]
        kid, rest = slots[2:2 + kid_length], slots[2 + kid_length:]
        length = int.from_bytes(rest[:2], "big")
        data, slots = rest[2:2 + length], rest[2 + length:]
        if kid != subkey(root, 6)[:8] or len(data) != length:
            continue
        if kind == 0 and length == 0:
            return subkey(root, 1)
        if kind == 1 and length == 96:
            return unwrap(subkey(root, 2), data)
    refuse("no slot has a key that is known")


def unwrap(wrapping_key, data):
    tag, nonce, wrapped = data[:32], data[32:64], data[64:]
    x = hashlib.blake2b(b"\x80" + nonce, key=wrapping_key, digest_size=56).digest()
    auth_key = hashlib.blake2b(b"\x81" + nonce, key=wrapping_key, digest_size=32).digest()
    computed = hashlib.blake2b(b"k4.local-wrap.pie." + nonce + wrapped, key=auth_key, digest_size=32).digest()
    if not hmac.compare_digest(computed, tag):
        refuse("a wrapped key has another tag")
    return xchacha20(x[:32], x[32:], wrapped)


def read_payload(root, name, namespace, header_line, payload):
    if payload[:4] != b"RSE1" or len(payload) < 64:
        refuse("this is no envelope")
    suite, flags, size = payload[4], payload[5], int.from_bytes(payload[6:8], "big")
    if suite not in (1, 2) or flags > 1 or size > 8128 or len(payload) < 64 + size:
        refuse("the envelope is of another version, or cut")
    salt, commitment = payload[8 + size:32 + size], payload[32 + size:64 + size]
    secret = input_key(root, payload[8:8 + size])
    aead = (b"AEAD_CHACHA20_POLY1305", b"AEAD_AES_256_GCM")[suite - 1]
    context = pae(b"rse1", bytes([suite]), bytes([flags]), namespace, name, hashlib.sha256(header_line).digest())
    info = b"c2sp.org/chunked-encryption@v1+" + aead + b"\x00" + salt + context
    t1 = hmac.digest(secret, info + b"\x01", "sha512")
    okm = t1 + hmac.digest(secret, t1 + info + b"\x02", "sha512")
    key, base_nonce = okm[:32], int.from_bytes(okm[32:44], "big")
    if not hmac.compare_digest(okm[44:76], commitment):
        refuse("the commitment is another")
    if suite == 2:
        raise NotImplementedError
    message = read_chunks(key, base_nonce, payload[64 + size:])
    return take_padding_off(message) if flags else message


def read_chunks(key, base_nonce, chunks):
    last = len(chunks) // (CHUNK + TAG)
    if len(chunks) % (CHUNK + TAG) < TAG:
        refuse("there is no last chunk")
    message = b""
    for k in range(last + 1):
        sealed = chunks[k * (CHUNK + TAG):(k + 1) * (CHUNK + TAG)]
        message += open_aead(key, (base_nonce ^ k).to_bytes(12, "big"), sealed)
    return message


def padme(length):
    if length < 2:
        return length
    e = length.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-length // step) * step


def take_padding_off(message):
    length = int.from_bytes(message[-8:], "big") if len(message) >= 8 else -1
    if length < 0 or padme(length + 8) != len(message) or any(message[length:-8]):
        refuse("the padding is not as it has to be")
    return message[:length]


def main(paserk, name, namespace, *files):
    root = base64.urlsafe_b64decode(paserk.removeprefix("k4.local.") + "=")
    for file in files:
        try:
            with open(file, "rb") as opened:
                record = opened.read()
            header, payload = read_record(record)
            if header.get("codecs", [])[-1:] != ["encrypt"]:
                refuse("the record is not encrypted")
            line = record[:record.index(b"\n") + 1]
            data = read_payload(root, name.encode(), namespace.encode(), line, payload)
            print(json.dumps({"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}))
        except NotImplementedError:
            print(json.dumps({"unsupported": True}))
        except ValueError as error:
            print(json.dumps({"error": str(error)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
