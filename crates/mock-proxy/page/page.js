// The page: what comes from the feed goes to its parts, and what is chosen in one part shows in the others.

import { follow, get, save } from "./client.js";
import { Connections } from "./connections.js";
import { Conversation, summary } from "./conversation.js";
import { Diagram } from "./diagram.js";
import { announce, byId } from "./elements.js";
import { Faults } from "./faults.js";
import { Message } from "./message.js";
import { ScriptEditor } from "./script.js";
import { Verdicts } from "./verdicts.js";

const conversation = new Conversation();
const chosen = { connection: null, message: null, pinned: false };

const connections = new Connections((key) => {
  byId("follow").checked = false;
  choose(key, null);
});
const diagram = new Diagram((key) => {
  chosen.pinned = true;
  choose(chosen.connection, key);
});
const message = new Message();
const faults = new Faults();
const script = new ScriptEditor(() => faults.refresh());
const verdicts = new Verdicts();

function choose(connection, key) {
  if (connection !== chosen.connection) chosen.pinned = key !== null;
  chosen.connection = connection;
  chosen.message = key;
  draw();
}

/** The message that says most: the last one that carries a token, or the last. */
function telling(connection) {
  const keys = [];
  for (const exchange of connection.exchanges.filter(Boolean)) {
    if (exchange.request) keys.push([`${exchange.number} request`, exchange.request.token]);
    if (exchange.response) keys.push([`${exchange.number} response`, exchange.response.token]);
  }
  return (keys.findLast(([, token]) => token) ?? keys.at(-1) ?? [null])[0];
}

function draw() {
  const connection = conversation.connections.get(chosen.connection) ?? null;
  if (connection && !chosen.pinned) chosen.message = telling(connection);
  connections.show(conversation, chosen.connection);
  diagram.show(connection, chosen.message);
  message.show(connection, chosen.message);
}

/** Runs `work` once for all calls that come close together. */
function gathered(work, pause) {
  let waiting = null;
  return () => {
    waiting ??= setTimeout(() => {
      waiting = null;
      work();
    }, pause);
  };
}

const drawSoon = gathered(draw, 60);
const judgeSoon = gathered(() => Promise.all([verdicts.refresh(), faults.refresh()]).catch((error) => announce(error.message)), 400);

function take(record) {
  const connection = conversation.take(record);
  if (connection) {
    // The origin's connections follow from the proxy's: those are what is looked at.
    if (byId("follow").checked && record.event === "opened" && record.place === "proxy") {
      chosen.connection = connection.key;
      chosen.pinned = false;
    }
    if (record.event === "closed" && record.place === "proxy") announce(`Connection ${connection.number}: ${summary(connection).text}`);
  }
  drawSoon();
  judgeSoon();
}

const STATES = { live: "live", lost: "connection lost, trying again" };

function state(name, why) {
  byId("state").dataset.state = name;
  byId("state-text").textContent = STATES[name] ?? why;
}

function tabs() {
  const all = [...document.querySelectorAll("[role=tab]")];
  const select = (tab) => {
    for (const other of all) {
      other.setAttribute("aria-selected", String(other === tab));
      other.setAttribute("tabindex", other === tab ? "0" : "-1");
      byId(other.getAttribute("aria-controls")).hidden = other !== tab;
    }
  };
  all.forEach((tab, at) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const next = all[(steps[event.key] + all.length) % all.length];
      select(next);
      next.focus();
    });
  });
}

function theme() {
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const wanted = localStorage.getItem("gatepass-theme");
    if (wanted) document.documentElement.dataset.theme = wanted;
    button.setAttribute("aria-pressed", String((wanted ?? (system.matches ? "dark" : "light")) === "dark"));
  };
  button.addEventListener("click", () => {
    localStorage.setItem("gatepass-theme", button.getAttribute("aria-pressed") === "true" ? "light" : "dark");
    show();
  });
  system.addEventListener("change", show);
  show();
}

async function tools(facts) {
  byId("address").textContent = facts.proxy;
  const line = `curl -x ${facts.proxy} --proxy-ntlm -U 'DOMAIN\\user:password' ${facts.origin}`;
  byId("hint").textContent = line;
  byId("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(line).then(() => announce("Copied"), () => announce("The browser does not let me copy"));
  });
  for (const [id, name] of [["save-jsonl", "transcript.jsonl"], ["save-har", "transcript.har"]]) {
    byId(id).addEventListener("click", () => save(name, name).then(() => announce(`${name} is saved`), (error) => announce(error.message)));
  }
}

async function start() {
  tabs();
  theme();
  draw();
  try {
    const facts = await get("state");
    await tools(facts);
    faults.know(facts.kinds, facts["token-faults"]);
    script.know(facts.personalities);
    await Promise.all([faults.refresh(), script.refresh(), verdicts.refresh()]);
  } catch (error) {
    state("refused", error.message);
    return;
  }
  follow(() => conversation.clear(), take, state);
}

start();
