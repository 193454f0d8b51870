#!/usr/bin/python3
"""Our client and our server against other people's, in every dialect, protection and wrapping that both have.

usage: matrix.py PIPE PYTHON RESULTS [PEER]

PIPE is crates/spnego/examples/pipe.rs, PYTHON one that has ci/requirements.txt, RESULTS the file that gets a line of JSON for
each cell. The environment is that of the domain (ci/realworld). With PEER, only cells whose peer's name begins so.

In a cell both sides go through a handshake, have the same session key (and flags, where the peer tells them), three messages
signed and, in cells of `seal`, three encrypted cross in each direction, and one that was tampered with is refused by ours;
then the same handshake with a wrong password is denied. What a peer cannot do stands in limits.py, and nowhere else: it is
tried all the same where it can be, so that a limit which falls is noticed.
"""
import collections
import concurrent.futures
import json
import os
import subprocess
import sys

import limits
from sides import Failure, Side, compare, handshake

HERE = os.path.dirname(os.path.abspath(__file__))
DIALECTS = ("v1", "v1-extended", "v2")
PROTECTIONS = ("none", "sign", "seal", "datagram sign", "datagram seal")
WRAPPINGS = ("ntlm", "spnego", "spnego-second")
PASSWORD, WRONG = "Passw0rd!", "nope"

Cell = collections.namedtuple("Cell", "ours peer dialect protection wrapping")


def start(peers, cell, client_password):
    """Client and server of a cell, and which of them is ours."""
    peer = peers[cell.peer]
    protection = cell.protection.removeprefix("datagram ")
    options = ["--dialect", cell.dialect, "--protection", protection]
    if protection != cell.protection:
        options.append("--datagrams")
    theirs_wrapping = "ntlm" if cell.wrapping == "ntlm" else "spnego"
    ours = {"client": "server", "server": "client"}
    sides = {}
    for side, password in (("client", client_password), ("server", PASSWORD)):
        account = [side, peer.domain, "alice", password]
        if side == cell.ours:
            command = [sys.argv[1], "--wrapping", cell.wrapping, *options, *account]
            sides[side] = Side(command, {})
        else:
            command = [*peer.command, "--wrapping", theirs_wrapping, *options, *account]
            sides[side] = Side(command, peer.environment)
    return sides["client"], sides["server"], sides[cell.ours], sides[ours[cell.ours]]


def exchange(sides, sealed, numbers):
    """Messages from the first side to the second."""
    sender, receiver = sides
    message = f"from the {sender.name}".encode().hex()
    number = [next(numbers)] if numbers else []
    signature = sender.get("SIGN", message, *number)
    receiver.get("VERIFY", message, *signature, *number)
    if sealed:
        number = [next(numbers)] if numbers else []
        encrypted, signature = sender.get("SEAL", message, *number)
        if encrypted == message:
            raise Failure(f"the {sender.name} does not encrypt")
        if receiver.get("UNSEAL", encrypted, signature, *number) != [message]:
            raise Failure("another message came out")


def messages(cell, ours, theirs):
    # Datagrams come in any order.
    numbers = iter(map(str, (7, 3, 4294967295, 0, *range(100, 200)))) if "datagram" in cell.protection else None
    for _ in range(3):
        for sides in ((ours, theirs), (theirs, ours)):
            exchange(sides, cell.protection.endswith("seal"), numbers)
    number = [next(numbers)] if numbers else []
    signature = bytearray.fromhex(theirs.get("SIGN", "6f6e65206d6f7265", *number)[0])
    signature[8] ^= 1
    if (answer := ours.ask("VERIFY", "6f6e65206d6f7265", signature.hex(), *number))[0] != "REFUSED":
        raise Failure(f"a signature with another bit: {' '.join(answer)}")


def attempt(peers, cell, client_password, after):
    client, server, ours, theirs = start(peers, cell, client_password)
    try:
        return after(handshake(client, server), server, ours, theirs)
    finally:
        client.close()
        server.close()


def run(peers, cell):
    def accepted(denied_by, _, ours, theirs):
        if denied_by:
            raise Failure(f"denied by the {denied_by.name}")
        compare(ours, theirs)
        if cell.protection != "none" and peers[cell.peer].messages:
            messages(cell, ours, theirs)

    def denied(denied_by, server, *_):
        if denied_by is not server:
            raise Failure("a wrong password is not denied")

    attempt(peers, cell, PASSWORD, accepted)
    attempt(peers, cell, WRONG, denied)


def verdict(peers, cell):
    """`pass`, `n/a` with the peer's limit, or `FAIL` with what happened."""
    limit = limits.find(cell)
    if limit and not limit.shows:
        return "n/a", limit.why
    try:
        run(peers, cell)
    except Failure as failure:
        if limit and limits.shown(limit, str(failure)):
            return "n/a", limit.why
        return "FAIL", str(failure)
    if limit:
        return "FAIL", f"this works, and limits.py says that it cannot: {limit.why}"
    return "pass", "" if peers[cell.peer].messages or cell.protection == "none" else limits.NO_MESSAGES


Peer = collections.namedtuple("Peer", "version command environment domain messages")


def all_peers(python):
    def driver(interpreter, name):
        return [interpreter, os.path.join(HERE, f"peer_{name}.py")]

    def version(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def package(name):
        return version(python, "-c", f"from importlib.metadata import version; print(version('{name}'))")

    debian = "/usr/bin/python3"
    names = {"NETBIOS_COMPUTER_NAME": "PEER"}
    samba = version("/usr/bin/ntlm_auth", "--version").removeprefix("Version ").partition("-")[0]
    return {
        # LEGACYSRV takes the older dialects too; what the domain itself takes is policies.py's affair.
        "ntlm_auth": Peer(samba, driver(debian, "ntlm_auth"), {"NTLM_AUTH": os.environ["RW_NTLM_AUTH_LEGACY"]}, "LEGACYSRV", False),
        "gensec": Peer(samba, driver(debian, "gensec"), {"SMB_CONF": os.environ["RW_STATE"] + "/dc/etc/smb.conf"}, "CORP", True),
        "gss-ntlmssp": Peer(version("dpkg-query", "-W", "-f=${Version}", "gss-ntlmssp").partition("-")[0], driver(debian, "gss_ntlmssp"), names, "CORP", True),
        "pyspnego": Peer(package("pyspnego"), driver(python, "pyspnego"), names, "CORP", True),
        "impacket": Peer(package("impacket"), driver(python, "impacket"), {}, "CORP", True),
    }


def table(cells, verdicts):
    """A line for each peer, side and wrapping, a column for each dialect and protection; the reasons below it."""
    reasons = list(dict.fromkeys(why for _, why in verdicts if why))
    marks = {}
    for cell, (result, why) in zip(cells, verdicts):
        number = f" {reasons.index(why) + 1}" if why else ""
        line = f"our {cell.ours}, {cell.peer}, {cell.wrapping}"
        marks.setdefault(line, {})[cell.dialect, cell.protection] = result + number
    columns = [(dialect, protection) for dialect in DIALECTS for protection in PROTECTIONS]
    print("| | " + " | ".join(f"{dialect} {protection}" for dialect, protection in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for line, found in marks.items():
        print(f"| {line} | " + " | ".join(found.get(column, "") for column in columns) + " |")
    for number, why in enumerate(reasons, 1):
        print(f"{number}. {why}")


def main():
    _, _, python, results, *only = sys.argv
    peers = all_peers(python)
    cells = [
        Cell(ours, peer, dialect, protection, wrapping)
        for peer in peers
        if peer.startswith(tuple(only) or "")
        for ours in ("client", "server")
        for wrapping in WRAPPINGS
        # A server cannot choose what a client likes best; a datagram is not wrapped (it has no first token to wrap).
        if not (ours == "server" and wrapping == "spnego-second")
        for protection in PROTECTIONS
        if not ("datagram" in protection and wrapping != "ntlm")
        for dialect in DIALECTS
    ]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda cell: verdict(peers, cell), cells))
    with open(results, "w", encoding="utf-8") as file:
        for cell, (result, why) in zip(cells, verdicts):
            record = cell._asdict() | {"peer": f"{cell.peer} {peers[cell.peer].version}", "result": result, "why": why}
            file.write(json.dumps(record) + "\n")
    table(cells, verdicts)
    for cell, (result, why) in zip(cells, verdicts):
        if result == "FAIL":
            print(f"FAIL {' '.join(cell)}: {why}")
    count = collections.Counter(result for result, _ in verdicts)
    print(f"{count['pass']} passed, {count['FAIL']} failed, {count['n/a']} not applicable")
    return count["FAIL"]


if __name__ == "__main__":
    sys.exit(main() != 0)
