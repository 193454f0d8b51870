// The dance of one connection as a sequence diagram, and as text.

import { ended, faultName, judged } from "./conversation.js";
import { byId, clock, html, roving, svg } from "./elements.js";

const ROW = 43;
const TOP = 40;
/** Requests that are drawn: the first and the last of a long connection. */
const DRAWN = 60;

/** The messages of `connection` in their order: what is drawn, what is said, and what it is about. */
function messages(connection) {
  const list = [];
  const exchanges = connection.exchanges.filter(Boolean);
  const left = exchanges.length - DRAWN;
  exchanges.forEach((exchange, at) => {
    if (left > 0 && at >= DRAWN / 2 && at < DRAWN / 2 + left) {
      if (at === DRAWN / 2) list.push({ kind: "gap", text: `${left} requests are not drawn` });
      return;
    }
    const { request, response } = exchange;
    if (request) {
      list.push({ kind: "request", exchange, key: `${exchange.number} request`, at: request.at, text: `${request.method} ${request.target}`, token: request.token });
    }
    if (request?.outcome?.kind === "granted" && connection.place === "proxy" && response?.status < 500) {
      list.push({ kind: "passed", text: request.method === "CONNECT" ? "tunnel to the origin" : "passed on to the origin" });
    }
    if (exchange.faults.length) {
      list.push({ kind: "fault", text: `fault: ${exchange.faults.map(faultName).join(", ")}` });
    }
    if (response) {
      const text = response.status_line?.replace(/^HTTP\/[0-9.]+ /, "") || String(response.status);
      list.push({ kind: "response", exchange, key: `${exchange.number} response`, at: response.at, text, token: response.token });
    }
  });
  if (connection.closed) list.push({ kind: "end", text: ended(connection), at: connection.closed.at });
  return list;
}

/** A message in a sentence, for who does not see the arrows. */
function sentence(message, place) {
  const { kind, text, token, exchange } = message;
  const also = token ? `, with ${token.message} of ${token.length} bytes` : "";
  if (kind === "request") return `Request ${exchange.number}, client to ${place}: ${text}${also}; ${judged(exchange).text}`;
  if (kind === "response") return `Response ${exchange.number}, ${place} to client: ${text}${also}`;
  return text[0].toUpperCase() + text.slice(1);
}

export class Diagram {
  constructor(chosen) {
    this.place = byId("diagram");
    this.chosen = chosen;
    this.connection = null;
    this.current = null;
    this.drawn = "";
    roving(this.place, "[data-key]");
    const choose = (event) => {
      const target = event.target.closest("[data-key]");
      if (!target) return;
      event.preventDefault();
      this.chosen(target.dataset.key);
    };
    this.place.addEventListener("click", choose);
    this.place.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") choose(event);
    });
    new ResizeObserver(() => this.draw(true)).observe(this.place);
  }

  /** Draws `connection`, with the message `current` chosen. */
  show(connection, current) {
    this.connection = connection;
    this.current = current;
    this.draw(false);
  }

  draw(anew) {
    const { connection } = this;
    byId("dance-of").textContent = connection ? `${connection.place} connection ${connection.number}, from ${connection.peer}` : "no connection";
    if (!connection) {
      this.place.replaceChildren(html("p", { class: "empty" }, "Choose a connection, or wait for one."));
      byId("dance-text").replaceChildren();
      return;
    }
    const list = messages(connection);
    const width = Math.max(this.place.clientWidth, 420);
    const state = JSON.stringify([connection.key, width, this.current, list.map((one) => [one.key, one.text, one.token?.message])]);
    if (state === this.drawn && !anew) return;
    this.drawn = state;
    const focused = this.place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.place.replaceChildren(this.picture(connection, list, width));
    byId("dance-text").replaceChildren(...list.map((message) => html("li", {}, sentence(message, connection.place))));
    if (focused) this.place.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }

  picture(connection, list, width) {
    const lanes = connection.place === "proxy" ? ["Client", "Mock proxy", "Origin"] : ["Client", "Origin"];
    const side = 74;
    const gap = lanes.length === 3 ? (width - 2 * side) * 0.68 : width - 2 * side;
    const x = lanes.length === 3 ? [side, side + gap, width - side] : [side, side + gap];
    const head = Math.min(104, x.at(-1) - x.at(-2) - 4);
    const height = TOP + list.length * ROW + 14;
    const title = `${connection.place} connection ${connection.number}`;
    const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-labelledby": "picture-title" },
      svg("title", { id: "picture-title" }, `Sequence diagram of ${title}, ${list.length} steps. The same stands below it as text.`));
    lanes.forEach((name, at) => {
      picture.append(
        svg("line", { x1: x[at], x2: x[at], y1: 34, y2: height - 6, class: "lane" }),
        svg("rect", { x: x[at] - head / 2, y: 6, width: head, height: 26, rx: 13, class: "lane-head" }),
        svg("text", { x: x[at], y: 24, class: "lane-name", "text-anchor": "middle" }, name));
    });
    const first = list.find((one) => one.key)?.key;
    const stop = list.some((one) => one.key === this.current) ? this.current : first;
    list.forEach((message, at) => picture.append(this.step(message, TOP + at * ROW + 30, x, width, stop, connection)));
    return picture;
  }

  step(message, y, x, width, stop, connection) {
    const { kind, key, text } = message;
    if (kind === "passed") {
      return svg("g", { class: "passed", "aria-hidden": "true" },
        svg("line", { x1: x[1] + 6, x2: x[2] - 8, y1: y, y2: y, class: "wire" }),
        svg("path", { d: `M${x[2] - 8} ${y - 4}l8 4-8 4z`, class: "head" }),
        svg("text", { x: (x[1] + x[2]) / 2, y: y - 8, "text-anchor": "middle", class: "note" }, fitted(text, x[2] - x[1] - 12, 6.3)));
    }
    if (kind === "fault" || kind === "gap" || kind === "end") {
      const middle = (x[0] + x[1]) / 2;
      const room = Math.min(x[1] - x[0] - 24, Math.max(90, text.length * 6.9 + 26));
      return svg("g", { class: kind, "aria-hidden": "true" },
        svg("rect", { x: middle - room / 2, y: y - 22, width: room, height: 24, rx: 5, class: "label" }),
        svg("text", { x: middle, y: y - 6, "text-anchor": "middle", class: "note" }, fitted(text, room - 14, 6.6)));
    }
    const [from, to] = kind === "request" ? [x[0], x[1]] : [x[1], x[0]];
    const way = Math.sign(to - from);
    const tone = kind === "request" ? "plain" : judged(message.exchange).tone;
    const chip = message.token ? message.token.message : null;
    const chipWidth = chip ? chip.length * 7 + 16 : 0;
    const left = Math.min(from, to) + 12;
    const room = Math.abs(to - from) - 24 - (chip ? chipWidth + 8 : 0);
    const group = svg("g", {
      class: `message-arrow ${kind} ${tone}`, role: "button", tabindex: key === stop ? "0" : "-1", "data-key": key,
      "aria-label": sentence(message, connection.place), "aria-pressed": key === this.current ? "true" : "false",
    },
    svg("rect", { x: 2, y: y - 25, width: width - 4, height: ROW - 5, rx: 6, class: "touch" }),
    svg("text", { x: 8, y: y + 4, class: "time" }, clock(message.at).slice(3, 12)),
    svg("line", { x1: from + way * 5, x2: to - way * 9, y1: y, y2: y, class: "wire" }),
    svg("path", { d: `M${to - way * 9} ${y - 5}l${way * 9} 5 ${-way * 9} 5z`, class: "head" }),
    svg("circle", { cx: from, cy: y, r: 4, class: "from" }),
    svg("text", { x: left, y: y - 9, class: "what" }, fitted(text, room, 7.3)));
    if (chip) {
      const at = Math.max(from, to) - 14 - chipWidth;
      group.append(
        svg("rect", { x: at, y: y - 22, width: chipWidth, height: 18, rx: 4, class: `chip ${chip.toLowerCase()}` }),
        svg("text", { x: at + chipWidth / 2, y: y - 9, "text-anchor": "middle", class: "chip-text" }, chip));
    }
    return group;
  }
}

/** As much of `text` as there is room for. */
function fitted(text, room, letter) {
  const count = Math.max(4, Math.floor(room / letter));
  return text.length > count ? `${text.slice(0, count - 1)}…` : text;
}
