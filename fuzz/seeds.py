#!/usr/bin/env python3
"""Writes the corpus of the fuzz targets, fuzz/corpus/TARGET/ENTRY: seeds from the fixtures (every message, list, blob,
signature, token and header line that they hold) and what earlier runs found (fuzz/kept/TARGET.tar.xz)."""
import base64
import json
import pathlib
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent
FIXTURES = ROOT.parent / "fixtures"
TYPES = {1: "negotiate", 2: "challenge", 3: "authenticate"}
# A target need not begin with the few entries that are there for their size.
LONGEST = 4096
# How structured input begins: leniency (two bytes), then what the target takes before the bytes of the message.
# For `client` the requirements (32 bits: none; integrity and confidentiality) and whether it is connectionless.
CLIENT = [b"\0\0" + bytes(4) + b"\0", b"\x0f\0\x10\0\1\0\0", b"\x0f\0" + bytes(4) + b"\1"]
# For `server` the choice: NEGOTIATE or AUTHENTICATE of nobody.
SERVER = {1: b"\x0f\0" + bytes(4), 3: b"\x0f\0" + b"\0\0\0\x60"}


def seed(target, name, data):
    if data and len(data) <= LONGEST:
        folder = ROOT / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def payload(data, at):
    """The bytes that the fields of length and offset at this place point to."""
    length, offset = int.from_bytes(data[at:at + 2], "little"), int.from_bytes(data[at + 4:at + 8], "little")
    return data[offset:offset + length]


def message(name, data):
    start = data.find(b"NTLMSSP\0")
    if start > 0:
        seed("spnego", name, data)
        data = data[start:]
    number = data[8] if data.startswith(b"NTLMSSP\0") and len(data) > 8 else None
    target = TYPES.get(number)
    if target:
        seed(target, name, data)
    if number in SERVER:
        seed("server", name, SERVER[number] + data)
    if target == "challenge":
        seed("av_pairs", name, payload(data, 40))
        for n, prefix in enumerate(CLIENT):
            seed("client", f"{name}-{n}", prefix + data)
        line = b"NTLM " + base64.b64encode(data)
        head = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: " + line + b"\r\n\r\n"
        seed("response_head", name, head)
    if target == "authenticate":
        blob = payload(data, 20)[16:]
        seed("ntlmv2", name, blob)
        seed("av_pairs", name, blob[28:])
        line = b"NTLM " + base64.b64encode(data)
        head = b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nProxy-Authorization: " + line + b"\r\n\r\n"
        seed("request_head", name, head)


def load(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def from_fixtures():
    for entry in load("recorded.json"):
        for n, part in enumerate(entry["messages"], 1):
            message(f"{entry['name']}-{n}", base64.b64decode(part["b64"]))
    for entry in load("sessions.json"):
        for key in TYPES.values():
            message(f"{entry['id']}-{key}", bytes.fromhex(entry[key]))
    for entry in load("public.json"):
        for key in ("message", "negotiate", "challenge", "authenticate"):
            # Some vectors have a message for the input of a hash: bytes all the same.
            if key in entry["in"]:
                message(f"{entry['id']}-{key}", bytes.fromhex(entry["in"][key]))
        if entry["fn"] == "decode_av_pairs":
            seed("av_pairs", entry["id"], bytes.fromhex(entry["in"]["data"]))
        if entry["fn"] == "decode_negtoken":
            seed("spnego", entry["id"], bytes.fromhex(entry["in"]["token"]))
        if "signature" in entry["out"]:
            seed("signature", entry["id"], bytes.fromhex(entry["out"]["signature"]))
    for entry in load("malformed.json"):
        if "message_hex" in entry:
            data = bytes.fromhex(entry["message_hex"])
            if entry["kind"] in [*TYPES.values(), "spnego"]:
                seed(entry["kind"], entry["id"], data)
            message(entry["id"], data)
        if "values_hex" in entry:
            values = [bytes.fromhex(value) for value in entry["values_hex"]]
            seed("header", entry["id"], b"\n".join(values))
            name = entry["name"].encode()
            lines = b"".join(name + b": " + value + b"\r\n" for value in values)
            status = b"401" if name.lower().startswith(b"www") else b"407"
            seed("response_head", entry["id"], b"HTTP/1.1 " + status + b" No\r\n" + lines + b"\r\n")


def from_earlier_runs():
    for archive in sorted((ROOT / "kept").glob("*.tar.xz")):
        target = archive.name.removesuffix(".tar.xz")
        with tarfile.open(archive) as files:
            for member in filter(tarfile.TarInfo.isfile, files):
                seed(target, pathlib.PurePath(member.name).name, files.extractfile(member).read())


from_fixtures()
from_earlier_runs()
