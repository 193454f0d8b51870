"""The cases that a real Squid can show too, with the same client and the same recipe: does it end in the same way?

usage: squid.py ROOT CHECKED_JSON OUT GATEPASS; the environment is that of ci/realworld's env.sh
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse

ROOT, CHECKED, OUT, GATEPASS = sys.argv[1:]
# Names that Squid alone resolves.
PLAIN, SECURE = "http://web.corp.test:18080/", "https://web.corp.test:18443/"
ALICE = ("CORP\\alice", "Passw0rd!")
E = os.environ

# name: proxy, URL, form, login
CASES = {
    "get": (E["RW_NTLM"], PLAIN, "get", ALICE),
    "connect": (E["RW_NTLM"], SECURE, "get", ALICE),
    "wrong-password": (E["RW_NTLM"], PLAIN, "get", ("CORP\\alice", "Wr0ng!")),
    "connect-wrong-password": (E["RW_NTLM"], SECURE, "get", ("CORP\\alice", "Wr0ng!")),
    "unknown-user": (E["RW_NTLM"], PLAIN, "get", ("CORP\\nobody", "Passw0rd!")),
    "name-beyond-ascii": (E["RW_NTLM"], PLAIN, "get", ("CORP\\jürgen", "pässwörd€")),
    "name-beyond-latin": (E["RW_NTLM"], PLAIN, "get", ("CORP\\Ωmega", "пароль😀")),
    "name-in-another-case": (E["RW_NTLM"], PLAIN, "get", ("CORP\\ALICE", "Passw0rd!")),
    "long-password": (E["RW_NTLM"], PLAIN, "get", ("CORP\\longpw", E["RW_LONGPW"])),
    "post": (E["RW_NTLM"], PLAIN, "upload", ALICE),
    "connect-post": (E["RW_NTLM"], SECURE, "upload", ALICE),
    "two-pages": (E["RW_NTLM"], PLAIN, "two", ALICE),
    "two-pages-secure": (E["RW_NTLM"], SECURE, "two", ALICE),
    "get-negotiate": (E["RW_NEGO"], PLAIN, "get", ALICE),
    "connect-negotiate": (E["RW_NEGO"], SECURE, "get", ALICE),
    "squid-5-all": (E["RW_ALL"], PLAIN, "get", ALICE),
    "closed-offer": (E["RW_KAOFF"], PLAIN, "get", ALICE),
    "connect-closed-offer": (E["RW_KAOFF"], SECURE, "get", ALICE),
}


def run(recipe, scratch, proxy, url, form, login):
    words = recipe.get(form)
    if words is None:
        return None
    user, password = login
    quoted = ":".join(urllib.parse.quote(part, safe="") for part in login)
    body = scratch / "body"
    body.write_bytes(b"0123456789" * (10_000 if url == SECURE else 1_000))
    places = {
        "{url}": url, "{url2}": url, "{proxy}": proxy, "{proxyauth}": proxy.replace("://", f"://{quoted}@"), "{user}": user,
        "{password}": password, "{cafile}": E["RW_CA"], "{body}": str(body), "{scratch}": str(scratch),
        "{program}": str(scratch / recipe.get("program", "none")), "{gatepass}": GATEPASS, "{timeout}": "20",
    }

    def fill(word):
        for place, value in places.items():
            word = word.replace(place, value)
        return word

    environment = E | {"KRB5CCNAME": f"FILE:{scratch}/no-ticket"}
    if recipe.get("prepare") and not (scratch / "prepared").exists():
        subprocess.run([fill(word) for word in recipe["prepare"]], check=True, timeout=300)
        (scratch / "prepared").touch()
    try:
        ended = subprocess.run(
            [fill(word) for word in recipe["command"] + words], env=environment, timeout=60, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
    except subprocess.TimeoutExpired:
        return "no end"
    return "page" if ended.returncode == 0 else "no page"


checked = json.loads(pathlib.Path(CHECKED).read_text())
recipes = pathlib.Path(ROOT, "crates/cli/src/check_client/recipes")
recipe = tomllib.loads((recipes / f"{checked['client']}.toml").read_text())
mock = {case["name"]: case for case in checked["cases"]}
results = {}
with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    if program := recipe.get("program"):
        (scratch / program).write_text((recipes / program).read_text())
    for name, case in CASES.items():
        squid = run(recipe, scratch, *case)
        seen = mock[name]["seen"]
        if squid is None or seen is None:
            continue
        results[name] = {"mock": "page" if seen["exit_code"] == 0 else "no page", "squid": squid}
pathlib.Path(OUT).write_text(json.dumps(results))
