// One run: how it stands, what it asks, what has happened, what it changed. Above: `app`, `board`. Below: `timeline`, `state`.

import { act } from "./acts.js";
import { call } from "./api.js";
import { button, duration, empty, exact, failure, h, loading, mark, redraw } from "./dom.js";
import { catchUp, ENDED, keep, standing, state } from "./state.js";
import { counts, drawLines, drawTimeline, filesOf, latest } from "./timeline.js";

const WHY_SECONDS = 5;
const TELL_SECONDS = 10; // how often those who listen are told how far it is
const LOG_AT_MOST = 200_000;
const LABELS = { timeline: "Timeline", diff: "Diff", log: "Log" };

/** What has to be asked again by the clock: called once a second. */
export function tick() {
  const open = state.open;
  const run = open && state.runs.get(open.id);
  if (!run || ENDED.has(run.state)) return;
  redraw();
  if (!["pending", "waiting"].includes(run.state)) Object.assign(open, { why: null, asked: 0 });
  else if (!open.asked || Date.now() - open.asked > WHY_SECONDS * 1000) {
    open.asked = Date.now();
    call("GET", `/api/runs/${run.id}/why`).then(({ why }) => (open.why = why), () => (open.why = null)).then(redraw);
  }
}

export function drawRun(run) {
  const open = state.open?.id === run.id ? state.open : null;
  if (open?.error) return failure(open.error.message, catchUp);
  if (!open || open.loading) return loading();
  if (!run.state) return failure("This run is not there any more.");
  const tab = (open.tab ??= "timeline");
  return h("div", { class: "run" },
    h("div", { class: "standing" },
      h("div", { class: "row" }, mark(standing(run)), h("span", { class: "dim" }, elapsed(run)), run.files !== null && counts(run),
        run.may_cancel && button("Stop", () => act(async () => keep.run(await call("POST", `/api/runs/${run.id}/cancel`))), { class: "danger" })),
      open.why && ["pending", "waiting"].includes(run.state) && h("p", { class: "dim" }, open.why),
      run.error && h("p", { class: "bad words" }, run.error),
      (run.questions ?? []).filter((one) => one.is_open).map((one) => drawQuestion(run, open, one))),
    drawFacts(run),
    h("div", { class: "tabs", role: "tablist" }, Object.entries(LABELS).map(([name, label]) =>
      button(label, () => { open.tab = name; redraw(); }, { key: name, role: "tab", "aria-selected": String(tab === name) }))),
    h("p", { class: "unseen", role: "status" }, told(open, run)),
    h("div", { role: "tabpanel", "aria-label": LABELS[tab] }, tab === "timeline" ? drawTimeline(open.timeline) : drawText(run, open, tab)));
}

function elapsed(run) {
  const until = run.ended_at ? Date.parse(run.ended_at) : Date.now();
  return run.started_at ? duration((until - Date.parse(run.started_at)) / 1000) : "not started";
}

function told(open, run) {
  if (open.toldOf !== run.state || Date.now() - open.toldAt > TELL_SECONDS * 1000) {
    Object.assign(open, { toldOf: run.state, toldAt: Date.now(), told: `The run is ${run.state}. ${latest(open.timeline)}` });
  }
  return open.told;
}

function drawQuestion(run, open, question) {
  const answer = (option) => act(async () => {
    open.answering = question.id; // until an event says that it is answered
    try {
      await call("POST", `/api/runs/${run.id}/answers`, { question: question.id, option });
    } catch (error) {
      open.answering = null;
      throw error;
    }
  });
  return h("section", { key: question.id, class: "question", "aria-label": "The agent asks" },
    h("strong", {}, exact(question.title)),
    question.detail && h("pre", { tabindex: 0 }, exact(question.detail)),
    h("div", { class: "row" }, question.options.map((one) => button(exact(one.label), () => answer(one.id), { key: one.id, disabled: open.answering === question.id }))));
}

function drawFacts(run) {
  const at = run.attempts?.at(-1);
  const cost = run.usage?.cost_usd ?? null;
  const price = cost === null ? "cost not known" : `$${cost.toFixed(4)}`;
  const number = (n) => (n ?? 0).toLocaleString();
  const facts = [
    ["Agent", [at?.agent_version?.includes(run.agent) ? "" : run.agent, at?.agent_version, at?.model && `(${at.model})`].filter(Boolean).join(" ")],
    ["Node", at?.node && `${at.node}${at.sandbox ? ` (${at.sandbox})` : ""}`],
    ["Attempt", run.attempt > 1 && `${run.attempt}, at most ${run.tries} may fail`],
    ["Branch", run.branch && h("code", {}, run.branch)],
    ["Commit", run.head && h("code", { title: run.head }, run.head.slice(0, 10))],
    ["Usage", run.usage && `${number(run.usage.input_tokens)} tokens in, ${number(run.usage.output_tokens)} out, ${price}`],
  ];
  return h("dl", { class: "facts" }, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", { key: name }, name), h("dd", { key: `${name} is` }, value)]));
}

// ── the texts that are kept beside the run ──────────────────────────────────────────────────────────────────────────

function drawText(run, open, name) {
  const kept = ((open.texts ??= {})[name] ??= { of: null });
  const now = `${run.kept ?? 0} ${run.state}`; // a new one may have been kept
  if (kept.of !== now) {
    kept.of = now;
    const read = (values) => { Object.assign(kept, { error: null, none: false, text: null }, values); redraw(); };
    call("GET", `/api/runs/${run.id}/${name}`).then((text) => read({ text }), (error) => read(error.status === 404 ? { none: true } : { error }));
  }
  if (kept.error) return failure(kept.error.message, () => { kept.of = null; redraw(); });
  if (kept.none || kept.text === "") return empty(ENDED.has(run.state) ? `The run has kept no ${name}.` : `There is no ${name} yet. It is kept when an attempt ends.`);
  if (kept.text === undefined || kept.text === null) return loading();
  if (kept.drawnOf !== kept.text) Object.assign(kept, { drawnOf: kept.text, drawn: name === "diff" ? drawDiff(kept.text) : drawLog(kept.text) });
  return kept.drawn;
}

const drawDiff = (text) => h("div", { class: "files" }, filesOf(text).map((file, i) => h("details", { key: i, open: file.lines.length < 800 },
  h("summary", {}, h("code", {}, file.name), h("span", { class: "counts" }, h("ins", {}, `+${file.plus}`), " ", h("del", {}, `−${file.minus}`))), drawLines(file.lines))));

const drawLog = (text) => h("pre", { tabindex: 0 }, text.length > LOG_AT_MOST ? `… ${(text.length - LOG_AT_MOST).toLocaleString()} characters before\n` : "", text.slice(-LOG_AT_MOST));
