"""Samba's own security library (gensec) as a peer of the matrix: what is behind ntlm_auth, and signs and seals besides. The
server knows the accounts of the domain controller, whose smb.conf is SMB_CONF in the environment."""
import os

import lines
from samba import NTSTATUSError, auth, credentials, gensec, param

MECHS = {"ntlm": "ntlmssp", "spnego": "spnego"}
FEATURES = {"none": [], "sign": [gensec.FEATURE_SIGN], "seal": [gensec.FEATURE_SIGN, gensec.FEATURE_SEAL]}


class Peer:
    datagrams = False

    def __init__(self, options):
        settings = param.LoadParm()
        settings.load(os.environ["SMB_CONF"])
        # For this process alone.
        settings.set("ntlm auth", "ntlmv1-permitted")
        settings.set("client ntlmv2 auth", "yes" if options.dialect == "v2" else "no")
        settings.set("ntlmssp_client:ntlm2", "no" if options.dialect == "v1" else "yes")
        self.server = options.side == "server"
        account = credentials.Credentials()
        account.guess(settings)
        account.set_kerberos_state(credentials.DONT_USE_KERBEROS)
        where = {"lp_ctx": settings, "target_hostname": "localhost"}
        if self.server:
            self.context = gensec.Security.start_server(where, auth.AuthContext(lp_ctx=settings))
        else:
            account.set_domain(options.domain)
            account.set_username(options.user)
            account.set_password(options.password)
            self.context = gensec.Security.start_client(where)
        self.context.set_credentials(account)
        for feature in [gensec.FEATURE_SESSION_KEY, *FEATURES[options.protection]]:
            self.context.want_feature(feature)
        self.context.start_mech_by_name(MECHS[options.wrapping])

    def step(self, token):
        try:
            return self.context.update(token)
        except NTSTATUSError as error:
            if self.server and b"NTLMSSP\0\3" in token:
                raise lines.Denied(error) from error
            raise

    def key(self):
        return self.context.session_key()

    def flags(self):
        return None

    def sign(self, message, _):
        return self.context.sign_packet(message, message)

    def verify(self, message, signature, _):
        try:
            self.context.check_packet(message, message, signature)
        except NTSTATUSError as error:
            raise lines.Refused(error) from error

    def seal(self, message, _):
        wrapped = self.context.wrap(message)
        return wrapped[16:], wrapped[:16]

    def unseal(self, encrypted, signature, _):
        try:
            return self.context.unwrap(signature + encrypted)
        except NTSTATUSError as error:
            raise lines.Refused(error) from error


lines.serve(Peer(lines.arguments()))
