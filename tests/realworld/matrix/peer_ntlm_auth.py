"""Samba's ntlm_auth as a peer of the matrix, through its helper protocols. NTLM_AUTH in the environment is the program.

It has no commands for messages. A line each way: YR begins, TT brings a token to the client and KK one to the server, AF and
NA end it; SF asks a client for features, GK and GF for the session key and the flags."""
import base64
import os
import subprocess

import lines

HELPERS = {
    ("ntlm", "client"): "ntlmssp-client-1",
    ("ntlm", "server"): "squid-2.5-ntlmssp",
    ("spnego", "client"): "gss-spnego-client",
    ("spnego", "server"): "gss-spnego",
}
OLDER = {
    "v1": ["--option=client ntlmv2 auth=no", "--option=ntlmssp_client:ntlm2=no"],
    "v1-extended": ["--option=client ntlmv2 auth=no"],
    "v2": ["--option=client ntlmv2 auth=yes"],
}


class Peer:
    datagrams = False

    def __init__(self, options):
        self.client = options.side == "client"
        command = [os.environ["NTLM_AUTH"], f"--helper-protocol={HELPERS[options.wrapping, options.side]}"]
        if self.client:
            command += [f"--username={options.user}", f"--domain={options.domain}", f"--password={options.password}"]
            command += OLDER[options.dialect]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.client and options.protection != "none":
            features = {"sign": "NTLMSSP_FEATURE_SIGN", "seal": "NTLMSSP_FEATURE_SIGN NTLMSSP_FEATURE_SEAL"}
            self.ask(f"SF {features[options.protection]}")
        self.begun = False

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def step(self, token):
        command = "TT" if self.client else "KK"
        if not self.begun:
            command = "YR"
        self.begun = True
        line = self.ask(f"{command} {base64.b64encode(token).decode()}".strip())
        word, _, rest = line.partition(" ")
        if word == "NA":
            raise lines.Denied(rest)
        if word not in ("YR", "TT", "KK", "AF"):
            raise RuntimeError(line)
        # A server within SPNEGO says AF TOKEN USER, one without AF USER; a client AF TOKEN or AF.
        first = rest.split(" ")[0]
        is_token = word != "AF" or self.client or len(rest.split(" ")) > 1
        out = base64.b64decode(first) if is_token and first not in ("", "*") else b""
        return word == "AF", out

    def key(self):
        return base64.b64decode(self.ask("GK").removeprefix("GK "))

    def flags(self):
        line = self.ask("GF")
        return int(line.removeprefix("GF "), 16) if line.startswith("GF 0x") else None


lines.serve(Peer(lines.arguments()))
