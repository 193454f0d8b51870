#!/usr/bin/env python3
"""heads.py FIXTURES CLIENT... - the heads that Squid and Apache write today beside those that the mock proxy's personalities rest on

A relay stands between the client and the server and keeps what the server sends, byte for byte. The heads of a login are taken
anew and compared with FIXTURES (fixtures/personalities.json), line by line and in their order, what changes with each
response replaced by its name, and the names of these servers by those in the recording. Closes with "N passed, M failed".

RW_* are those of ci/realworld; CLIENT takes curl's options.
"""
import base64
import difflib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading

GOOD, WRONG = "CORP\\alice:Passw0rd!", "CORP\\alice:nope"
WEB, WEB_TLS = "http://web.corp.test:18080/", "https://web.corp.test:18443/"
# What an origin says for itself, which a recording leaves out.
OWN = {"server", "last-modified", "etag", "accept-ranges", "content-type"}
FILE_OWN = {"last-modified", "etag", "accept-ranges"}
# What the configuration of these servers adds to each response of Apache.
ADDED = {"x-remote-user"}


class Relay:
    """Listens on a port of its own and passes everything on to `host:port`; `heard` is what came back, by connection."""

    def __init__(self, address):
        self.to, self.heard = address, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.to, timeout=30)
            heard = bytearray()
            self.heard.append(heard)
            threading.Thread(target=self.pump, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, heard), daemon=True).start()

    @staticmethod
    def pump(source, sink, kept):
        try:
            while piece := source.recv(65536):
                if kept is not None:
                    kept += piece
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def responses(heard):
    """The heads in `heard`, each a list of lines; a tunnel's bytes are passed over."""
    heads = []
    for stream in map(bytes, heard):
        while (end := stream.find(b"\r\n\r\n")) >= 0 and stream.startswith(b"HTTP/"):
            lines = stream[:end].decode("latin-1").split("\r\n")
            length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
            heads.append(lines)
            stream = stream[end + 4 + length:]
    return heads


def named(line):
    """`line`, with what changes replaced by its name."""
    name, colon, value = line.partition(": ")
    if name == "Date":
        return "Date: {date}"
    if name == "Content-Length":
        return "Content-Length: {length}"
    if name.endswith("-Authenticate") and re.match(r"(NTLM|Negotiate) \S", value):
        return f"{name}: {value.split(' ')[0]} {{token}}"
    line = re.sub(r"\b[a-z]+\.(proxy\.corp\.test)", r"\1", line)
    return re.sub(r":13\d\d\d$", ":3128", line)


def flags(heads):
    """NegotiateFlags of the CHALLENGE in `heads`, in NTLM or within SPNEGO."""
    for line in heads:
        if found := re.search(r"-Authenticate: (?:NTLM|Negotiate) (\S+)$", line):
            token = base64.b64decode(found[1])
            at = token.find(b"NTLMSSP\0\2\0\0\0")
            return f"0x{struct.unpack_from('<I', token, at + 20)[0]:08x}"
    return None


def converse(client, address, options, url):
    relay = Relay(address)
    through = [word.replace("{relay}", f"127.0.0.1:{relay.port}") for word in options + [url]]
    subprocess.run(client + ["-s", "-m", "30", "-o", os.devnull, *through], timeout=60, check=False)
    relay.listener.close()
    return responses(relay.heard)


def recorded(client, personality):
    """The heads of today, by situation, and the flags of the CHALLENGE."""
    environment = {"squid-5-ntlm": "RW_NTLM", "squid-5-negotiate": "RW_NEGO", "squid-5-all": "RW_ALL",
                   "squid-5-keepalive-off": "RW_KAOFF", "apache-gssapi": "RW_FILE"}[personality]
    host, port = os.environ[environment].removeprefix("http://").split(":")
    address = (host, int(port))
    if personality == "apache-gssapi":
        url = "http://{relay}/nego/"
        login, own = converse(client, address, ["--negotiate", "-u", GOOD], url), FILE_OWN
        heads = {"offer": converse(client, address, [], url)[0], "challenge": login[-2], "passed-on": login[-1]}
    else:
        proxy, ca = ["-x", "http://{relay}"], ["--cacert", os.environ["RW_CA"]]
        login, own = converse(client, address, [*proxy, "-U", GOOD], WEB), OWN
        heads = {"offer": converse(client, address, proxy, WEB)[0], "challenge": login[-2], "passed-on": login[-1],
                 "refused": converse(client, address, [*proxy, "-U", WRONG], WEB)[-1],
                 "established": converse(client, address, [*proxy, *ca, "-U", GOOD], WEB_TLS)[-1]}
    challenge = flags(heads["challenge"])
    left_out = {situation: own | ADDED if situation == "passed-on" else ADDED for situation in heads}
    kept = {situation: [line for line in lines if line.split(":")[0].lower() not in left_out[situation]] for situation, lines in heads.items()}
    return {situation: [named(line) for line in lines] for situation, lines in kept.items()}, challenge


def main(fixtures, client):
    passed = failed = 0
    for recording in json.load(open(fixtures, encoding="utf-8")):
        personality, kept = recording["personality"], recording["heads"]
        try:
            today, challenge = recorded(client, personality)
        except (IndexError, OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAIL {personality}: no login to record: {error!r}")
            continue
        today, kept = today | {"flags": [challenge]}, kept | {"flags": [recording["challenge_flags"]]}
        for situation, lines in kept.items():
            if today.get(situation) == lines:
                passed += 1
            else:
                failed += 1
                print(f"FAIL {personality}, {situation}: the recording is not what the server writes today")
                print("\n".join(difflib.unified_diff(lines, today.get(situation, []), "recorded", "today", lineterm="")))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
