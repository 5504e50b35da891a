// Recent changes with risk, band and the top reason; lines added beside them, as the baseline.
import { changes } from "./api.js";
import { bandOf, counted, el, number, ordinal, percent, say, stranger, when, wide } from "./dom.js";
import { empty, failed, loading } from "./states.js";

const PART = 50;
const PAUSE_MS = 250;
const SORTS = { risk: "Risk", newest: "When", lines: "Lines added" };
let opened = ""; // the change that was looked at last: coming back puts the focus on it

export const remember = (commit) => {
  opened = commit;
};

export function list(main, query, told) {
  const state = { sort: SORTS[query.get("sort")] ? query.get("sort") : "newest", band: query.get("band") || "", q: query.get("q") || "" };
  const body = el("div", { id: "list" });
  const count = el("p.soft.count", { role: "status" });
  const bands = el("div.choices", { role: "group", "aria-label": "Band" });
  const find = el("input", { type: "search", id: "find", value: state.q, placeholder: "subject, file, author, commit", maxlength: 200 });
  const title = el("h1", { tabindex: "-1" }, "Recent changes");
  main.replaceChildren(
    title, el("p.lead", { id: "lead" }),
    el("div.tools", { role: "search" }, bands, el("label.find", {}, el("span", {}, "Find"), find), count), body,
  );
  let asked = 0;

  async function show(after = "") {
    const number = ++asked;
    if (!after) body.replaceChildren(loading("the changes"));
    try {
      const found = await changes({ limit: PART, sort: state.sort, band: state.band, q: state.q, ...(after ? { after } : {}) });
      if (number !== asked || !body.isConnected) return;
      told(found);
      if (after) more(found);
      else fill(found);
    } catch (problem) {
      if (number === asked) {
        count.textContent = "";
        body.replaceChildren(failed(problem, () => show()));
      }
    }
  }

  function set(part) {
    Object.assign(state, part);
    const kept = Object.entries(state).filter(([name, value]) => value && !(name === "sort" && value === "newest"));
    history.replaceState(null, "", `#/${kept.length ? "?" : ""}${new URLSearchParams(kept)}`);
    show();
  }

  function fill(found) {
    choices(bands, found, state.band, (band) => set({ band }));
    main.querySelector("#lead").textContent = lead(found);
    count.textContent = found.total ? `${number(found.matching)} of ${counted(found.total, "change")}` : "";
    if (!found.total) return body.replaceChildren(nothing());
    if (!found.matching) {
      const clear = () => { find.value = ""; set({ band: "", q: "" }); };
      return body.replaceChildren(empty("No change fits", el("p", {}, "None of the changes is in this band and has these words."), el("button.plain", { type: "button", onclick: clear }, "Show all changes")));
    }
    const sort = (name) => { set({ sort: name }); };
    body.replaceChildren(table(found, state.sort, sort), foot(found));
    const back = opened && body.querySelector(`a[data-commit="${CSS.escape(opened)}"]`);
    opened = "";
    if (back) back.focus();
  }

  function more(found) {
    const rows = body.querySelector("tbody");
    const first = found.changes.map((change) => rows.appendChild(row(change, found)))[0];
    body.querySelector(".foot-of-list").replaceWith(foot(found));
    first?.querySelector("a").focus();
    say(`${counted(found.changes.length, "more change")}`);
  }

  const foot = (found) =>
    el("p.foot-of-list", {}, found.next ? el("button.plain", { type: "button", onclick: () => show(found.next) }, "Show more") : null);

  let typing = 0;
  find.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => set({ q: find.value.trim() }), PAUSE_MS);
  });
  show();
  return title;
}

function lead(found) {
  const basis = found.model?.basis;
  if (!found.total) return "";
  if (basis === "general") return "This history is too small to learn from: the risks are those of a model learnt on other projects.";
  if (basis !== "model") return "No model serves this repository: the changes are ranked by the lines they add, which is no probability.";
  const { figures, lines_added: lines } = found.model;
  if (!figures || figures.recall_at_20 == null || lines?.recall_at_20 == null) return "";
  return `Reading the riskiest 20 % of later changes first met ${percent(figures.recall_at_20)} of those that introduced a fault; going by lines added alone met ${percent(lines.recall_at_20)}.`;
}

const nothing = () =>
  empty("No change has been scored yet", el("p", {}, "The list shows the changes that the last run scored. Type"), el("p", {}, el("code", {}, "faultcast run PATH")), el("p", {}, "on a repository of yours, or ", el("code", {}, "faultcast demo"), " to see it at work; the page then shows them without a restart."));

function choices(place, found, chosen, choose) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.band : null;
  const buttons = ["", "high", "medium", "low"].map((band) =>
    el("button", { type: "button", "data-band": band, "aria-pressed": String(band === chosen), onclick: () => choose(band) }, band || "all", " ", el("small", {}, number(band ? found.counts[band] || 0 : found.total))));
  place.replaceChildren(...buttons);
  if (focused !== null) place.querySelector(`[data-band="${focused}"]`).focus();
}

function table(found, sorted, sort) {
  const focus = document.activeElement?.dataset?.sort;
  const head = (name) =>
    el(`th.${name}`, { scope: "col", role: "columnheader", "aria-sort": name === sorted ? "descending" : "none" },
      el("button", { type: "button", "data-sort": name, onclick: () => sort(name) }, SORTS[name], el("span.arrow", { "aria-hidden": "true" }, name === sorted ? "▼" : "")));
  const made = el("table.changes", { role: "table", "aria-label": "Changes" },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head("risk"), el("th", { scope: "col", role: "columnheader" }, "Change, and what drives its risk most"), head("lines"), head("newest"))),
    el("tbody", { role: "rowgroup" }, found.changes.map((change) => row(change, found))));
  if (focus) setTimeout(() => made.querySelector(`[data-sort="${focus}"]`)?.focus());
  return made;
}

function row(change, found) {
  const most = Math.max(1, ...found.changes.map((one) => one.lines_added));
  return el("tr", { role: "row" },
    el("td.risk", { role: "cell" },
      change.risk === null ? el("span.soft", {}, "no risk") : [
        el("span.number", {}, percent(change.risk)), bandOf(change.band), el(`span.meter.${change.band}`, { "aria-hidden": "true" }, wide(el("span"), change.risk))]),
    el("td.what", { role: "cell" },
      el("a", { href: `#/changes/${change.commit}`, "data-commit": change.commit }, change.subject ? stranger(change.subject) : "(no subject)"),
      change.reason && el("span.reason", {}, stranger(short(change.reason)))),
    el("td.lines", { role: "cell" }, el("span.number", {}, `+${number(change.lines_added)}`), el("span.meter.base", { "aria-hidden": "true" }, wide(el("span"), change.lines_added / most)),
      el("span.soft", { title: "Place among all recent changes" }, places(change))),
    el("td.who", { role: "cell" }, when(change.at), el("span.soft", {}, stranger(change.author))));
}

const places = (change) => (change.risk === null ? `${ordinal(change.lines_rank)} by lines` : `${ordinal(change.lines_rank)} by lines, ${ordinal(change.risk_rank)} by risk`);

export const short = (reason) => reason.replace(/ \([+−-]\d+\.\d+\)$/, "");
