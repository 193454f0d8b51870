"""The page of the mock proxy in a real browser: what somebody does with it, step by step.

page.py PROXY PAGE-URL CA-FILE SCREENSHOTS AXE PID: prints what fails, and closes with "N passed, M failed".
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import traceback

from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select

from browser import Browser

PROXY, PAGE, CA, SHOTS, AXE = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4]), pathlib.Path(sys.argv[5])
PID = int(sys.argv[6])
STEPS = []


def step(function):
    STEPS.append(function)
    return function


def curl(*arguments: str, user: str = "CORP\\alice:Passw0rd!") -> str:
    """The status of the last response, and curl's exit code."""
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "15", "--cacert", CA, "-x", PROXY]
    done = subprocess.run([*command, "--proxy-ntlm", "-U", user, *arguments], capture_output=True, text=True, check=False)
    return f"{done.stdout} {done.returncode}"


def equal(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def hover(b: Browser, field: str):
    """Puts the mouse on a field of the message that is shown."""
    find = "return [...document.querySelectorAll('.field button')].find(e => e.textContent === arguments[0])"
    button = b.until(lambda: b.run(find, field), f"the field {field}")
    ActionChains(b.driver).move_to_element(button).perform()
    b.until(lambda: field in b.text("tr.lit"), f"{field} is marked")


@step
def the_page_opens_and_says_that_it_is_live(b: Browser):
    b.scheme("light")
    b.open(PAGE)
    b.says("#state-text", "live")
    equal(b.text("#address"), PROXY)
    assert "curl -x" in b.text("#hint")
    equal(b.run("return location.hash"), "")
    b.screenshot(SHOTS / "empty.png")


@step
def a_dance_is_seen_as_it_happens(b: Browser):
    equal(curl("https://origin.test/echo"), "200 0")
    b.says("#connections", "granted to CORP\\alice")
    b.says("#dance-of", "proxy connection 1")
    # Whose close comes first at the end of a tunnel is open: that there is an end is what counts.
    b.until(lambda: b.run("return document.querySelector('#diagram .end')"), "the end is drawn")
    chips = b.run("return [...document.querySelectorAll('.chip-text')].map(chip => chip.textContent)")
    equal(chips, ["NEGOTIATE", "CHALLENGE", "AUTHENTICATE"])
    text = b.run("return document.getElementById('dance-text').textContent")
    for part in ("CONNECT origin.test:443", "with CHALLENGE of", "granted to CORP\\alice"):
        assert part in text, text
    b.says("#message-of", "request 2")


@step
def the_bytes_of_a_field_are_marked_while_the_mouse_is_on_it(b: Browser):
    hover(b, "NegotiateFlags")
    lit = "return [...document.querySelectorAll('.hex .lit')].map(e => e.dataset.byte + ' ' + e.textContent)"
    b.until(lambda: len(b.run(lit)) == 4, "four bytes are marked")
    equal([entry.split()[0] for entry in b.run(lit)], ["60", "61", "62", "63"])
    b.screenshot(SHOTS / "light.png")
    # And from a byte to its field.
    ActionChains(b.driver).move_to_element(b.one('.hex [data-byte="0"]')).perform()
    b.until(lambda: "Signature" in b.text("tr.lit"), "the field of the byte is marked")


@step
def the_bytes_of_a_field_are_marked_while_it_has_the_focus(b: Browser):
    b.run("document.querySelector('.field button').focus()")
    b.press(Keys.ARROW_DOWN)
    b.until(lambda: "MessageType" in b.text("tr.lit"), "the next field is marked")
    equal(b.run("return [...document.querySelectorAll('.hex .lit')].map(e => e.textContent).join(' ')"), "03 00 00 00")
    equal(b.run("return document.querySelectorAll('.field button[tabindex=\"0\"]').length"), 1)


@step
def responses_that_can_be_guessed_at_are_not_on_the_page(b: Browser):
    html = b.run("return document.documentElement.outerHTML")
    assert "bytes, left out" in html
    # Those of curl: LM response, NTProofStr.
    left_out = b.run("return document.querySelectorAll('.hex .out').length")
    assert left_out >= 24, left_out
    assert "Passw0rd" not in html


@step
def a_fault_is_switched_on_by_the_form_and_the_client_fails(b: Browser):
    b.one("#tab-faults").click()
    Select(b.one("#fault-leg")).select_by_value("challenge")
    Select(b.one("#fault-kind")).select_by_value("token")
    assert "spoils the token" in b.text("#fault-sentence")
    b.one("#add-fault button").click()
    b.says("#switches", "token")
    b.says("#switches", "proxy, each challenge")
    status = curl("http://origin.test/")
    assert status.split()[0] in ("000", "407"), status
    b.says("#switches", "happened 1 time")
    b.until(lambda: "fault: token not-base64" in b.run("return document.getElementById('diagram').textContent"), "the fault is drawn")
    b.screenshot(SHOTS / "fault.png")


@step
def the_fault_is_switched_off_and_the_client_gets_through_again(b: Browser):
    b.one("#switch-0").click()
    b.says("#count-0", "off")
    equal(curl("http://origin.test/"), "200 0")
    b.says("#dance-of", "connection 3")
    b.says("#message-of", "request 2")
    hover(b, "MsvAvNbComputerName")
    assert b.run("return document.querySelector('.hex .lit').getBoundingClientRect().top") < 900, "the bytes are in sight"
    b.screenshot(SHOTS / "page.png")
    b.one("#remove-0").click()
    b.until(lambda: not b.all("#switches li"), "the switch is gone")


@step
def a_fault_that_cannot_be_is_refused_with_a_sentence(b: Browser):
    box = b.one("#fault-text")
    box.clear()
    box.send_keys('"clos"')
    b.one("#add-fault button").click()
    b.says("#fault-error", "did you mean `close`?")
    equal(box.get_attribute("aria-invalid"), "true")
    Select(b.one("#fault-kind")).select_by_value("close")
    equal(b.text("#fault-error"), "")


@step
def the_script_is_checked_while_it_is_written_and_followed_when_it_is_applied(b: Browser):
    b.one("#tab-script").click()
    box = b.one("#script-text")
    shown = box.get_attribute("value")
    assert "(as it was)" in shown and "Passw0rd" not in shown, shown
    box.send_keys(Keys.CONTROL, Keys.END)
    box.send_keys("\n[[fault]]\nleg = 'offer'\nnth = 1\nfault = { statsu = 403 }\n")
    line = len(shown.split("\n")) + 4
    b.says("#script-state", f"Line {line}: ")
    b.says("#script-state", "did you mean `status`?")
    equal(b.text(".lines .wrong").strip(), str(line))
    b.screenshot(SHOTS / "script.png")
    b.one("#script-form button[type=submit]").click()
    b.until(lambda: b.run("const t = arguments[0]; return t.value.slice(t.selectionStart, t.selectionEnd)", box) == "fault = { statsu = 403 }", "the line is chosen")
    b.run("const t = arguments[0]; t.value = t.value.replace('statsu', 'status'); t.dispatchEvent(new Event('input'))", box)
    b.says("#script-state", "No mistake found")
    b.one("#script-form button[type=submit]").click()
    b.says("#script-state", "Applied")
    equal(curl("--proxy-anyauth", "http://origin.test/"), "403 0")
    equal(curl("http://origin.test/", user="CORP\\bob:hunter2"), "200 0")


@step
def the_client_is_judged(b: Browser):
    b.one("#tab-verdicts").click()
    b.says("#verdict-rows", "answers with NTLMv2, nothing older")
    rows = b.run("return [...document.querySelectorAll('#verdict-rows tr')].map(r => r.className + ' ' + r.querySelector('th span').textContent)")
    assert "pass answers with NTLMv2, nothing older" in rows, rows
    b.screenshot(SHOTS / "verdicts.png")


@step
def the_transcript_is_saved(b: Browser):
    for button, name in (("#save-jsonl", "transcript.jsonl"), ("#save-har", "transcript.har")):
        b.one(button).click()
        path = b.downloads / name
        b.until(lambda p=path: p.exists() and p.stat().st_size, f"{name} is there")
    lines = [json.loads(line) for line in (b.downloads / "transcript.jsonl").read_text().splitlines()]
    equal(lines[0]["format"], 1)
    assert any(line.get("outcome", {}).get("kind") == "granted" for line in lines)
    har = json.loads((b.downloads / "transcript.har").read_text())
    equal(har["log"]["version"], "1.2")
    assert len(har["log"]["entries"]) > 2


@step
def everything_can_be_done_by_the_keyboard(b: Browser):
    b.open(PAGE)
    b.says("#state-text", "live")
    b.until(lambda: len(b.all("#connections button")) > 2, "the connections are there")
    b.press(Keys.TAB)
    assert "Skip" in b.focused(), b.focused()
    seen = [b.focused()]
    for _ in range(12):
        b.press(Keys.TAB)
        seen.append(b.focused())
        if b.run("return document.activeElement.closest('#connections') !== null"):
            break
    wanted = ["copy", "save-jsonl", "save-har", "theme", "follow"]
    equal([one for one in seen if one in wanted], wanted)
    # Down to the first connection, and into it.
    b.press(Keys.END)
    b.press(Keys.ENTER)
    b.until(lambda: re.search(r"connection 1,", b.text("#dance-of")), "the oldest connection is shown")
    b.press(Keys.TAB)
    equal(b.run("return document.activeElement.getAttribute('role')"), "button")
    b.press(Keys.HOME)
    b.press(Keys.ARROW_DOWN)
    b.press(Keys.ENTER)
    b.says("#message-of", "response 1")
    equal(b.run("return document.activeElement.getAttribute('aria-pressed')"), "true")
    outline = b.run("return getComputedStyle(document.activeElement.querySelector('.touch')).strokeWidth")
    equal(outline, "2px")
    b.run("document.getElementById('tab-faults').focus()")
    b.press(Keys.ARROW_RIGHT)
    equal(b.focused(), "tab-script")
    assert b.one("#script").is_displayed() and not b.one("#faults").is_displayed()
    b.press(Keys.ARROW_LEFT)
    # From the tab through the switch of the script's fault: Space turns it off.
    b.press(Keys.TAB)
    b.until(lambda: b.all("#switch-0"), "the switch")
    for _ in range(4):
        if b.focused() == "switch-0":
            break
        b.press(Keys.TAB)
    equal(b.focused(), "switch-0")
    b.press(Keys.SPACE)
    b.says("#count-0", "off")
    equal(b.focused(), "switch-0")


@step
def light_and_dark_follow_the_system_and_the_button(b: Browser):
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = b.run(ground)
    b.scheme("dark")
    b.until(lambda: b.run(ground) != light, "dark by the system's wish")
    dark = b.run(ground)
    b.one("#theme").click()
    b.until(lambda: b.run(ground) == light, "light by the button")
    b.one("#theme").click()
    b.until(lambda: b.run(ground) == dark, "dark by the button")
    b.scheme("light")
    equal(b.run(ground), dark)
    b.screenshot(SHOTS / "dark.png")


@step
def axe_finds_nothing_in_light_dark_and_narrow(b: Browser):
    source = AXE.read_text()
    found = []
    for theme in ("dark", "light"):
        if (b.one("#theme").get_attribute("aria-pressed") == "true") != (theme == "dark"):
            b.one("#theme").click()
        for tab in ("#tab-faults", "#tab-script", "#tab-verdicts"):
            b.one(tab).click()
            found += [f"{theme} {tab}: {one}" for one in b.axe(source)]
    b.resize(420, 900)
    found += [f"narrow: {one}" for one in b.axe(source)]
    b.screenshot(SHOTS / "narrow.png")
    equal(b.run("return document.documentElement.scrollWidth <= innerWidth"), True)
    b.resize(1440, 900)
    assert not found, "\n".join(found)


@step
def what_a_client_sends_is_text_and_never_markup(b: Browser):
    if not b.one("#follow").is_selected():
        b.one("#follow").click()
    equal(curl("http://origin.test/?%3Cb%20id=injected%3E", "-A", "<b id=injected>"), "200 0")
    b.until(lambda: "<b id=injected>" in b.text("#message"), "the field is shown as it came")
    equal(b.run("return document.getElementById('injected')"), None)


@step
def the_browser_had_nothing_to_complain_of(b: Browser):
    # But for the answers that were refused on purpose.
    equal([one for one in b.complaints() if "status of 422" not in one], [])


@step
def who_has_no_token_is_told_so(b: Browser):
    b.run("sessionStorage.clear()")
    b.open(PAGE.split("#")[0])
    b.says("#state-text", "The token is missing")


@step
def of_many_connections_the_newest_are_listed(b: Browser):
    b.open(PAGE)
    b.says("#state-text", "live")
    before = int(b.text("#connections-count"))
    subprocess.run(["curl", "-s", "-o", os.devnull, "-m", "60", "-x", PROXY, "-H", "Connection: close", "http://origin.test/[1-300]"], check=False)
    b.until(lambda: int(b.text("#connections-count")) >= before + 300, "all are counted", 30)
    b.until(lambda: len(b.all("#connections button")) == 200, "the newest are listed")


@step
def the_page_says_that_the_mock_proxy_is_gone(b: Browser):
    os.kill(PID, signal.SIGTERM)
    b.says("#state-text", "connection lost")
    assert b.all("#connections button"), "what happened is still to be seen"


def main() -> int:
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        browser = Browser(pathlib.Path(directory))
        try:
            for function in STEPS:
                name = function.__name__.replace("_", " ")
                try:
                    function(browser)
                    passed += 1
                    print(f"ok   {name}", flush=True)
                except Exception:  # noqa: BLE001  whatever it was, the next step is tried
                    failed += 1
                    print(f"FAIL {name}\n{traceback.format_exc(limit=-2)}", flush=True)
                    browser.screenshot(SHOTS / f"failed-{function.__name__}.png")
        finally:
            browser.quit()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
