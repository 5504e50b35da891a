// Reading needs none of this: it filters the changes and opens them for print.
"use strict";
(() => {
  const tools = document.getElementById("tools");
  const rows = [...document.querySelectorAll(".changes > li")];
  if (!tools) return;
  tools.hidden = rows.length < 2;
  const find = document.getElementById("find");
  const count = document.getElementById("count");
  const buttons = [...tools.querySelectorAll("button")];
  let band = "";

  const show = () => {
    const wanted = find.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = (!band || row.dataset.band === band) && row.textContent.toLowerCase().includes(wanted);
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = band || wanted ? `${shown} of ${rows.length}` : "";
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      band = button.dataset.band;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      show();
    });
  }
  find.addEventListener("input", show);

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = rows.slice(0, 10).map((row) => row.firstElementChild).filter((details) => !details.open);
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
