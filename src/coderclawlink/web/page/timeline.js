// What happened in a run, as one list of entries: `take` lets an event add or change one, `drawTimeline` shows the last of
// them. An entry that has not changed keeps what was drawn of it. Above: `state`, `run`. Below: `dom`.

import { ago, button, exact, h, many, mark, plain, redraw } from "./dom.js";

const WINDOW = 500; // entries drawn at once; earlier ones on demand
const TEXT_AT_MOST = 20_000; // characters of a tool's input or output that are drawn before one asks for all
const CONTEXT = 3; // unchanged lines around a change
const GOES_ON = ["interrupted", "paused"]; // what the attempt asked stays open: the next one takes it over

export function timeline() {
  const line = { entries: [], last: 0, saying: { message: "", thought: "" }, shown: WINDOW, take };
  const byId = new Map();

  function entry(id, values) {
    const old = id && byId.get(id);
    if (old) return Object.assign(old, values, { drawn: null });
    const made = { key: String(line.entries.length), drawn: null, ...values };
    if (id) byId.set(id, made);
    line.entries.push(made);
    return made;
  }

  // The whole takes the place of the pieces; what is already being said beyond it stays.
  function said(kind, event) {
    const pieces = line.saying[kind];
    line.saying[kind] = pieces.startsWith(event.text) ? pieces.slice(event.text.length) : "";
    entry(null, { kind, at: event.at, text: event.text });
  }

  const note = (event, ...told) => entry(null, { kind: "note", at: event.at, told });

  function hush(attempt) {
    line.saying = { message: "", thought: "" };
    for (const one of byId.values()) if (one.attempt === attempt && one.kind === "question" && one.is_open) Object.assign(one, { is_open: false, drawn: null });
  }

  function take(event) {
    if (event.seq) {
      if (event.seq <= line.last) return;
      line.last = event.seq;
    }
    const { kind, at, attempt } = event;
    switch (kind) {
      case "agent.chunk": return void (line.saying[event.thought ? "thought" : "message"] += event.text);
      case "agent.message": return said("message", event);
      case "agent.thought": return said("thought", event);
      case "agent.tool": return entry(`${attempt} tool ${event.id}`, { ...event, kind: "tool" });
      case "agent.plan": return entry(`${attempt} plan`, { kind: "plan", at, steps: event.entries });
      case "agent.log": {
        const last = line.entries.at(-1);
        if (last?.kind === "log") return Object.assign(last, { text: last.text + event.text, drawn: null });
        return entry(null, { kind: "log", at, text: event.text });
      }
      case "question.asked": return entry(`question ${event.question}`, { ...event, kind: "question", is_open: true });
      case "question.answered": return entry(`question ${event.question}`, { kind: "question", is_open: false, option: event.option, by: event.by });
      case "run.submitted": return entry(null, { kind: "prompt", at, text: event.prompt, by: event.actor });
      case "run.waiting": return note(event, mark("waiting"), ` for ${event.reason.replace("_", " ")}: ${event.who}`);
      case "run.resumed": return note(event, mark("running", "Goes on"));
      case "run.completed": {
        const spoken = line.entries.findLast((one) => one.kind === "message")?.text;
        if (event.result && event.result.trim() !== spoken?.trim().slice(0, 2000)) entry(null, { kind: "message", at, text: event.result });
        return note(event, mark("completed"));
      }
      case "run.failed": hush(attempt); return note(event, mark("failed"), ` ${event.error}`);
      case "run.cancelled": hush(attempt); return note(event, mark("cancelled"), event.actor ? ` by ${event.actor}` : "");
      case "attempt.placed": return note(event, `Attempt ${attempt} was given to node ${event.node}`);
      case "attempt.started": return note(event, `The agent has started${event.agent_version ? `: ${event.agent_version}` : ""}, contained by ${event.sandbox}`);
      case "attempt.ended": if (!GOES_ON.includes(event.outcome)) hush(attempt); return note(event, mark(event.outcome, `Attempt ${attempt}: ${event.outcome}`), event.error ? ` ${event.error}` : "");
      case "attempt.lost": return note(event, mark("lost", `Attempt ${attempt} was lost`), event.node ? ` with node ${event.node}` : "");
      case "work.saved": return note(event, "Unfinished work was put aside as ", h("code", {}, event.ref));
      case "work.committed": return note(event, "Committed ", h("code", {}, event.head.slice(0, 10)), ` on ${event.branch}: `, counts(event));
    }
  }

  return line;
}

export const counts = (c) => h("span", { class: "counts" }, many(c.files, "file"), " ", h("ins", {}, `+${c.additions}`), " ", h("del", {}, `−${c.deletions}`));

/** In a sentence, for those who listen. */
export function latest(line) {
  const last = line.entries.at(-1);
  const what = { message: "The agent wrote a message", thought: "The agent thinks",
    tool: `${last?.title || last?.tool}: ${last?.status}`, question: `The agent asks: ${last?.title}`, plan: "The plan has changed" }[last?.kind];
  return `The timeline has ${many(line.entries.length, "line")}. ${what ?? ""}`;
}

export function drawTimeline(line) {
  const hidden = Math.max(0, line.entries.length - line.shown);
  const earlier = () => {
    line.shown += WINDOW;
    redraw();
  };
  return h("div", { class: "timeline" },
    hidden > 0 && button(`Show earlier (${hidden.toLocaleString()})`, earlier, { class: "earlier" }),
    h("ol", { "aria-label": "Timeline" }, line.entries.slice(-line.shown).map((one) => (one.drawn ??= h("li", { key: one.key, class: one.kind }, DRAWN[one.kind](one))))),
    line.saying.thought && h("div", { class: "thought saying" }, h("div", { class: "words" }, line.saying.thought)),
    line.saying.message && h("div", { class: "message saying" }, h("div", { class: "words" }, line.saying.message)));
}

const DRAWN = {
  prompt: (one) => [h("p", { class: "by" }, `Asked${one.by ? ` by ${one.by}` : ""} `, ago(one.at)), h("div", { class: "words" }, one.text)],
  message: (one) => [h("div", { class: "words" }, one.text)],
  thought: (one) => [h("p", { class: "by" }, "Thought"), h("div", { class: "words" }, one.text)],
  note: (one) => [h("p", {}, one.told, " "), ago(one.at)],
  log: (one) => [h("details", {}, h("summary", {}, "What the program wrote"), long(one, "text", one.text))],
  plan: (one) => [h("p", { class: "by" }, "Plan"),
    h("ol", { class: "plan" }, one.steps.map((step, i) => h("li", { key: i }, mark(step.status, step.status === "pending" ? "To do" : undefined), " ", step.text)))],
  question: (one) => [h("p", { class: "by" }, one.is_open ? mark("needs_you", "Question") : mark("completed", "Question")),
    h("p", {}, exact(one.title ?? "")), one.detail && h("pre", { tabindex: 0 }, exact(one.detail)),
    h("p", { class: "by" }, one.is_open ? "Not answered yet." : one.option ? `Answered “${one.options?.find((o) => o.id === one.option)?.label ?? one.option}” by ${one.by}.` : "No answer is needed any more.")],
  tool: drawTool,
};

function drawTool(one) {
  const changes = one.changes ?? [];
  const part = (name, text) => text && h("div", {}, h("p", { class: "by" }, name), long(one, name, text));
  return [h("details", {},
    h("summary", {}, mark(one.status), h("span", { class: "kind" }, one.tool), h("span", { class: "title" }, one.title || one.id)),
    part("Input", one.input),
    changes.map((change, i) => h("div", { key: `change ${i}` },
      h("p", { class: "by" }, change.old === null ? "New file " : "Changed ", h("code", {}, change.path)), drawLines(compare(change.old ?? "", change.new)))),
    part("Output", one.output),
    !one.input && !one.output && !changes.length && h("p", { class: "by" }, "It has told nothing more."))];
}

function long(one, name, text) {
  if (text.length <= TEXT_AT_MOST || one[`all ${name}`]) return h("pre", { tabindex: 0 }, text);
  const all = () => {
    Object.assign(one, { [`all ${name}`]: true, drawn: null });
    redraw();
  };
  return h("div", {}, h("pre", { tabindex: 0 }, text.slice(0, TEXT_AT_MOST)), button(`Show all ${text.length.toLocaleString()} characters`, all));
}

// ── differences ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where two texts differ, as one block with a little around it: what is the same before and behind is left out. */
function compare(old, now) {
  const [a, b] = [old, now].map((text) => (text === "" ? [] : plain(text).replace(/\n$/, "").split("\n")));
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const signed = (sign, lines) => lines.map((text) => sign + text);
  return [...signed(" ", a.slice(Math.max(0, head - CONTEXT), head)), ...signed("-", a.slice(head, a.length - tail)),
    ...signed("+", b.slice(head, b.length - tail)), ...signed(" ", a.slice(a.length - tail, a.length - tail + CONTEXT))];
}

const KINDS = { "+": "plus", "-": "minus", "@": "hunk" };
const LINES_AT_MOST = 3000;
export function drawLines(lines) {
  return h("pre", { class: "diff", tabindex: 0 }, lines.slice(0, LINES_AT_MOST).map((text, i) => h("span", { key: i, class: KINDS[text[0]] }, text + "\n")),
    lines.length > LINES_AT_MOST && h("span", { class: "hunk" }, `${(lines.length - LINES_AT_MOST).toLocaleString()} more lines are not shown here.`));
}

/** A diff as git writes it, file by file: { name, lines, plus, minus }. */
export function filesOf(diff) {
  const files = [];
  let file = null;
  let inside = false;
  for (const text of diff.replace(/\n$/, "").split("\n")) {
    if (text.startsWith("diff --git ") || !file) {
      files.push((file = { name: text.replace(/^diff --git a\/.* b\//, ""), lines: [], plus: 0, minus: 0 }));
      inside = false;
    }
    if (text.startsWith("@@")) inside = true;
    else if (inside && text[0] === "+") file.plus++;
    else if (inside && text[0] === "-") file.minus++;
    if (inside || !/^(diff --git|index|---|\+\+\+) /.test(text)) file.lines.push(text);
  }
  return files;
}
