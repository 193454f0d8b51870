// The switches of the faults.

import { get, send } from "./client.js";
import { announce, byId, counted, html } from "./elements.js";

export class Faults {
  constructor() {
    this.list = byId("switches");
    this.switches = [];
    this.kinds = [];
    this.busy = Promise.resolve();
    byId("fault-leg").addEventListener("change", () => this.offerKinds());
    byId("fault-kind").addEventListener("change", () => this.offerText());
    byId("add-fault").addEventListener("submit", (event) => {
      event.preventDefault();
      this.add();
    });
    this.list.addEventListener("change", (event) => {
      const at = Number(event.target.dataset.at);
      this.change((all) => all.map((one, index) => (index === at ? { ...one, on: event.target.checked } : one)));
    });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.remove(Number(button.dataset.at));
    });
  }

  /** What there is to choose from. */
  know(kinds, tokenFaults) {
    this.kinds = kinds;
    this.tokenFaults = tokenFaults;
    const legs = ["offer", "challenge", "verdict", "served", "tunnel"];
    byId("fault-leg").replaceChildren(...legs.map((leg) => html("option", { value: leg, selected: leg === "challenge" }, leg)));
    this.offerKinds();
  }

  offerKinds() {
    const leg = byId("fault-leg").value;
    const before = byId("fault-kind").value;
    const kinds = this.kinds.filter((kind) => kind.legs.includes(leg));
    byId("fault-kind").replaceChildren(...kinds.map((kind) => html("option", { value: kind.name, selected: kind.name === before }, kind.name)));
    this.offerText();
  }

  offerText() {
    const kind = this.kinds.find((one) => one.name === byId("fault-kind").value);
    if (!kind) return;
    const also = kind.name === "token" ? ` Kinds: ${this.tokenFaults.join(", ")}.` : "";
    byId("fault-sentence").textContent = `It ${kind.sentence.replace(/ \(.*\)$/, "")}.${also}`;
    byId("fault-text").value = kind.example;
    this.complain("");
  }

  /** Asks for the switches as they are. */
  async refresh() {
    this.draw(await get("faults"));
  }

  draw(switches) {
    this.switches = switches;
    byId("switches-empty").hidden = switches.length > 0;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.id : null;
    this.list.replaceChildren(...switches.map((one, at) => {
      const where = `${one.place}, ${one.nth ? `${one.leg} ${one.nth}` : `each ${one.leg}`}`;
      const count = one.on ? (one.happened ? `happened ${counted(one.happened, "time")}` : "not yet") : "off";
      return html("li", { class: one.on ? "on" : "" },
        html("input", { type: "checkbox", role: "switch", id: `switch-${at}`, "data-at": at, "aria-describedby": `count-${at}` }),
        html("label", { for: `switch-${at}` }, html("code", {}, one.fault), html("span", { class: "muted small" }, where)),
        html("span", { class: "count", id: `count-${at}` }, count),
        html("button", { type: "button", class: "quiet", id: `remove-${at}`, "data-at": at, "aria-label": `Remove ${one.fault} at ${where}` }, "Remove"));
    }));
    switches.forEach((one, at) => { byId(`switch-${at}`).checked = one.on; });
    if (focused) byId(focused)?.focus();
  }

  /** Sends what `changed` makes of the switches, one change after the other. */
  change(changed) {
    this.busy = this.busy.then(async () => {
      const wanted = changed(this.switches).map(({ happened, ...one }) => one);
      try {
        this.draw(await send("PUT", "faults", wanted));
        this.complain("");
        return true;
      } catch (error) {
        this.complain(error.message);
        this.draw(this.switches);
        return false;
      }
    });
    return this.busy;
  }

  async add() {
    const nth = byId("fault-nth").value;
    const wanted = {
      place: byId("fault-place").value,
      leg: byId("fault-leg").value,
      fault: byId("fault-text").value,
      on: true,
      ...(nth ? { nth: Number(nth) } : {}),
    };
    if (await this.change((all) => [...all, wanted])) announce(`${wanted.fault} is on`);
  }

  async remove(at) {
    const one = this.switches[at];
    if (!(await this.change((all) => all.filter((_, index) => index !== at)))) return;
    announce(`${one.fault} is removed`);
    (byId(`remove-${Math.min(at, this.switches.length - 1)}`) ?? byId("fault-place")).focus();
  }

  complain(text) {
    byId("fault-error").textContent = text;
    byId("fault-text").setAttribute("aria-invalid", text ? "true" : "false");
  }
}
