"""The lines that a peer of the matrix speaks: those of crates/spnego/examples/pipe.rs, which describes them."""
import argparse
import os
import sys
import tempfile


class Denied(Exception):
    """The logon is refused."""


class Refused(Exception):
    """The signature of a message does not fit."""


def arguments():
    """Those of the example."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrapping", choices=("ntlm", "spnego"), default="ntlm")
    parser.add_argument("--dialect", choices=("lm", "v1", "v1-extended", "lmv2", "v2"), default="v2")
    parser.add_argument("--protection", choices=("none", "sign", "seal"), default="none")
    parser.add_argument("--datagrams", action="store_true")
    parser.add_argument("side", choices=("client", "server"))
    for name in ("domain", "user", "password"):
        parser.add_argument(name)
    return parser.parse_args()


def user_file(options):
    """A file for NTLM_USER_FILE, from which pyspnego's and gss-ntlmssp's servers know their only account."""
    file = tempfile.NamedTemporaryFile("w", prefix="gatepass-matrix-", encoding="utf-8")
    file.write(f"{options.domain}:{options.user}:{options.password}\n")
    file.flush()
    os.environ["NTLM_USER_FILE"] = file.name
    return file


def digits(data):
    return bytes(data).hex() or "-"


def data(word):
    return b"" if word == "-" else bytes.fromhex(word)


def answer(peer, command, words):
    """`peer` has step(token) -> (done, token), key(), flags(), and where it can: sign(message, number), verify(message,
    signature, number), seal(message, number) -> (encrypted, signature), unseal(encrypted, signature, number)."""
    if command == "STEP":
        done, token = peer.step(data(words[0]))
        return f"{'DONE' if done else 'STEP'} {digits(token or b'')}"
    if command == "KEY":
        return f"KEY {digits(peer.key())}"
    if command == "FLAGS":
        flags = peer.flags()
        return "FLAGS -" if flags is None else f"FLAGS {flags:#010x}"
    number = int(words.pop()) if peer.datagrams else None
    parts = [data(word) for word in words]
    if command == "SIGN":
        return f"SIGN {digits(peer.sign(*parts, number))}"
    if command == "VERIFY":
        peer.verify(*parts, number)
        return "VERIFY -"
    if command == "SEAL":
        encrypted, signature = peer.seal(*parts, number)
        return f"SEAL {digits(encrypted)} {digits(signature)}"
    if command == "UNSEAL":
        return f"UNSEAL {digits(peer.unseal(*parts, number))}"
    return f"ERROR no such command: {command}"


def serve(peer):
    for line in sys.stdin:
        command, *words = line.split()
        try:
            text = answer(peer, command, words)
        except Denied as error:
            text = f"DENIED {error}"
        except Refused as error:
            text = f"REFUSED {error}"
        except Exception as error:  # pylint: disable=broad-except  # the line says it, and the cell fails
            text = f"ERROR {type(error).__name__}: {error}"
        print(text.replace("\n", " "), flush=True)
