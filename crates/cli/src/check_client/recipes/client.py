"""Python's HTTP clients, each with the login for a proxy that it has; exit code 0 when each page came with a status below 400.

usage: client.py LIBRARY PROXY USER PASSWORD CA_FILE TIMEOUT TASK URL [FILE | URL [USER PASSWORD]]
"""
import asyncio
import base64
import re
import socket
import ssl
import sys
import urllib.parse

LIBRARY, PROXY, USER, PASSWORD, CA_FILE, TIMEOUT, TASK, URL, *MORE = sys.argv[1:]
TIMEOUT = float(TIMEOUT)


def jobs():
    """The requests: method, URL, body, and whose login."""
    login = (USER, PASSWORD)
    if TASK == "upload":
        with open(MORE[0], "rb") as file:
            return [("POST", URL, file.read(), login)]
    if TASK == "two":
        return [("GET", URL, None, login), ("GET", MORE[0], None, login)]
    if TASK == "users":
        return [("GET", URL, None, login), ("GET", MORE[0], None, (MORE[1], MORE[2]))]
    return [("GET", URL, None, login)]


def requests_():
    import requests
    from requests_ntlm import HttpNtlmAuth

    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": PROXY, "https": PROXY}
        session.verify = CA_FILE
        for method, url, body, login in jobs():
            yield session.request(method, url, data=body, auth=HttpNtlmAuth(*login), timeout=TIMEOUT).status_code


def urllib3_():
    import urllib3

    for method, url, body, login in jobs():
        headers = urllib3.make_headers(proxy_basic_auth=":".join(login))
        with urllib3.ProxyManager(PROXY, proxy_headers=headers, ca_certs=CA_FILE, retries=False) as manager:
            yield manager.request(method, url, body=body, timeout=TIMEOUT).status


def httpx_():
    import httpx
    from httpx_ntlm import HttpNtlmAuth

    trust = ssl.create_default_context(cafile=CA_FILE)
    with httpx.Client(proxy=PROXY, verify=trust, timeout=TIMEOUT, follow_redirects=True, trust_env=False) as client:
        for method, url, body, login in jobs():
            yield client.request(method, url, content=body, auth=HttpNtlmAuth(*login)).status_code


def aiohttp_():
    import aiohttp

    async def run():
        trust = ssl.create_default_context(cafile=CA_FILE)
        limit = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(timeout=limit) as session:
            statuses = []
            for method, url, body, login in jobs():
                basic = aiohttp.BasicAuth(*login, encoding="utf-8")
                request = session.request(method, url, data=body, proxy=PROXY, proxy_auth=basic, ssl=trust)
                async with request as response:
                    await response.read()
                    statuses.append(response.status)
            return statuses

    yield from asyncio.run(run())


def response(lines, method):
    """The status, the fields and the body of the next final response."""
    status = 100
    while status < 200:
        status, fields, field = int(lines.readline().split()[1]), {}, lines.readline()
        while field.strip():
            name, _, value = field.decode("latin-1").partition(":")
            fields.setdefault(name.lower(), []).append(value.strip())
            field = lines.readline()
    if method == "CONNECT" and status == 200:
        return status, fields
    if "chunked" in fields.get("transfer-encoding", []):
        while length := int(lines.readline(), 16):
            if len(lines.read(length + 2)) < length + 2:
                raise OSError("the body is cut")
        lines.readline()
    else:
        length = fields.get("content-length")
        body = lines.read(int(length[0]) if length else -1)
        if length and len(body) < int(length[0]):
            raise OSError("the body is cut")
    return status, fields


def exchange(stream, lines, method, target, host, body, token=None):
    head = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    if body is not None:
        head.append(f"Content-Length: {len(body)}")
    if token is not None:
        head.append("Proxy-Authorization: NTLM " + base64.b64encode(token).decode())
    stream.sendall("\r\n".join([*head, "", ""]).encode() + (body or b""))
    return response(lines, method)


def pyspnego_():
    import spnego

    parts = urllib.parse.urlsplit(PROXY)
    stream = socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT)
    lines = stream.makefile("rb")
    context = spnego.client(USER, PASSWORD, hostname=parts.hostname, service="HTTP", protocol="ntlm")
    known = False
    for method, url, body, _ in jobs():
        parts = urllib.parse.urlsplit(url)
        tunnel = parts.scheme == "https"
        host = f"{parts.hostname}:{parts.port or 443}" if tunnel else parts.netloc
        turn = ("CONNECT", host, host) if tunnel else (method, url, host)
        sent = None if tunnel else body
        if not known:
            status, fields = exchange(stream, lines, *turn, b"" if sent else None, context.step())
            token = re.search(r"NTLM ([A-Za-z0-9+/=]+)", ", ".join(fields.get("proxy-authenticate", [])))
            if status != 407 or not token:
                raise OSError(f"no CHALLENGE, status {status}")
            status, _ = exchange(stream, lines, *turn, sent, context.step(base64.b64decode(token[1])))
            known = status < 400
            if tunnel and known:
                trust = ssl.create_default_context(cafile=CA_FILE)
                stream = trust.wrap_socket(stream, server_hostname=parts.hostname)
                lines = stream.makefile("rb")
        elif not tunnel:
            status, _ = exchange(stream, lines, *turn, sent)
        if tunnel and known:
            status, _ = exchange(stream, lines, method, parts.path or "/", parts.hostname, body)
        yield status


statuses = list(globals()[LIBRARY + "_"]())
if any(status >= 400 for status in statuses):
    sys.exit(f"status {', '.join(map(str, statuses))}")
