// What the client under test did right and wrong.

import { get } from "./client.js";
import { byId, counted, html } from "./elements.js";

export class Verdicts {
  async refresh() {
    const verdicts = await get("verdicts");
    const of = (word) => verdicts.filter((one) => one.verdict === word).length;
    const seen = of("pass") + of("fail");
    byId("verdicts-sum").textContent = seen
      ? `${counted(of("pass"), "rule")} kept, ${of("fail")} broken, ${of("not-applicable")} not seen. What clients did since the start counts.`
      : "No request came yet.";
    byId("tab-verdicts").textContent = of("fail") ? `Client (${of("fail")} wrong)` : "Client";
    const order = ["fail", "pass", "not-applicable"];
    verdicts.sort((one, other) => order.indexOf(one.verdict) - order.indexOf(other.verdict));
    byId("verdict-rows").replaceChildren(...verdicts.map(({ name, verdict, why, section }) =>
      html("tr", { class: verdict },
        html("td", {}, html("span", { class: `word ${verdict}` }, verdict.replace("-", " "))),
        html("th", { scope: "row" }, html("div", { class: "rule" },
          html("span", {}, name), html("span", { class: "why" }, why), html("span", { class: "muted small" }, section))))));
  }
}
