// The list of connections, the newest first.

import { ended, summary } from "./conversation.js";
import { byId, counted, html, roving } from "./elements.js";

/** Rows that are drawn. */
const SHOWN = 200;

/** Whether something went wrong on purpose. */
function faulty(connection) {
  return connection.exchanges.some((exchange) => exchange?.faults.length);
}

export class Connections {
  constructor(chosen) {
    this.list = byId("connections");
    this.rows = new Map();
    this.current = null;
    const choose = (target) => {
      const row = target.closest("button");
      if (row) chosen(row.dataset.key);
    };
    this.list.addEventListener("click", (event) => choose(event.target));
    roving(this.list, "button");
  }

  /** Draws what has changed. */
  show(conversation, current) {
    this.current = current;
    const all = [...conversation.connections.values()].reverse();
    byId("connections-count").textContent = String(all.length + conversation.forgotten);
    byId("connections-empty").hidden = all.length > 0;
    byId("hint").hidden = all.length > 0;
    const focused = document.activeElement?.dataset?.key;
    const keys = new Set();
    const items = all.slice(0, SHOWN).map((connection) => {
      keys.add(connection.key);
      let row = this.rows.get(connection.key);
      if (!row) {
        row = { item: html("li"), seen: "" };
        this.rows.set(connection.key, row);
      }
      const seen = JSON.stringify([summary(connection), ended(connection), connection.exchanges.length, connection.peer, faulty(connection), connection.key === current]);
      if (row.seen !== seen) {
        row.seen = seen;
        row.item.replaceChildren(this.button(connection, connection.key === current));
      }
      return row.item;
    });
    for (const key of this.rows.keys()) if (!keys.has(key)) this.rows.delete(key);
    if (items.length !== this.list.children.length || items.some((item, at) => this.list.children[at] !== item)) {
      this.list.replaceChildren(...items);
    }
    const buttons = [...this.list.querySelectorAll("button")];
    const stop = buttons.find((button) => button.dataset.key === (focused ?? current)) ?? buttons[0];
    for (const button of buttons) button.setAttribute("tabindex", button === stop ? "0" : "-1");
    if (focused && stop?.dataset.key === focused) stop.focus({ preventScroll: true });
  }

  button(connection, current) {
    const { tone, text } = summary(connection);
    const open = connection.closed ? ended(connection) : "open";
    return html("button", { type: "button", "data-key": connection.key, "aria-current": current ? "true" : false, class: `connection ${tone}` },
      html("span", { class: "line" },
        html("span", { class: `place ${connection.place}` }, connection.place),
        html("strong", {}, `#${connection.number}`),
        faulty(connection) ? html("span", { class: "tag" }, "fault") : null,
        html("span", { class: "muted peer" }, connection.peer)),
      html("span", { class: "line verdict" }, text),
      html("span", { class: "line muted small" },
        html("span", {}, counted(connection.exchanges.length, "request")),
        html("span", { class: connection.closed ? "" : "open" }, open)));
  }
}
