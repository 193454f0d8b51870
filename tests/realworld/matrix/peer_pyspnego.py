"""pyspnego's own NTLM and SPNEGO (not those of the system), as a peer of the matrix."""
import os

import lines
import spnego
from spnego.exceptions import BadMICError, SpnegoError

LEVELS = {"v1": "0", "v1-extended": "2", "v2": "3"}


class Peer:
    datagrams = False

    def __init__(self, options):
        # The same variable as gss-ntlmssp's.
        os.environ["LM_COMPAT_LEVEL"] = LEVELS[options.dialect]
        integrity, confidentiality = spnego.ContextReq.integrity, spnego.ContextReq.confidentiality
        wanted = {"none": 0, "sign": integrity, "seal": integrity | confidentiality}
        wrapped = options.wrapping == "spnego"
        settings = {
            "hostname": "localhost",
            "service": "HTTP",
            "context_req": wanted[options.protection],
            "protocol": "negotiate" if wrapped else "ntlm",
            "options": spnego.NegotiateOptions.use_negotiate if wrapped else spnego.NegotiateOptions.use_ntlm,
        }
        self.server = options.side == "server"
        if self.server:
            self.file = lines.user_file(options)
            self.context = spnego.server(**settings)
        else:
            self.context = spnego.client(f"{options.domain}\\{options.user}", options.password, **settings)

    def step(self, token):
        try:
            out = self.context.step(token or None)
        except SpnegoError as error:
            # A server says of a wrong response what it says of a wrong token.
            if self.server and "Invalid NTLM response" in str(error):
                raise lines.Denied(error) from error
            raise
        return self.context.complete, out

    def key(self):
        return self.context.session_key

    def flags(self):
        inner = getattr(self.context, "_context", self.context)
        return inner._context_attr  # pylint: disable=protected-access  # the settled flags, which have no public name

    def sign(self, message, _):
        return self.context.sign(message)

    def verify(self, message, signature, _):
        try:
            self.context.verify(message, signature)
        except BadMICError as error:
            raise lines.Refused(error) from error

    def seal(self, message, _):
        wrapped = self.context.wrap(message).data
        return wrapped[16:], wrapped[:16]

    def unseal(self, encrypted, signature, _):
        try:
            return self.context.unwrap(signature + encrypted).data
        except BadMICError as error:
            raise lines.Refused(error) from error


lines.serve(Peer(lines.arguments()))
