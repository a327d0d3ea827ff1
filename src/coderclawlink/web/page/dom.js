// What the page is drawn with: `h` says what should stand there, `draw` makes it so and leaves alone what stands already,
// with its focus and what was typed. Every string becomes a text node or an attribute, never markup. Knows nothing of the
// product; all other files stand above.

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["checked", "selected", "open", "disabled", "draggable", "hidden", "autofocus"]);

// Escape sequences that carry no text (colours, cursor) are dropped; other control characters and those that turn the
// direction of text round are made visible, so that nothing reads otherwise than it is.
const COLOURS = /\x1b\[[0-?]*[ -/]*[@-~]/g;
const UNSEEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
const seen = (c) => c < " " ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : `‹U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}›`;
export const exact = (text) => text.replace(/\r\n/g, "\n").replace(UNSEEN, seen);
export const plain = (text) => exact(text.replace(COLOURS, ""));

/** What should stand there. A child is a string, a number, another `h`, a list, or nothing. Children in lists need a `key`. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, key: props?.key, children: children.flat(2).map(asNode) };
}

function asNode(child) {
  if (child !== null && typeof child === "object") return child;
  return { text: child === null || child === undefined || child === false ? "" : plain(String(child)) };
}

/** Make the parent's children what is wanted. The same object as last time means: nothing has changed in it. */
export function draw(parent, wanted) {
  const keyed = new Map();
  const loose = [];
  for (const old of parent.drawn ?? []) old.key === undefined ? loose.push(old) : keyed.set(old.key, old);
  const pairs = wanted.map((v) => {
    const old = v.key === undefined ? loose.shift() : keyed.get(v.key);
    if (v.key !== undefined) keyed.delete(v.key);
    if (old && old.tag === v.tag) return [old, v];
    old?.node.remove();
    return [null, v];
  });
  for (const old of [...loose, ...keyed.values()]) old.node.remove();
  let place = parent.firstChild;
  for (const [old, v] of pairs) {
    const node = old ? update(old, v) : make(v);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    if (!old) v.props?.shown?.(node);
  }
  parent.drawn = wanted;
}

function make(v) {
  if (v.tag === undefined) return (v.node = document.createTextNode(v.text));
  v.node = v.tag === "svg" || v.tag === "path" ? document.createElementNS(SVG, v.tag) : document.createElement(v.tag);
  for (const name in v.props) if (name !== "value") set(v.node, name, v.props[name]);
  draw(v.node, v.children);
  if ("value" in v.props) v.node.value = v.props.value;
  return v.node;
}

function update(old, v) {
  v.node = old.node;
  if (old === v) return v.node;
  if (v.tag === undefined) {
    if (old.text !== v.text) v.node.nodeValue = v.text;
    return v.node;
  }
  for (const name in old.props) if (!(name in v.props)) set(v.node, name, null);
  for (const name in v.props) if (name !== "value" && old.props[name] !== v.props[name]) set(v.node, name, v.props[name]);
  draw(v.node, v.children);
  if (old.props.value !== v.props.value) v.node.value = v.props.value;
  return v.node;
}

function set(node, name, value) {
  if (name === "key" || name === "shown") return;
  if (name === "href" && !/^(#|https?:\/\/)/.test(value)) value = null; // data may name a place, never a script
  if (name.startsWith("on")) node[name] = value;
  else if (AS_PROPERTY.has(name)) node[name] = Boolean(value);
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : plain(String(value)));
}

// ── drawing when something has changed, at most ten times a second ──────────────────────────────────────────────────

const screen = { paint: () => {}, timer: 0, last: 0 };

export function redraw() {
  if (!screen.timer) screen.timer = setTimeout(paintNow, Math.max(0, screen.last + 100 - performance.now()));
}

function paintNow() {
  screen.timer = 0;
  screen.paint();
  screen.last = performance.now();
}

export function start(paint) {
  screen.paint = paint;
  paintNow();
}

// ── small things that are drawn everywhere ──────────────────────────────────────────────────────────────────────────

const RING = "M8 2.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 0 0 0-11.6";
const ICONS = {
  ring: RING, clock: `${RING}M8 5v3.2l2 1.3`, play: `${RING}M6.9 5.8v4.4l3.5-2.2z`, pause: `${RING}M6.6 6v4M9.4 6v4`,
  check: `${RING}M5.5 8.2l1.8 1.8l3.2-3.6`, cross: `${RING}M6.2 6.2l3.6 3.6M9.8 6.2l-3.6 3.6`, slash: `${RING}M4 12l8-8`,
  eye: "M1.8 8s2.2-4 6.2-4s6.2 4 6.2 4s-2.2 4-6.2 4s-6.2-4-6.2-4M8 6.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 0 0 0-3",
  warn: "M8 2.2l6.3 11.3H1.7zM8 6.5v3.2M8 11.6v.2", up: "M8 13V3.5M4 7.2l4-4l4 4", down: "M8 3v9.5M4 8.8l4 4l4-4",
  dash: "M3.5 8h9", double: "M4 8l4-4l4 4M4 12l4-4l4 4", ask: `${RING}M6.3 6.6a1.7 1.7 0 1 1 2.4 1.5c-.5.3-.7.6-.7 1.1M8 11v.1`,
  board: "M2.5 3h3v10h-3zM6.8 3h3v7h-3zM11 3h2.5v4.5H11z", folder: "M2 4.5h4l1.5 1.5H14v7H2z",
  robot: "M3 6h10v7H3zM8 6V3M6 9v.6M10 9v.6M1.5 8.5v2M14.5 8.5v2",
  server: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.1M5 11v.1",
};
export const icon = (name) => h("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, h("path", { d: ICONS[name] }));

const MARKS = {
  todo: ["ring", "To Do"], in_progress: ["play", "In Progress", "info"], in_review: ["eye", "In Review", "warn"], done: ["check", "Done", "good"],
  blocked: ["slash", "Blocked", "bad"], low: ["down", "Low"], medium: ["dash", "Medium"], high: ["up", "High", "warn"],
  critical: ["double", "Critical", "bad"], pending: ["clock", "Pending"], planning: ["clock", "Planning", "info"], running: ["play", "Running", "info"],
  waiting: ["pause", "Waiting", "warn"], needs_you: ["ask", "Needs you", "warn"], completed: ["check", "Completed", "good"], failed: ["cross", "Failed", "bad"],
  cancelled: ["slash", "Cancelled"], lost: ["warn", "Lost", "bad"], interrupted: ["pause", "Interrupted", "warn"], available: ["check", "Available", "good"],
  missing: ["cross", "Not available"], online: ["check", "Online", "good"], offline: ["cross", "Offline", "bad"],
};
/** A status: always an icon and a word. `word`: another one than usual. */
export function mark(name, word) {
  const [shape, usual, tone] = MARKS[name] ?? ["ring", name];
  return h("span", { class: `mark ${tone ?? ""}` }, icon(shape), word ?? usual);
}

/** When it was: the time, and the day unless it is today. */
export function ago(at) {
  if (!at) return "";
  const then = new Date(at);
  const day = then.toDateString() === new Date().toDateString() ? {} : { dateStyle: "medium" };
  return h("time", { datetime: at, title: then.toLocaleString() }, then.toLocaleString([], { ...day, timeStyle: "short" }));
}

export const many = (count, what) => `${count.toLocaleString()} ${what}${count === 1 ? "" : "s"}`;

/** Seconds as `4 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  return s < 3600 ? `${Math.floor(s / 60)} min ${two(s % 60)} s` : `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
}

export const button = (label, onclick, props) => h("button", { type: "button", onclick, ...props }, label);
export const loading = () => h("p", { class: "loading", role: "status" }, "Loading…");
export const empty = (sentence, action) => h("div", { class: "empty" }, h("p", {}, sentence), action);
export const failure = (what, retry) => h("div", { class: "empty", role: "alert" }, mark("failed", "That did not work"), h("p", {}, what), retry && button("Retry", retry));
