#!/usr/bin/env python3
"""impacket's SMB server, the only server that impacket has: one share, one account. It ends with its standard input.

usage: impacket_smb_server.py DIRECTORY USER PASSWORD; prints its port."""
import sys
import threading

from impacket import ntlm
from impacket.smbserver import SimpleSMBServer


def main(directory, user, password):
    server = SimpleSMBServer("127.0.0.1", 0)
    server.setSMB2Support(True)
    server.addShare("share", directory)
    server.addCredential(user, 0, ntlm.compute_lmhash(password), ntlm.compute_nthash(password))
    print(server.getServer().server_address[1], flush=True)
    threading.Thread(target=server.start, daemon=True).start()
    sys.stdin.read()


main(*sys.argv[1:])
