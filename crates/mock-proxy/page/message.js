// One message: its head, and its token field by field beside the bytes.

import { faultName, judged } from "./conversation.js";
import { byId, clock, html, roving } from "./elements.js";

/** Bytes that are drawn. */
const DRAWN = 4096;
const WIDTH = 8;

export class Message {
  constructor() {
    this.place = byId("message");
    this.drawn = "";
    this.shown = "";
    this.parts = [];
    this.bytes = [];
    roving(this.place, ".field button", (item) => this.light(Number(item.closest("tr").dataset.part)));
    this.place.addEventListener("focusout", () => this.light(null));
    this.place.addEventListener("pointerover", (event) => {
      const row = event.target.closest("tr[data-part]");
      const byte = event.target.closest("[data-byte]");
      if (row) this.light(Number(row.dataset.part));
      else if (byte) this.light(this.partAt(Number(byte.dataset.byte)));
    });
    this.place.addEventListener("pointerleave", () => {
      const focused = document.activeElement?.closest?.("tr[data-part]");
      this.light(focused && this.place.contains(focused) ? Number(focused.dataset.part) : null);
    });
  }

  /** Shows the request or the response that `key` means in `connection`. */
  show(connection, key) {
    const [number, side] = (key ?? "").split(" ");
    const exchange = connection?.exchanges[Number(number) - 1];
    const record = exchange?.[side];
    const state = record ? JSON.stringify([connection.key, key, record.at, exchange.faults, exchange.over?.at]) : "";
    if (state === this.drawn) return;
    this.drawn = state;
    // Another message begins at its top; the same one, of which more is known now, stays where it is.
    const shown = `${connection?.key} ${key}`;
    if (shown !== this.shown) this.place.scrollTop = 0;
    this.shown = shown;
    if (!record) {
      byId("message-of").textContent = "none is chosen";
      this.place.replaceChildren(html("p", { class: "empty" }, "Choose an arrow of the dance."));
      return;
    }
    const from = side === "request" ? `client to ${connection.place}` : `${connection.place} to client`;
    byId("message-of").textContent = `${side} ${number}, ${from}, ${clock(record.at)}`;
    this.place.replaceChildren(...[this.verdict(exchange, side), this.head(record, side), this.token(record.token)].filter(Boolean));
  }

  verdict(exchange, side) {
    const { tone, text } = judged(exchange);
    const body = exchange.over ? (side === "request" ? exchange.over.request_body : exchange.over.response_body) : null;
    const facts = [html("li", { class: `badge ${tone}` }, text), html("li", { class: "badge" }, `leg ${exchange.request?.leg ?? "?"}`)];
    if (body) facts.push(html("li", { class: "badge" }, `body of ${body.toLocaleString("en")} bytes`));
    for (const fault of exchange.faults) facts.push(html("li", { class: "badge fault" }, `fault: ${faultName(fault)}`));
    return html("ul", { class: "badges", "aria-label": "What became of it" }, ...facts);
  }

  head(record, side) {
    const first = side === "request" ? `${record.method} ${record.target} ${record.version}` : record.status_line || String(record.status);
    const rows = record.fields.map(({ name, value }) => html("div", {}, html("dt", {}, name), html("dd", {}, value)));
    return html("div", { class: "head" }, html("code", { class: "first" }, first), html("dl", {}, ...rows));
  }

  token(token) {
    if (!token) return html("p", { class: "muted small" }, "It carries no token.");
    this.parts = [];
    collect(token.fields, 0, this.parts);
    const rows = this.parts.map(({ field, depth }, at) => html("tr", { "data-part": at, class: `depth-${Math.min(depth, 3)}` },
      html("th", { scope: "row", class: "field" }, html("button", { type: "button", tabindex: at === 0 ? "0" : "-1" }, field.name)),
      html("td", { class: "number" }, String(field.offset)),
      html("td", { class: "number" }, String(field.length)),
      html("td", { class: "meaning" }, field.meaning, flags(field),
        field.hex ? html("span", { class: "hidden" }, ` Bytes: ${spaced(field.hex)}`) : null)));
    const title = `${token.message}, ${token.length.toLocaleString("en")} bytes`;
    const error = token.error ? html("p", { class: "error" }, token.error.text) : null;
    return html("div", { class: "token" },
      html("h3", {}, title), error,
      html("div", { class: "split" },
        html("div", { class: "fields" }, html("table", {},
          html("caption", { class: "hidden" }, `Fields of the ${title}`),
          html("thead", {}, html("tr", {}, ...["Field", "At", "Length", "Meaning"].map((name) => html("th", { scope: "col" }, name)))),
          html("tbody", {}, ...rows))),
        this.dump(token)));
  }

  /** The bytes; those that are left out are dots. */
  dump(token) {
    const known = new Array(Math.min(token.length, DRAWN)).fill(null);
    put(token.fields, known);
    this.bytes = [];
    const rows = [];
    for (let start = 0; start < known.length; start += WIDTH) {
      const row = known.slice(start, start + WIDTH);
      const cells = row.map((byte, at) => {
        const cell = html("span", { "data-byte": start + at, class: byte === null ? "out" : "" }, byte ?? "··");
        this.bytes.push([cell]);
        return cell;
      });
      const text = row.map((byte, at) => {
        const code = byte === null ? 0 : Number.parseInt(byte, 16);
        const letter = html("span", { "data-byte": start + at }, code > 32 && code < 127 ? String.fromCharCode(code) : "·");
        this.bytes[start + at].push(letter);
        return letter;
      });
      rows.push(html("div", { class: "bytes" }, html("span", { class: "offset" }, start.toString(16).padStart(4, "0")),
        html("span", { class: "hex" }, ...cells), html("span", { class: "ascii" }, ...text)));
    }
    if (token.length > DRAWN) rows.push(html("p", { class: "muted small" }, `${token.length - DRAWN} more bytes are not drawn`));
    return html("div", { class: "dump", "aria-hidden": "true" }, ...rows);
  }

  /** The innermost part that has the byte at `offset`. */
  partAt(offset) {
    let found = null;
    this.parts.forEach(({ field }, at) => {
      if (offset >= field.offset && offset < field.offset + field.length) found = at;
    });
    return found;
  }

  /** Marks a part and its bytes, and nothing else. */
  light(part) {
    for (const lit of this.place.querySelectorAll(".lit")) lit.classList.remove("lit");
    const field = this.parts[part]?.field;
    if (part === null || !field) return;
    this.place.querySelector(`tr[data-part="${part}"]`)?.classList.add("lit");
    const lit = this.bytes.slice(field.offset, field.offset + field.length).flat();
    for (const cell of lit) cell.classList.add("lit");
    const dump = this.place.querySelector(".dump");
    if (lit.length === 0 || dump.matches(":hover")) return;
    const [top, bottom] = [lit[0].offsetTop, lit.at(-1).offsetTop + lit.at(-1).offsetHeight];
    if (top < dump.scrollTop || bottom > dump.scrollTop + dump.clientHeight) dump.scrollTop = top - 24;
  }
}

function collect(fields, depth, parts) {
  for (const field of fields ?? []) {
    parts.push({ field, depth });
    collect(field.fields, depth + 1, parts);
  }
}

function put(fields, known) {
  for (const field of fields ?? []) {
    for (let at = 0; 2 * at < (field.hex ?? "").length; at += 1) {
      if (field.offset + at < known.length) known[field.offset + at] = field.hex.slice(2 * at, 2 * at + 2);
    }
    put(field.fields, known);
  }
}

function flags(field) {
  if (!field.flags?.length) return null;
  return html("ul", { class: "flags", "aria-label": "Flags that are set" }, ...field.flags.map((name) => html("li", {}, name)));
}

function spaced(hex) {
  return hex.length > 128 ? `${spaced(hex.slice(0, 128))} and more` : hex.replace(/../g, "$& ").trim();
}
