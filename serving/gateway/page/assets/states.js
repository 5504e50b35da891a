// What stands in a place that has nothing to show: it loads, it is empty, it failed.
import { el, say } from "./dom.js";
import { signIn } from "./api.js";

export function loading(what) {
  return el("div.loading", { "aria-busy": "true" }, el("span.spinner", { "aria-hidden": "true" }), el("p", {}, `Loading ${what} …`));
}

export function empty(title, ...words) {
  return el("div.empty", {}, el("h2", {}, title), ...words);
}

let waiting = 0;

// `again` is called by the button, and by itself when the gateway said when to come back.
export function failed(problem, again) {
  clearTimeout(waiting);
  if (problem.status === 401) return door(problem, again);
  const title = problem.title || "Something went wrong";
  say(title);
  if (problem.retryAfter) waiting = setTimeout(again, 1000 * problem.retryAfter);
  return el(
    "div.error", { role: "alert" },
    el("h2", {}, title),
    problem.detail && el("p", {}, problem.detail),
    problem.retryAfter ? el("p.soft", {}, `The page asks again in ${problem.retryAfter} s.`) : null,
    el("button.plain", { type: "button", onclick: () => { clearTimeout(waiting); again(); } }, "Try again"),
  );
}

function door(problem, again) {
  const field = el("input", { id: "token", type: "password", autocomplete: "off", required: true });
  const enter = (event) => {
    event.preventDefault();
    signIn(field.value);
    again();
  };
  return el(
    "form.error", { onsubmit: enter },
    el("h2", {}, "Sign in"),
    el("p", {}, problem.detail || "This gateway wants to know who asks."),
    el("label", { for: "token" }, "Access token or API key"),
    el("div.row", {}, field, el("button.plain", { type: "submit" }, "Sign in")),
    el("p.soft", {}, "It stays in this tab and is forgotten when you leave the page."),
  );
}
