// The gateway's routes. Every failure becomes a Problem with words that can be shown as they are.

export class Problem extends Error {
  constructor(status, title, detail, retryAfter = 0) {
    super(detail || title);
    Object.assign(this, { status, title, detail, retryAfter });
  }
}

const PATIENCE_MS = 20_000;
let token = ""; // lives as long as the tab; nothing is stored

export const signIn = (found) => {
  token = found.trim();
};

async function ask(path, options = {}) {
  const headers = { Accept: "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...options.headers };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Problem(0, "The gateway does not answer", "Is it running, and can this machine reach it?");
  }
  const text = await answer.text();
  let found = null;
  try {
    found = text ? JSON.parse(text) : {};
  } catch {
    found = null;
  }
  if (answer.ok && found !== null) return found;
  const retryAfter = Math.min(60, Number(answer.headers.get("Retry-After")) || 0);
  throw new Problem(answer.status, words(found?.title) || `The gateway answered with status ${answer.status}`, words(found?.detail), retryAfter);
}

const words = (found) => (typeof found === "string" ? found.slice(0, 600) : "");

export const get = (path) => ask(path);
export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const changes = (query) => get(`/changes?${new URLSearchParams(query)}`);
export const change = (commit) => get(`/changes/${encodeURIComponent(commit)}`);
export const blocks = (commit) => get(`/changes/${encodeURIComponent(commit)}?blocks=true`);
