#!/usr/bin/python3
"""Which logins a server lets in: accounts with uncommon names and passwords, and dialects under its policy, which is Samba's
as up.sh's --ntlm-auth sets it live, LEGACYSRV's, or ours. Those that are let in have the same session key on both sides.

usage: logins.py PIPE UP|-

PIPE is crates/spnego/examples/pipe.rs, UP is ci/realworld/up.sh, or `-` where the domain's policy must stay as it is because
others use it too. Closes with "N passed, M failed, K not run".
"""
import os
import subprocess
import sys

from sides import Failure, Side, compare, handshake

HERE = os.path.dirname(os.path.abspath(__file__))
ALICE, WRONG = ("alice", "Passw0rd!"), ("alice", "nope")
ACCOUNTS = (ALICE, ("jürgen", "pässwörd€"), ("emptypw", ""), ("longpw", os.environ["RW_LONGPW"]))
ALL = ("lm", "v1", "v1-extended", "lmv2", "v2")
# Under the policies of the domain controller: lanman auth is off, and LMv2 counts as NTLMv2.
DOMAIN = {"ntlmv2-only": ("lmv2", "v2"), "ntlmv1-permitted": ("v1", "v1-extended", "lmv2", "v2"), "disabled": ()}
# Ours, by its minimum, of what ntlm_auth's client speaks.
OURS = {"v2": ("v2",), "v1-extended": ("v1-extended", "v2"), "v1": ("v1", "v1-extended", "v2")}

passed, failed = [], []


def row(name, let_in, client, server):
    """Whether the server lets this client in, and no other reason keeps it out."""
    try:
        denied_by = handshake(client, server)
        if denied_by not in (None, server):
            raise Failure(f"denied by the {denied_by.name}")
        if denied_by is None:
            compare(client, server)
        seen = denied_by is None
    except Failure as failure:
        seen = failure
    finally:
        client.close()
        server.close()
    (passed if seen is let_in else failed).append(name)
    if seen is not let_in:
        print(f"FAIL {name}: expected {'let in' if let_in else 'denied'}, got {seen}")


def ours(side, dialect, domain, account=ALICE, protection="sign"):
    return Side([sys.argv[1], "--dialect", dialect, "--protection", protection, side, domain, *account], {})


def theirs(side, dialect, domain, program, account=ALICE, protection="sign"):
    options = ["--dialect", dialect, "--protection", protection]
    command = ["/usr/bin/python3", os.path.join(HERE, "peer_ntlm_auth.py"), *options, side, domain, *account]
    return Side(command, {"NTLM_AUTH": program})


def main():
    domain, legacy, up = os.environ["RW_NTLM_AUTH"], os.environ["RW_NTLM_AUTH_LEGACY"], sys.argv[2]
    for account in ACCOUNTS:
        row(f"our client: {account[0]}", True, ours("client", "v2", "CORP", account), theirs("server", "v2", "CORP", domain))
        row(f"our server: {account[0]}", True, theirs("client", "v2", "CORP", domain, account), ours("server", "v2", "CORP", account))
    row("our client: wrong password", False, ours("client", "v2", "CORP", WRONG), theirs("server", "v2", "CORP", domain))
    row("our server: wrong password", False, theirs("client", "v2", "CORP", domain, WRONG), ours("server", "v2", "CORP"))
    for dialect in ALL:
        row(f"LEGACYSRV, {dialect}", True, ours("client", dialect, "LEGACYSRV"), theirs("server", dialect, "LEGACYSRV", legacy))
        wrong = ours("client", dialect, "LEGACYSRV", WRONG)
        row(f"LEGACYSRV, {dialect}, wrong password", False, wrong, theirs("server", dialect, "LEGACYSRV", legacy))
    not_run = 0
    for policy in [*DOMAIN, "ntlmv2-only"]:
        if up != "-":
            subprocess.run([up, os.environ["RW_STATE"], "--no-install", "--only", "dc", "--ntlm-auth", policy], check=True, stdout=subprocess.DEVNULL)
        elif policy != "ntlmv2-only":
            not_run += len(ALL)
            continue
        for dialect in ALL:
            let_in = dialect in DOMAIN[policy]
            row(f"domain, {policy}, {dialect}", let_in, ours("client", dialect, "CORP"), theirs("server", dialect, "CORP", domain))
    for minimum, let_in in OURS.items():
        for dialect in OURS["v1"]:
            # Without protection, so that the dialect alone decides: older ones have none that counts by default.
            client = theirs("client", dialect, "CORP", domain, protection="none")
            row(f"ours, at least {minimum}, {dialect}", dialect in let_in, client, ours("server", minimum, "CORP", protection="none"))
    if not_run:
        print(f"NOT RUN: {not_run} rows that switch the domain's policy, for these servers are not this run's own")
    print(f"{len(passed)} passed, {len(failed)} failed, {not_run} not run")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main() != 0)
