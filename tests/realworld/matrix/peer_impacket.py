"""impacket's NTLM client, as a peer of the matrix: its functions, put together as its own DCE/RPC transport does."""
import lines
from Cryptodome.Cipher import ARC4
from impacket import ntlm
from impacket.spnego import SPNEGO_NegTokenInit, SPNEGO_NegTokenResp, TypesMech


class Peer:
    datagrams = False

    def __init__(self, options):
        self.options = options
        self.wrapped = options.wrapping == "spnego"
        self.negotiate = self.session_key = None
        self.over = False

    def begin(self):
        options = self.options
        message = ntlm.getNTLMSSPType1("IMPACKETWS", options.domain, options.protection != "none", options.dialect == "v2")
        if options.protection == "sign":
            message["flags"] &= ~ntlm.NTLMSSP_NEGOTIATE_SEAL
        if options.dialect == "v1":
            message["flags"] &= ~ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY
        self.negotiate = message
        token = message.getData()
        if not self.wrapped:
            return False, token
        init = SPNEGO_NegTokenInit()
        init["MechTypes"] = [TypesMech["NTLMSSP - Microsoft NTLM Security Support Provider"]]
        init["MechToken"] = token
        return False, init.getData()

    def step(self, token):
        if self.negotiate is None:
            return self.begin()
        response = SPNEGO_NegTokenResp(token) if self.wrapped else None
        if self.over:
            return True, b""
        options = self.options
        challenge = response["ResponseToken"] if self.wrapped else token
        message, self.session_key = ntlm.getNTLMSSPType3(
            self.negotiate, challenge, options.user, options.password, options.domain,
            use_ntlmv2=options.dialect == "v2",
        )
        self.settle(message["flags"])
        self.over = True
        if not self.wrapped:
            return True, message.getData()
        answer = SPNEGO_NegTokenResp()
        answer["ResponseToken"] = message.getData()
        return False, answer.getData()

    def settle(self, flags):
        self.agreed = flags
        key = self.session_key
        self.extended = bool(flags & ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY)
        modes = ("Client", "Server")
        if self.extended:
            self.sign_keys = [ntlm.SIGNKEY(flags, key, mode) for mode in modes]
            self.handles = [ARC4.new(ntlm.SEALKEY(flags, key, mode)).encrypt for mode in modes]
            self.numbers = [0, 0]
        else:
            # One key, one keystream and one count for both directions, as in its SPNEGOCipher.
            self.sign_keys = [key, key]
            self.handles = [ARC4.new(key).encrypt] * 2
            self.numbers = [0]

    def key(self):
        return self.session_key

    def flags(self):
        return self.agreed

    def signature(self, direction, message):
        count = direction if self.extended else 0
        number = self.numbers[count]
        self.numbers[count] += 1
        return ntlm.MAC(self.agreed, self.handles[direction], self.sign_keys[direction], number, message).getData()

    def sign(self, message, _):
        return self.signature(0, message)

    def verify(self, message, signature, _):
        # It has no function for this: its transports do not check what servers sign.
        if self.signature(1, message) != signature:
            raise lines.Refused("another signature")

    def seal(self, message, _):
        encrypted = self.handles[0](message)
        return encrypted, self.signature(0, message)

    def unseal(self, encrypted, signature, _):
        message = self.handles[1](encrypted)
        self.verify(message, signature, None)
        return message


lines.serve(Peer(lines.arguments()))
