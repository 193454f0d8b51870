#!/usr/bin/env python3
"""pyspnego's and impacket's NTLM clients on a bare socket: neither brings an HTTP client of its own.

usage: raw_clients.py ENGINE PROXY_HOST:PORT URL DOMAIN USER PASSWORD [CA_FILE]

Sends GET for an http:// URL, and CONNECT and then GET for an https:// one, and prints the final status code, or the
proxy's when it refuses. ENGINE is pyspnego or impacket.
"""
import base64
import http.client
import re
import socket
import ssl
import sys
import urllib.parse


def pyspnego(proxy_host, domain, user, password):
    import spnego

    context = spnego.client(f"{domain}\\{user}", password, hostname=proxy_host, service="HTTP", protocol="ntlm")
    return context.step


def impacket(proxy_host, domain, user, password):
    from impacket import ntlm

    negotiate = None

    def step(challenge=None):
        nonlocal negotiate
        if challenge is None:
            negotiate = ntlm.getNTLMSSPType1("IMPACKETWS", domain)
            return negotiate.getData()
        return ntlm.getNTLMSSPType3(negotiate, challenge, user, password, domain)[0].getData()

    return step


def request(stream, method, target, host, token=None):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    if token is not None:
        lines.append("Proxy-Authorization: NTLM " + base64.b64encode(token).decode())
    stream.sendall("\r\n".join([*lines, "", ""]).encode())
    # Unbuffered: what follows the answer to a CONNECT belongs to the tunnel.
    with stream.makefile("rb", buffering=0) as lines:
        status = int(lines.readline().split()[1])
        headers = http.client.parse_headers(lines)
        left = 0 if method == "CONNECT" and status == 200 else int(headers["Content-Length"] or 0)
        while left:
            left -= len(lines.read(left))
    return status, headers


def main(engine, proxy, url, domain, user, password, ca_file=None):
    proxy_host, _, port = proxy.rpartition(":")
    step = {"pyspnego": pyspnego, "impacket": impacket}[engine](proxy_host, domain, user, password)
    parts = urllib.parse.urlsplit(url)
    tunnel = parts.scheme == "https"
    host = f"{parts.hostname}:{parts.port or 443}" if tunnel else parts.netloc
    method, target = ("CONNECT", host) if tunnel else ("GET", url)

    with socket.create_connection((proxy_host, int(port)), timeout=20) as stream:
        status, headers = request(stream, method, target, host, step())
        challenge = re.search(r"NTLM (\S+)", ", ".join(headers.get_all("Proxy-Authenticate", [])))
        if status != 407 or not challenge:
            return f"no challenge: {status}"
        status, _ = request(stream, method, target, host, step(base64.b64decode(challenge[1])))
        if status == 200 and tunnel:
            context = ssl.create_default_context(cafile=ca_file)
            with context.wrap_socket(stream, server_hostname=parts.hostname) as inner:
                status, _ = request(inner, "GET", parts.path or "/", parts.hostname)
        return status


print(main(*sys.argv[1:]))
