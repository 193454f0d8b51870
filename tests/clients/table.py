"""Writes what was measured into the document, between its marks.

usage: table.py DOCUMENT DIRECTORY, where DIRECTORY has CLIENT.json and, where Squid was asked too, CLIENT.squid
"""
import collections
import datetime
import json
import pathlib
import sys

DOCUMENT, DIRECTORY = map(pathlib.Path, sys.argv[1:])
GROUPS = ["dance", "connect", "bodies", "persistence", "layouts", "faults", "security"]
# The order in which clients stand: those that know NTLM first.
ORDER = "gatepass curl curl-anyauth java pyspnego requests httpx wget aiohttp urllib3 node-undici go".split()
BASIC = "it sent the password itself (Basic)"


def key(path):
    return ORDER.index(path.stem) if path.stem in ORDER else len(ORDER)


def short(report):
    """curl's first line goes on for long; a name that says it all is enough."""
    version = (report["version"] or "").split(" (")[0]
    if report["client"] == "curl-anyauth":
        return version + ", --proxy-anyauth"
    if report["client"] == "curl":
        return version + ", --proxy-ntlm"
    if report["client"] == "gatepass":
        return version + " fetch"
    if report["client"] == "java":
        return "Java " + version.split('"')[1] + ", HttpURLConnection"
    if report["client"] == "go":
        return "Go " + version.split()[2].removeprefix("go") + ", net/http"
    if report["client"] == "pyspnego":
        return version + ", on a bare socket"
    return version.split(" built ")[0] or report["client"]


def plain(why):
    """A reason without what changes from run to run."""
    import re

    why = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", why)
    return why.replace("|", "\\|").replace("<", "&lt;")


def verdicts(reports):
    yield "| client | " + " | ".join(GROUPS) + " | all |"
    yield "|---" * (len(GROUPS) + 2) + "|"
    for report in reports:
        cells = []
        for group in [*GROUPS, None]:
            counts = collections.Counter(
                case["verdict"] for case in report["cases"] if group in (None, case["group"])
            )
            cells.append(f"{counts['pass']} / {counts['fail']} / {counts['not-applicable']}")
        yield f"| {short(report)} | " + " | ".join(cells) + " |"


def failures(reports):
    for report in reports:
        failed = [case for case in report["cases"] if case["verdict"] == "fail"]
        basic = [case for case in failed if case["why"].startswith(BASIC)]
        yield f"\n### {short(report)}\n"
        if not failed:
            yield "No case failed."
        if len(basic) > 20:
            yield f"- {len(basic)} cases: {BASIC}, whatever the proxy offers: its login for a proxy is Basic."
            failed = [case for case in failed if case not in basic]
        for case in failed:
            yield f"- `{case['name']}`: {plain(case['why'])} ({case['section']})"


def squid(reports):
    yield "| client | the same | differs |"
    yield "|---|---|---|"
    for report in reports:
        path = DIRECTORY / f"{report['client']}.squid"
        if not path.exists():
            continue
        results = json.loads(path.read_text())
        other = {name: both for name, both in results.items() if both["mock"] != both["squid"]}
        words = "; ".join(f"`{name}`: {both['mock']} here, {both['squid']} there" for name, both in other.items())
        yield f"| {short(report)} | {len(results) - len(other)} of {len(results)} | {words or 'nothing'} |"


def put(text, mark, lines):
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return before + begin + "\n".join(lines).strip("\n") + "\n" + end + after


reports = [json.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.json"), key=key)]
text = DOCUMENT.read_text()
date = f"Measured on {datetime.date.today():%Y-%m-%d}, {len(reports[0]['cases'])} cases; passed / failed / not applicable."
text = put(text, "verdicts", [date, "", *verdicts(reports)])
text = put(text, "failures", failures(reports))
if any(DIRECTORY.glob("*.squid")):
    text = put(text, "squid", squid(reports))
DOCUMENT.write_text(text)
