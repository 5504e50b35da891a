// The model that scores, how good it was on later history beside lines added, and whether what is asked has drifted.
import * as api from "./api.js";
import { counted, el, fixed, number, percent, when } from "./dom.js";
import { failed, loading } from "./states.js";

export function model(main, told) {
  const title = el("h1", { tabindex: "-1" }, "Model");
  const [served, figures, drift] = ["the models", "the figures", "the drift"].map((what) => el("div", {}, loading(what)));
  main.replaceChildren(title,
    el("section", { "aria-labelledby": "served-h" }, el("h2", { id: "served-h" }, "Who answers"), served),
    el("section", { "aria-labelledby": "figures-h" }, el("h2", { id: "figures-h" }, "How good it was on later history"), figures),
    el("section", { "aria-labelledby": "drift-h" }, el("h2", { id: "drift-h" }, "Drift"), drift));
  fill(served, () => api.get("/models"), (found) => models(found));
  fill(figures, () => api.changes({ limit: 1 }), (found) => { told(found); return judged(found.model); });
  fill(drift, () => api.get("/drift-status"), (found) => drifted(found));
  return title;
}

async function fill(place, ask, shown) {
  try {
    const found = await ask();
    if (place.isConnected) place.replaceChildren(...[shown(found)].flat());
  } catch (problem) {
    if (place.isConnected) place.replaceChildren(failed(problem, () => fill(place, ask, shown)));
  }
}

function models({ models: all }) {
  if (!all.length) return el("p.notice", {}, "No model is loaded: predictions are answered with 503 until one is.");
  return el("ul.tiles", {}, all.map((one) => el("li", {},
    el("span.value", {}, one.alias), el("span", {}, el("bdi", {}, one.name), ` version ${one.version}`),
    el("span.soft", {}, [one.kind, one.alias === "shadow" ? "scores beside, answers nobody" : `answers ${percent(one.share)} of the requests`].filter(Boolean).join(", ")),
    el("span.soft", {}, "loaded ", when(one.loaded_at)))));
}

const ROWS = [
  ["auc", "AUC", "how often an inducing change is ranked above a clean one", (v) => fixed(v)],
  ["recall_at_20", "met in the riskiest 20 %", "share of the inducing changes that are met there", (v) => percent(v)],
  ["average_precision", "average precision", "how often a flag is right, over all thresholds", (v) => fixed(v)],
  ["brier", "Brier score", "mean squared error of the probability; less is better", (v) => fixed(v)],
  ["ece", "calibration error", "how far a forecast lies from what came of it", (v) => fixed(v)],
];

function judged(found) {
  if (!found) return el("p.notice", {}, "No run has ended yet.");
  if (!found.figures) return el("p.notice", {}, found.basis === "model" ? "The model that scores was not judged on this history by the last run." : "No model of this repository's own scores: there is nothing to judge.");
  const interval = (entry) => (entry?.auc_interval ? el("span.soft", {}, ` ${fixed(entry.auc_interval[0], 2)} to ${fixed(entry.auc_interval[1], 2)}`) : null);
  const cell = (entry, name, show) => el("td", {}, show(entry?.[name]), name === "auc" ? interval(entry) : null);
  return [
    el("p.soft", {}, `${counted(found.figures.n, "later change")} to source code, ${number(found.figures.positives)} of them inducing, that came after everything the model learnt from`,
      found.trained_until ? [" (", when(found.trained_from), " to ", when(found.trained_until), ")"] : null, ". Verdict: ", el("strong", {}, found.verdict ?? "none"), "."),
    el("div.scroll.card", { tabindex: "0", role: "region", "aria-label": "Figures of the model" },
      el("table.figures", { "aria-label": "Figures" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "figure"), el("th", { scope: "col" }, `model (${found.kind || found.name})`), el("th", { scope: "col" }, "lines added alone"))),
        el("tbody", {}, ROWS.map(([name, title, meaning, show]) => el("tr", {}, el("th", { scope: "row" }, title, el("span.soft", {}, meaning)), cell(found.figures, name, show), cell(found.lines_added, name, show)))))),
    el("p.soft", {}, "After AUC: its 95 % interval. Lines added is a ranking, not a probability: it has no Brier score and no calibration."),
  ];
}

const DRIFT = {
  drift: ["inducing", "drift", "What is asked no longer looks like what the model learnt from."],
  no_drift: ["clean", "no drift", "What is asked looks like what the model learnt from."],
  unknown: ["open", "unknown", "Nothing was compared with what the model learnt from yet."],
};

function drifted(found) {
  const [look, name, words] = DRIFT[found.status] ?? DRIFT.unknown;
  const features = found.drifted_features ?? [];
  const why = look === "open" && found.details?.text;
  return [
    el("p", {}, el(`span.label.${look}`, {}, name), ` ${why ? `${why[0].toUpperCase()}${why.slice(1)}.` : words}`, found.checked_at ? [" Checked ", when(found.checked_at), "."] : null),
    features.length ? el("p", {}, `${counted(features.length, "feature")} drifted: `, features.map((feature, at) => [at ? ", " : "", el("code", {}, feature)]).flat()) : null,
  ].filter(Boolean);
}
