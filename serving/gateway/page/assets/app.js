// The page: which view stands in the address, and what the header says.
import { change } from "./change.js";
import { say } from "./dom.js";
import { list, remember } from "./list.js";
import { model } from "./model.js";

const main = document.getElementById("main");
let first = true;

function told(found) {
  const place = document.getElementById("repository");
  place.replaceChildren();
  if (!found?.repository) return;
  const name = document.createElement("bdi");
  name.textContent = found.repository;
  place.append(name);
}

function show() {
  const [path, words = ""] = location.hash.slice(1).split("?");
  const commit = /^\/changes\/([0-9a-f]{7,64})$/.exec(path)?.[1];
  const view = commit ? "change" : path === "/model" ? "model" : "changes";
  if (commit) remember(commit);
  document.title = { change: `Change ${commit?.slice(0, 10)}`, model: "Model", changes: "Recent changes" }[view] + " · faultcast";
  for (const link of document.querySelectorAll("nav [data-view]")) {
    const here = link.dataset.view === (view === "change" ? "changes" : view);
    if (here) link.setAttribute("aria-current", view === link.dataset.view ? "page" : "true");
    else link.removeAttribute("aria-current");
  }
  const heading = commit ? change(main, commit, told) : view === "model" ? model(main, told) : list(main, new URLSearchParams(words), told);
  if (!first) {
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
    say(document.title);
  }
  first = false;
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", show);
show();
