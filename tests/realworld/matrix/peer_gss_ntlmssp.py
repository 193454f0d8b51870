"""gss-ntlmssp under MIT's GSSAPI, alone or within MIT's SPNEGO, as a peer of the matrix."""
import os
import sys

import gss_plugin
import gssapi
import lines
from gssapi.raw import acquire_cred_with_password, inquire_sec_context_by_oid, set_neg_mechs, set_sec_context_option

NTLM = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
SESSION_KEY = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2.5.5")
# gssapi_ntlmssp_ext.h: the number of the next datagram, in the byte order of the machine.
SET_SEQ_NUM = gssapi.OID.from_int_seq("1.3.6.1.4.1.7165.655.1.1")
DATAGRAM_FLAG = 0x10000
# python3-gssapi has no name for it, and refuses flags without one.
DATAGRAM = int.__new__(gssapi.RequirementFlag, DATAGRAM_FLAG)
DATAGRAM._name_, DATAGRAM._value_ = "datagram", DATAGRAM_FLAG
gssapi.RequirementFlag._value2member_map_[DATAGRAM_FLAG] = DATAGRAM
# A refusal is one at once, not with the next call.
gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
ERRORS = (gssapi.exceptions.GSSError, gss_plugin.PluginError)
LEVELS = {"v1": "0", "v1-extended": "2", "v2": "3"}


class Peer:
    def __init__(self, options):
        os.environ["LM_COMPAT_LEVEL"] = LEVELS[options.dialect]
        self.datagrams = options.datagrams
        self.server = options.side == "server"
        mech = SPNEGO if options.wrapping == "spnego" else NTLM
        host = gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service)
        if self.server:
            self.file = lines.user_file(options)
            if self.datagrams:
                self.context = gss_plugin.Server()
                return
            credentials = gssapi.Credentials(name=host, usage="accept", mechs=[SPNEGO, NTLM])
            self.context = gssapi.SecurityContext(creds=credentials, usage="accept")
            return
        name = gssapi.Name(f"{options.domain}\\{options.user}", gssapi.NameType.user)
        credentials = acquire_cred_with_password(name, options.password.encode(), mechs=[mech]).creds
        if mech == SPNEGO:
            set_neg_mechs(credentials, [NTLM])
        integrity, confidentiality = gssapi.RequirementFlag.integrity, gssapi.RequirementFlag.confidentiality
        flags = {"none": 0, "sign": integrity, "seal": integrity | confidentiality}[options.protection]
        flags = int(flags) | (DATAGRAM_FLAG if self.datagrams else 0)
        self.context = gssapi.SecurityContext(name=host, creds=gssapi.Credentials(credentials), mech=mech, flags=flags, usage="initiate")

    def step(self, token):
        try:
            out = self.context.step(token or None)
        except ERRORS as error:
            if self.server and token and b"NTLMSSP\0\3" in token:
                raise lines.Denied(error) from error
            raise
        return self.context.complete, out

    def key(self):
        if isinstance(self.context, gss_plugin.Server):
            return self.context.key()
        return inquire_sec_context_by_oid(self.context, SESSION_KEY)[0]

    def flags(self):
        return None

    def number(self, number):
        if isinstance(self.context, gss_plugin.Server):
            self.context.number(number)
        elif self.datagrams:
            set_sec_context_option(SET_SEQ_NUM, self.context, number.to_bytes(4, sys.byteorder))

    def sign(self, message, number):
        self.number(number)
        return self.context.get_signature(message)

    def verify(self, message, signature, number):
        self.number(number)
        try:
            self.context.verify_signature(message, signature)
        except ERRORS as error:
            raise lines.Refused(error) from error

    def seal(self, message, number):
        self.number(number)
        wrapped = self.context.wrap(message, True).message
        return wrapped[16:], wrapped[:16]

    def unseal(self, encrypted, signature, number):
        self.number(number)
        try:
            return self.context.unwrap(signature + encrypted).message
        except ERRORS as error:
            raise lines.Refused(error) from error


lines.serve(Peer(lines.arguments()))
