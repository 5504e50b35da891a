// One change in depth: its risk between the thresholds, what drove it, where, what became of changes like it.
import * as api from "./api.js";
import { bandOf, counted, el, number, ordinal, percent, stranger, when, wide } from "./dom.js";
import { feedback } from "./feedback.js";
import { short } from "./list.js";
import { failed, loading } from "./states.js";

const STATUS = { A: "new", D: "deleted", R: "renamed", T: "type changed" };

export function change(main, commit, told) {
  const title = el("h1", { tabindex: "-1" }, `Change ${commit.slice(0, 10)}`);
  const body = el("div", {}, loading("the change"));
  main.replaceChildren(el("p.back", {}, el("a", { href: "#/" }, "← All changes")), title, body);
  load();

  async function load() {
    body.replaceChildren(loading("the change"));
    try {
      const found = await api.change(commit);
      if (!body.isConnected) return;
      told(found);
      title.replaceChildren(found.subject ? stranger(found.subject) : "(no subject)");
      document.title = `${found.subject || commit.slice(0, 10)} · faultcast`;
      body.replaceChildren(...shown(found));
      alone(body, commit);
    } catch (problem) {
      if (body.isConnected) body.replaceChildren(failed(problem, load));
    }
  }
  return title;
}

function shown(found) {
  return [
    el("p.facts", {}, el("code", {}, found.commit.slice(0, 12)), el("span", {}, "by ", stranger(found.author)), el("span", {}, when(found.at)),
      el("span", {}, `+${number(found.lines_added)} −${number(found.lines_deleted)} in ${counted(found.files, "file")}`)),
    el("div.two", {}, el("section.card", { "aria-labelledby": "risk-h" }, el("h2", { id: "risk-h" }, "Risk"), risk(found)),
      el("section.card", { "aria-labelledby": "became-h" }, el("h2", { id: "became-h" }, "What became of it"), became(found.outcome), found.risk !== null && feedback(found))),
    found.reasons.length ? section("why", "What drove the risk", reasons(found)) : null,
    section("where", "Where", files(found.touched, found.files)),
    section("similar", "Similar past changes", similar(found.similar)),
    section("message", "Message", el("pre.message", { dir: "auto" }, found.message.trim() || "(empty)")),
  ].filter(Boolean);
}

const section = (id, title, ...content) => el("section", { "aria-labelledby": `${id}-h`, id }, el("h2", { id: `${id}-h` }, title), ...content);

function risk(found) {
  if (found.risk === null) return el("p.soft", {}, "Not scored: the last run scored newer changes only.");
  const bands = found.model?.bands;
  return [
    el("p.big", {}, el("strong", {}, percent(found.risk, 1)), " ", bandOf(found.band)),
    bands ? scale(found, bands) : null,
    el("p.soft", {}, `${ordinal(found.risk_rank)} of ${number(found.total)} recent changes by risk, ${ordinal(found.lines_rank)} by lines added alone.`),
  ].filter(Boolean);
}

// The bands side by side from nothing to `top`, and where this risk lies.
function scale(found, { medium, high }) {
  const top = Math.min(1, Math.max(0.4, 1.25 * high, 1.15 * found.risk));
  const part = (band, from, to) => wide(el(`span.${band}`), (to - from) / top);
  const tick = (name, at) => {
    const made = el(`span.tick.${name}`, {}, percent(at));
    made.style.left = `${(100 * at) / top}%`;
    return made;
  };
  const marker = el("span.marker");
  marker.style.left = `${(100 * found.risk) / top}%`;
  const words = `Risk ${percent(found.risk, 1)}. Medium starts at ${percent(medium)}, high at ${percent(high)}.`;
  return el("div.scale", { role: "img", "aria-label": words },
    el("div.track", {}, part("low", 0, medium), part("medium", medium, high), part("high", high, top), marker),
    el("div.ticks", {}, tick("from-medium", medium), tick("from-high", high)),
    el("p.legend", {}, bandOf("low"), bandOf("medium"), bandOf("high")));
}

function became(outcome) {
  if (outcome.label === "open") return el("p", {}, label("open"), " No fix is known, and it is too young to be called clean.");
  if (outcome.label === "clean") return el("p", {}, label("clean"), " No later commit had to fix it; called clean since ", when(outcome.known_at), ".");
  return el("p", {}, label("inducing"), " A later commit had to fix it, known since ", when(outcome.known_at), outcome.fix ? [": ", link(outcome.fix, outcome.fix_subject)] : null, ".");
}

const label = (name) => el(`span.label.${name}`, {}, { inducing: "inducing", clean: "clean", open: "open" }[name]);
const link = (commit, subject) => el("a", { href: `#/changes/${commit}` }, subject ? stranger(subject) : commit.slice(0, 10));

function reasons(found) {
  const most = Math.max(...found.reasons.map((reason) => Math.abs(reason.effect)), 1e-9);
  const both = found.reasons.some((reason) => reason.effect < 0);
  const rows = found.reasons.map((reason) => {
    const points = `${reason.effect >= 0 ? "+" : "−"}${(100 * Math.abs(reason.effect)).toFixed(1)}`;
    return el(`li.${reason.effect >= 0 ? "up" : "down"}`, {},
      el("span.effect", {}, el("span.bar", { "aria-hidden": "true" }, wide(el("span"), Math.abs(reason.effect) / most / (both ? 2 : 1))), el("span.points", {}, points)), stranger(short(reason.text)));
  });
  return [el(`ul.reasons.${both ? "both" : "raising"}`, {}, rows), el("p.soft", {}, "Points of risk gained or lost against a typical value of that feature alone. They need not add up: features act together.")];
}

function files(touched, total) {
  if (!touched.length) return el("p.soft", {}, "It touched no file.");
  const list = touched.map((file) => el("li", {},
    el("div.file", {}, el("code", {}, stranger(file.path)), STATUS[file.status] ? el("span.soft", {}, STATUS[file.status]) : null,
      el("span.diff", {}, el("span.plus", {}, `+${number(file.lines_added)}`), " ", el("span.minus", {}, `−${number(file.lines_deleted)}`))),
    file.blocks.length ? el("ul.blocks", {}, file.blocks.map((block) => blockLine(file, block))) : null));
  const rest = total - touched.length;
  return [el("p.columns.soft", { "aria-hidden": "true" }, el("span", {}, "file, function"), el("span", {}, "paths"), el("span", {}, "lines"), el("span", {}, "risk of it alone")), el("ul.files", {}, list), rest > 0 ? el("p.soft", {}, `and ${counted(rest, "more file")}`) : null, el("p.soft.alone-note", { hidden: true })].filter(Boolean);
}

function blockLine(file, block) {
  const { cyclomatic_before: before, cyclomatic_after: after } = block;
  const paths = before === null && after === null ? "" : before === null ? `new, ${counted(after, "path")}` : after === null ? "removed" : before === after ? counted(after, "path") : `${number(before)} → ${counted(after, "path")}`;
  return el("li", { "data-block": JSON.stringify([file.path, block.name]) },
    block.name ? el("code", {}, stranger(block.name)) : el("span.soft", {}, "outside of functions"),
    el("span.diff", {}, `+${number(block.lines_added)} −${number(block.lines_deleted)}`), el("span.soft", {}, paths), el("span.alone"));
}

// The risk of each block alone takes the model's time: it comes later, and the page stands without it.
async function alone(body, commit) {
  const places = [...body.querySelectorAll("[data-block]")];
  if (!places.length) return;
  const note = body.querySelector(".alone-note");
  note.hidden = false;
  note.textContent = "Asking the model for the risk of each block alone …";
  try {
    const found = await api.blocks(commit);
    const most = Math.max(...found.blocks.map((block) => block.risk), 1e-9);
    for (const block of found.blocks) {
      const place = places.find((one) => one.dataset.block === JSON.stringify([block.path, block.name]))?.querySelector(".alone");
      place?.replaceChildren(el(`span.meter.${block.band}`, { "aria-hidden": "true" }, wide(el("span"), block.risk / most)), el("span.number", {}, percent(block.risk, 1)));
    }
    note.textContent = "The risk beside a block is that of the same change with this block alone; “paths” is its cyclomatic complexity.";
  } catch (problem) {
    note.textContent = `The risk of each block alone is not known: ${problem.detail || problem.title}`;
  }
}

function similar(found) {
  if (!found.length) return el("p.soft", {}, "Too few changes before this one had a known outcome to compare it with.");
  const inducing = found.filter((one) => one.outcome.label === "inducing").length;
  const rows = found.map((one) => el("li", {}, label(one.outcome.label),
    el("div", {}, link(one.commit, one.subject), el("p.soft", {}, when(one.at), `, +${number(one.lines_added)} lines, `, stranger(one.author)),
      one.outcome.fix ? el("p.fixed", {}, "fixed by ", link(one.outcome.fix, one.outcome.fix_subject)) : null)));
  return [el("p", {}, `${inducing} of the ${found.length} past changes most like this one had introduced a fault.`), el("ul.similar", {}, rows),
    el("p.soft", {}, "Nearest in the features that the model sees, among changes whose outcome was known when this one was made; the outcome is the one known then.")];
}
