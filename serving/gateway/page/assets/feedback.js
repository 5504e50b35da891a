// Was this right? A vote on a prediction, which is asked for first if the gateway has not given one for this change.
import { post } from "./api.js";
import { el, percent, say } from "./dom.js";

const OPINIONS = { inducing: "It introduced a fault", clean: "It is clean", unsure: "Not sure" };

export function feedback(found) {
  const answer = el("p.soft.answer", { role: "status" });
  const buttons = Object.entries(OPINIONS).map(([opinion, words]) =>
    el("button.plain", { type: "button", "data-opinion": opinion, "aria-pressed": "false", onclick: () => vote(opinion) }, words));
  let prediction = null;

  async function vote(opinion) {
    answer.className = "soft answer";
    answer.textContent = "Sending …";
    for (const button of buttons) button.disabled = true;
    try {
      prediction ??= await post("/predict", { repository: found.repository, commit: found.commit });
      const standing = await post("/feedback", { prediction_id: prediction.prediction_id, opinion });
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.opinion === opinion));
      answer.textContent = words(opinion, standing);
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

const words = (opinion, standing) => `Kept: ${OPINIONS[opinion].toLowerCase()}.`;
