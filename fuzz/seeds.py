#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, fuzz/corpus/TARGET/ENTRY, from the fixtures: every message, list, blob, signature
and header line that they hold."""
import base64
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent
FIXTURES = ROOT.parent / "fixtures"
TYPES = {1: "negotiate", 2: "challenge", 3: "authenticate"}
# A target need not begin with the few entries that are there for their size.
LONGEST = 4096


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
    target = TYPES.get(data[8]) if data.startswith(b"NTLMSSP\0") and len(data) > 8 else None
    if target:
        seed(target, name, data)
    if target == "challenge":
        seed("av_pairs", name, payload(data, 40))
    if target == "authenticate":
        blob = payload(data, 20)[16:]
        seed("ntlmv2", name, blob)
        seed("av_pairs", name, blob[28:])


def load(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


for entry in load("recorded.json"):
    for n, part in enumerate(entry["messages"], 1):
        message(f"{entry['name']}-{n}", base64.b64decode(part["b64"]))
for entry in load("public.json"):
    for key in ("message", "negotiate", "challenge", "authenticate"):
        if key in entry["in"]:
            message(f"{entry['id']}-{key}", bytes.fromhex(entry["in"][key]))
    if entry["fn"] == "decode_av_pairs":
        seed("av_pairs", entry["id"], bytes.fromhex(entry["in"]["data"]))
    if "signature" in entry["out"]:
        seed("signature", entry["id"], bytes.fromhex(entry["out"]["signature"]))
for entry in load("malformed.json"):
    if "message_hex" in entry:
        data = bytes.fromhex(entry["message_hex"])
        if entry["kind"] in TYPES.values():
            seed(entry["kind"], entry["id"], data)
        message(entry["id"], data)
    if "values_hex" in entry:
        seed("header", entry["id"], b"\n".join(map(bytes.fromhex, entry["values_hex"])))
