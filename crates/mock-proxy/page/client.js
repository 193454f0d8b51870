// What the page asks the mock proxy. The token came behind the `#` of the address; it goes back in a field of its own.

const KEPT = "gatepass-token";

function token() {
  const given = location.hash.slice(1);
  if (/^[0-9a-f]{32}$/.test(given)) {
    sessionStorage.setItem(KEPT, given);
    // It need not stand in the address line, nor in the history.
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEPT) ?? "";
}

const TOKEN = token();

/** What was refused, with the place of the mistake if it has one. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.error ?? `the mock proxy answered ${status}`);
    this.status = status;
    this.line = problem.line;
    this.entry = problem.entry;
  }
}

async function ask(name, options = {}) {
  const headers = { ...(TOKEN ? { "X-Gatepass-Token": TOKEN } : {}), ...options.headers };
  const response = await fetch(`/api/${name}`, { ...options, headers, cache: "no-store", redirect: "error" });
  if (response.ok) return response;
  throw new Refused(response.status, await response.json().catch(() => ({})));
}

/** The answer to `name`. */
export async function get(name) {
  return (await ask(name)).json();
}

/** Sends `value` to `name`. */
export async function send(method, name, value) {
  const headers = { "Content-Type": "application/json" };
  return (await ask(name, { method, headers, body: JSON.stringify(value) })).json();
}

/** Saves the answer to `name` as a file. */
export async function save(name, file) {
  const address = URL.createObjectURL(await (await ask(name)).blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = file;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Gives each line of the feed to `line`, parsed, and to `state` whether it flows. Comes back when it was cut off. */
export async function follow(begin, line, state) {
  let pause = 500;
  for (;;) {
    try {
      const response = await ask("events");
      begin();
      state("live");
      pause = 500;
      await lines(response.body, line);
      state("lost");
    } catch (error) {
      if (error instanceof Refused && error.status === 403) {
        state("refused", error.message);
        return;
      }
      state("lost");
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 8_000);
  }
}

async function lines(body, line) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part) line(JSON.parse(part));
  }
}
