// Was this right? A vote on a prediction, which is asked for first if the gateway has not given one for this change.
import { post } from "./api.js";
import { el, number, say } from "./dom.js";

const LABELS = { bug_inducing: "It introduced a fault", clean: "It is clean", withdrawn: "Not sure" };

export function feedback(found) {
  const answer = el("p.soft.answer", { role: "status" });
  const buttons = Object.entries(LABELS).map(([label, words]) =>
    el("button.plain", { type: "button", "data-label": label, "aria-pressed": "false", onclick: () => vote(label) }, words));
  let prediction = null;

  async function vote(label) {
    answer.className = "soft answer";
    answer.textContent = "Sending …";
    for (const button of buttons) button.disabled = true;
    try {
      prediction ??= await post("/predict", { commit: found.commit });
      const standing = await post("/feedback", { prediction_id: prediction.prediction_id, label });
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.label === label));
      answer.textContent = words(label, standing);
    } catch (problem) {
      answer.className = "answer bad";
      answer.textContent = [problem.title, problem.detail].filter(Boolean).join(": ");
      say(answer.textContent);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }
  return el("fieldset.feedback", {}, el("legend", {}, "Was this right?"), el("div.row", {}, buttons), answer);
}

function words(label, standing) {
  const kept = label === "withdrawn" ? "Kept: no vote of yours counts." : `Kept: ${LABELS[label].toLowerCase()}.`;
  const votes = `${number(standing.votes_bug_inducing)} for a fault, ${number(standing.votes_clean)} for clean`;
  if (!standing.accounts) return kept;
  return `${kept} So far ${votes}: ${standing.label ? `held to be ${standing.label === "clean" ? "clean" : "inducing"}` : "undecided"}.`;
}
