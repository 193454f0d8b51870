#!/usr/bin/python3
"""gss-ntlmssp within MIT's SPNEGO as the other side for the example spnego_pipe: speaks the part of ntlm_auth's helper
protocol that it uses, and SG, VF, SL, US besides: sign, verify, seal, unseal a message.

Needs python3-gssapi, gss-ntlmssp and NTLM_USER_FILE (a line DOMAIN:user:password)."""
import argparse
import base64
import sys

import gssapi
from gssapi.raw import inquire_sec_context_by_oid

NTLM = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
SESSION_KEY = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2.5.5")


def encode(data):
    return base64.b64encode(data or b"").decode()


def server():
    name = gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service)
    credentials = gssapi.Credentials(name=name, usage="accept", mechs=[SPNEGO, NTLM])
    return gssapi.SecurityContext(creds=credentials, usage="accept")


def client(arguments, features):
    name = gssapi.Name(f"{arguments.domain}\\{arguments.username}", gssapi.NameType.user)
    credentials = gssapi.raw.acquire_cred_with_password(name, arguments.password.encode(), mechs=[SPNEGO, NTLM]).creds
    gssapi.raw.set_neg_mechs(credentials, [NTLM])
    wanted = {"SIGN": gssapi.RequirementFlag.integrity, "SEAL": gssapi.RequirementFlag.confidentiality}
    flags = [flag for name, flag in wanted.items() if name in features]
    target = gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service)
    return gssapi.SecurityContext(name=target, creds=gssapi.Credentials(credentials), mech=SPNEGO, flags=flags, usage="initiate")


def answer(state, arguments, command, rest):
    initiating = arguments.helper_protocol == "gss-spnego-client"
    if command == "SF":
        state["features"] = rest
        return "OK"
    if command == "YR":
        state["context"] = client(arguments, state.get("features", "")) if initiating else server()
    context = state["context"]
    if command in ("YR", "TT", "KK"):
        token = context.step(base64.b64decode(rest) if rest else None)
        if context.complete:
            return "AF" if initiating else f"AF {encode(token) or '*'} {context.initiator_name}"
        return f"{command if initiating and command == 'YR' else 'KK' if initiating else 'TT'} {encode(token)}"
    if command == "GK":
        return "GK " + encode(inquire_sec_context_by_oid(context, SESSION_KEY)[0])
    parts = [base64.b64decode(part) for part in rest.split()]
    if command == "SG":
        return "SG " + encode(context.get_signature(parts[0]))
    if command == "VF":
        context.verify_signature(*parts)
        return "VF"
    if command == "SL":
        return "SL " + encode(context.wrap(parts[0], True).message)
    if command == "US":
        return "US " + encode(context.unwrap(parts[0]).message)
    return "BH unknown command"


def main():
    parser = argparse.ArgumentParser()
    for option in ("helper-protocol", "username", "domain", "password"):
        parser.add_argument("--" + option)
    arguments = parser.parse_args()
    state = {}
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        try:
            print(answer(state, arguments, command, rest), flush=True)
        except gssapi.exceptions.GSSError as error:
            print("NA " + str(error).replace("\n", " "), flush=True)


main()
