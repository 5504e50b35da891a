// Elements, made by hand: text is only ever text, so nothing that a committer wrote can become markup.

// el("p.soft", {id: "x"}, "words", child): a tag with classes, attributes, children; null and false are left out.
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Text of a stranger: its direction must not leak into what stands beside it.
export const stranger = (text) => el("bdi", {}, text);

export const percent = (value, digits = 0) => (value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)} %`);
export const number = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en-GB"));
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : noun.endsWith("x") ? "es" : "s"}`;
export const ordinal = (place) => `${number(place)}${place % 100 >= 11 && place % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][place % 10] ?? "th")}`;
export const fixed = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits));

export function when(instant) {
  if (!instant) return "–";
  return el("time", { datetime: instant, title: instant.replace("T", " ").replace("Z", " UTC") }, instant.slice(0, 10));
}

export const bandOf = (band) => el(`span.band.${band || "none"}`, {}, band || "no band");

// A length in per cent of its place; through the style object, which the content security policy allows.
export function wide(made, share) {
  made.style.width = `${Math.max(0, Math.min(100, 100 * share))}%`;
  return made;
}

export function say(text) {
  document.getElementById("said").textContent = text;
}
