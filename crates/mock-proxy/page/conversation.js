// What happened, put together from the lines of the feed. A line that comes twice changes nothing.

/** Connections that are kept; the oldest go first. */
const KEPT = 500;

export class Conversation {
  constructor() {
    this.clear();
  }

  clear() {
    this.connections = new Map();
    this.forgotten = 0;
  }

  /** Takes a line, and gives the connection that it is about, if it is about one. */
  take(record) {
    if (record.format !== undefined) {
      const { proxy = 0, origin = 0 } = record.forgotten ?? {};
      this.forgotten = proxy + origin;
      return null;
    }
    const key = `${record.place} ${record.connection}`;
    let connection = this.connections.get(key);
    if (!connection) {
      connection = { key, place: record.place, number: record.connection, peer: "", opened: record.at, exchanges: [] };
      this.connections.set(key, connection);
      this.forget();
    }
    change(connection, record);
    return connection;
  }

  forget() {
    while (this.connections.size > KEPT) {
      this.connections.delete(this.connections.keys().next().value);
      this.forgotten += 1;
    }
  }
}

function change(connection, record) {
  const at = record.exchange - 1;
  const exchange = record.exchange ? (connection.exchanges[at] ??= { number: record.exchange, faults: [] }) : null;
  switch (record.event) {
    case "opened":
      connection.peer = record.peer;
      connection.opened = record.at;
      break;
    case "request":
      exchange.request = record;
      break;
    case "response":
      exchange.response = record;
      exchange.faults = record.faults ?? [];
      break;
    case "over":
      exchange.over = record;
      if (record.faults) exchange.faults = record.faults;
      break;
    case "closed":
      connection.closed = record;
      break;
  }
}

const ENDS = {
  "by-client": "closed by the client",
  "by-mock": "closed by the mock",
  reset: "reset",
  silent: "closed for want of a request",
  panicked: "ended by a panic",
};

/** How a connection ended, in words. */
export function ended(connection) {
  if (!connection.closed) return "open";
  const end = connection.closed.ended ?? {};
  return end.kind === "garbage" ? `closed for garbage: ${end.reason}` : (ENDS[end.kind] ?? "closed");
}

/** What was made of a request: a word for its colour, and words for people. */
export function judged(exchange) {
  const outcome = exchange.request?.outcome ?? {};
  switch (outcome.kind) {
    case "granted": {
      const who = outcome.domain ? `${outcome.domain}\\${outcome.user}` : outcome.user;
      return { tone: "good", text: `granted to ${who}` };
    }
    case "refused":
      return { tone: "bad", text: `refused: ${outcome.reason}` };
    case "invalid":
      return { tone: "bad", text: `invalid: ${outcome.reason}` };
    case "challenged":
      return { tone: "plain", text: "challenged" };
    case "offered":
      return { tone: "plain", text: "credentials wanted" };
    default:
      return { tone: "plain", text: "open to all" };
  }
}

/** What became of a connection as a whole. */
export function summary(connection) {
  const last = connection.exchanges.filter(Boolean).map(judged);
  const end = connection.closed?.ended?.kind;
  if (end === "garbage" || end === "panicked") return { tone: "bad", text: ended(connection) };
  return last.findLast((one) => one.tone === "bad") ?? last.findLast((one) => one.tone === "good") ?? last.at(-1)
    ?? { tone: "plain", text: "no request yet" };
}

/** The name of a fault, as a script has it. */
export function faultName(fault) {
  if (typeof fault === "string") return fault;
  const [name, value] = Object.entries(fault)[0] ?? ["?", ""];
  if (name === "token") return `token ${faultName(value)}`;
  return typeof value === "object" ? name : `${name} ${value}`;
}
