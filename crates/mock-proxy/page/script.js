// The script: shown, changed, checked while it is written, and followed when it is applied.

import { get, send } from "./client.js";
import { byId, html } from "./elements.js";

/** How long a pause in the typing is before it is checked, in milliseconds. */
const PAUSE = 350;

export class ScriptEditor {
  constructor(applied) {
    this.text = byId("script-text");
    this.followed = "";
    this.wrong = null;
    this.applied = applied;
    this.round = 0;
    this.text.addEventListener("input", () => {
      this.number();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.propose(false), PAUSE);
    });
    this.text.addEventListener("scroll", () => { byId("script-lines").scrollTop = this.text.scrollTop; });
    byId("script-form").addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(this.timer);
      this.propose(true);
    });
    byId("script-reset").addEventListener("click", () => this.show(this.followed));
  }

  know(personalities) {
    byId("personalities").replaceChildren(...personalities.flatMap(({ name, sentence }) =>
      [html("dt", {}, html("code", {}, `like = "${name}"`)), html("dd", {}, sentence)]));
  }

  /** Asks for the script that is followed; what somebody is writing stays. */
  async refresh() {
    const { text } = await get("script");
    const untouched = this.text.value === this.followed;
    this.followed = text;
    if (untouched) this.show(text);
  }

  show(text) {
    this.text.value = text;
    this.say("", null, "");
    this.number();
  }

  number() {
    const count = this.text.value.split("\n").length;
    const lines = Array.from({ length: count }, (_, at) =>
      html("span", { class: at + 1 === this.wrong ? "wrong" : "" }, `${at + 1}\n`));
    byId("script-lines").replaceChildren(...lines);
    byId("script-lines").scrollTop = this.text.scrollTop;
  }

  async propose(apply) {
    this.round += 1;
    const round = this.round;
    const text = this.text.value;
    try {
      const shown = await send("POST", "script", { text, apply });
      if (apply) this.followed = shown.text;
      if (round !== this.round) return;
      if (apply) {
        this.show(shown.text);
        this.say("Applied: new connections follow it.", null, "good");
        this.applied();
      } else {
        this.say(text === this.followed ? "" : "No mistake found. It is not applied yet.", null, "");
      }
    } catch (error) {
      if (round !== this.round) return;
      // All known words are many: the nearest one is what is looked for.
      const why = error.message.replace(/, expected one of [^;]*; did you mean/, "; did you mean");
      this.say(error.line ? `Line ${error.line}: ${why}` : why, error.line ?? null, "bad");
      if (apply && error.line) this.go(error.line);
    }
    this.number();
  }

  say(text, line, tone) {
    this.wrong = line;
    const state = byId("script-state");
    state.textContent = text;
    state.className = `script-state ${tone}`;
    this.text.setAttribute("aria-invalid", tone === "bad" ? "true" : "false");
  }

  /** Goes to the line of a mistake. */
  go(line) {
    const before = this.text.value.split("\n").slice(0, line - 1).join("\n");
    const start = line > 1 ? before.length + 1 : 0;
    const end = this.text.value.indexOf("\n", start);
    this.text.focus();
    this.text.setSelectionRange(start, end < 0 ? this.text.value.length : end);
  }
}
