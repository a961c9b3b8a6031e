#!/usr/bin/env python3
"""Opens a sealed reference, in the standard library alone: python3 open_reference.py KEY TOKEN [CONTEXT].

KEY is a PASERK, k4.local. Prints the JSON of the reference, or {"error": ...}. To show what encryption-v1.md means, not for
use: it takes no care of timing.
"""

import base64
import hashlib
import hmac
import json
import sys

from read_encrypted import pae, refuse, subkey, xchacha20


def b2b(size, message, key=b""):
    return hashlib.blake2b(message, digest_size=size, key=key).digest()


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        refuse("this is not canonical base64url")
    return data


def open_reference(paserk, token, context):
    parts = token.split(".")
    if len(parts) != 4 or parts[:2] != ["sealed:v4", "local"]:
        refuse("this is no sealed reference")
    body, footer = decode(parts[2]), decode(parts[3])
    if footer != b'{"kid":"k4.lid.%s"}' % encode(b2b(33, b"k4.lid." + paserk.encode())).encode() or len(body) < 64:
        refuse("the token is under another key")
    key = subkey(decode(paserk.removeprefix("k4.local.")), 3)
    nonce, encrypted, tag = body[:32], body[32:-32], body[-32:]
    assertion = pae(b"resultkit.reference.v1", *(piece.encode() for piece in context))
    auth_key = b2b(32, b"paseto-auth-key-for-aead" + nonce, key)
    if not hmac.compare_digest(b2b(32, pae(b"v4.local.", nonce, encrypted, footer, assertion), auth_key), tag):
        refuse("the tag is another")
    derived = b2b(56, b"paseto-encryption-key" + nonce, key)
    return json.loads(xchacha20(derived[:32], derived[32:], encrypted))


if __name__ == "__main__":
    try:
        print(json.dumps(open_reference(sys.argv[1], sys.argv[2], sys.argv[3:4])))
    except ValueError as error:
        print(json.dumps({"error": str(error)}))
