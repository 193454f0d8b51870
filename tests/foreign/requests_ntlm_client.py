#!/usr/bin/env python3
"""requests with requests-ntlm through an NTLM proxy; prints the final status code.

usage: requests_ntlm_client.py PROXY_HOST:PORT URL DOMAIN USER PASSWORD

Only http:// URLs: requests-ntlm cannot answer the 407 to a CONNECT, which urllib3 turns into an exception before it.
"""
import sys

import requests
import requests_ntlm

proxy, url, domain, user, password = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.proxies = {"http": f"http://{proxy}"}
session.auth = requests_ntlm.HttpNtlmAuth(f"{domain}\\{user}", password)
print(session.get(url, timeout=20).status_code)
