// Stands in for Python on the pages of the site: gives widget.js a `model`, and answers from recorded replies.
// `headstartWidget` is widget.js, which the build puts in front of this file. cards.py says what is recorded, and
// judges; this file looks replies up. What a reader answers stays in this browser's own storage.

const KEY = (id) => `headstart.${id}`;

function remembered(id) {
  try {
    return JSON.parse(localStorage.getItem(KEY(id)));
  } catch {
    return null; // no storage, or not ours: the question is new then
  }
}

function remember(id, response) {
  try {
    localStorage.setItem(KEY(id), JSON.stringify(response));
  } catch {
    // A browser without storage forgets the answer with the page; nothing else is lost.
  }
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// `value` as Python's format(value, f".{figures}g") writes it.
function figuresOf(value, figures) {
  const [digits, power] = value.toExponential(figures - 1).split("e").map(Number);
  if (value !== 0 && (power < -4 || power >= figures)) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return String(Number(value.toPrecision(figures)));
}

// `value` as headstart.questions.text.plain_number writes it.
function plainNumber(value) {
  const size = Math.abs(value);
  if (size < 1e-9 || size >= 1e15) return figuresOf(value, 4);
  if (size >= 1000 || Number.isInteger(value)) {
    return value.toLocaleString("en-GB", { maximumFractionDigits: 0, roundingMode: "halfEven" });
  }
  return String(Number(value.toFixed(3 - Math.floor(Math.log10(size)))));
}

const written = { short: (value) => figuresOf(value, 10), plain: plainNumber };

// What a learner typed, as headstart.questions.judging.parse_number reads it: a number, or why there is none.
function readNumber(raw, unit) {
  let text = raw.trim().replaceAll("−", "-").replaceAll("_", "");
  let divisor = 1;
  if (unit && unit !== "%" && text.toLowerCase().endsWith(unit.toLowerCase())) text = text.slice(0, -unit.length).trim();
  if (text.endsWith("%")) {
    text = text.slice(0, -1).trim();
    divisor = unit === "%" ? 1 : 100;
  }
  if (/^[-+]?\d*,\d+$/.test(text)) {
    if (/^[-+]?[1-9]\d{0,2},\d{3}$/.test(text)) return { problem: "ambiguous", plain: text.replace(",", "") };
    text = text.replace(",", ".");
  }
  const parts = text.split("/").map((part) => part.trim());
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  if (parts.length > 2 || !parts.every((part) => number.test(part))) return { problem: "unreadable" };
  const value = Number(parts[0]) / (parts.length === 2 ? Number(parts[1]) : 1) / divisor;
  return Number.isFinite(value) ? { value } : { problem: "unreadable" };
}

// The recorded reply number `at`, with what it names put in.
function filled(card, at, { value, typed = "", plain = "" }) {
  const { status, written: way } = card.replies[at];
  if (status.html === undefined) return status;
  const shown = typed.length > 58 ? `'${typed.slice(0, 56)}...` : `'${typed}'`;
  let html = status.html.replace("⌈typed⌉", () => escaped(shown)).replace("⌈plain⌉", () => escaped(plain));
  if (way) html = html.replace("⌈number⌉", () => written[way](value));
  return { ...status, html };
}

// The status that Python would send for `response`; undefined where the question has changed since it was kept.
function reply(card, response) {
  if (response === null || response.length === 0) return filled(card, card.empty, {});
  if (card.choices) {
    const at = card.choices[[response].flat().join(" ")];
    return at === undefined ? undefined : filled(card, at, {});
  }
  if (card.order) {
    let branch = card.order;
    for (const key of response) {
      if (typeof branch !== "object" || branch === null) break;
      branch = branch[key];
    }
    return typeof branch === "number" ? filled(card, branch, {}) : undefined;
  }
  const typed = String(response);
  const { value, problem, plain } = readNumber(typed, card.number.unit);
  if (problem) return filled(card, card.number[problem], { typed, plain });
  const at = card.number.starts.filter((start) => start <= value).length;
  return filled(card, card.number.replies[at], { value });
}

// What widget.js needs of a Jupyter widget's model.
class StandIn {
  constructor(card) {
    this.card = card;
    this.listeners = new Set();
    const kept = remembered(card.id);
    const status = kept === null ? undefined : reply(card, kept);
    const state = status === undefined ? { response: null, status: {} } : { response: kept, status };
    this.values = { content: card.content, state: { ...state, locked: false }, submission: {} };
  }
  get(name) {
    return this.values[name];
  }
  set(name, value) {
    this.values[name] = value;
  }
  on(event, listener) {
    this.listeners.add(listener);
  }
  off(event, listener) {
    this.listeners.delete(listener);
  }
  save_changes() {
    const { response, n, view } = this.values.submission;
    const status = reply(this.card, response);
    if (status.tone !== "problem") {
      remember(this.card.id, response);
      compare(this.card.id);
    }
    this.values.state = { response, status, locked: false, n, view };
    // Like a kernel's, the reply comes when the widget has finished sending.
    queueMicrotask(() => this.listeners.forEach((listener) => listener()));
  }
}

// Puts the reader's guess beside what was measured, below the experiment.
function compare(id) {
  for (const place of document.querySelectorAll(".hs-measured")) {
    const { id: own, none, lines, unit } = JSON.parse(place.querySelector("script").textContent);
    if (own !== id) continue;
    const guess = remembered(id);
    let html = none;
    if (typeof lines === "string") {
      const { value } = readNumber(String(guess ?? ""), unit);
      if (value !== undefined) html = lines.replace("⌈number⌉", () => plainNumber(value));
    } else if (Object.hasOwn(lines, guess)) {
      html = lines[guess];
    }
    place.querySelector(".hs-lines").innerHTML = html;
  }
}

for (const place of document.querySelectorAll(".hs-question")) {
  const card = JSON.parse(place.querySelector("script").textContent);
  const el = document.createElement("div");
  place.replaceChildren(el);
  headstartWidget.render({ model: new StandIn(card), el });
  compare(card.id);
}
