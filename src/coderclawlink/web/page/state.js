// All that the page knows, and the one place where it learns: `load` reads how things stand, `learn` lets one event of the
// live stream change it. Views above only read it. Below: `api` and `dom`.

import { call } from "./api.js";
import { redraw } from "./dom.js";
import { timeline } from "./timeline.js";

const RUNS_AT_START = 500;
const AGAIN_SECONDS = 5;
export const ENDED = new Set(["completed", "failed", "cancelled"]);
export const state = {
  ready: false,
  error: null, // why the first look did not work
  projects: new Map(),
  tasks: new Map(),
  runs: new Map(), // by id; those that were looked at closely have `attempts`, `questions`, `usage` too
  agents: [],
  nodes: [],
  open: null, // the run whose page is shown: { id, timeline, error, loading }
};

const put = (map, rows) => rows.forEach((row) => map.set(row.id, { ...map.get(row.id), ...row }));

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// While something is read, what the live stream tells waits, and is told after: it may be newer than what was read, and
// never the other way round.
let held = null;
const readings = [];

async function reading(read) {
  readings.push(read);
  if (held) return;
  held = [];
  while (readings.length) await readings.shift()();
  const waiting = held;
  held = null;
  waiting.forEach(learn);
  redraw();
}

/** Read how everything stands now. */
export const load = () => reading(async () => {
  try {
    const [projects, tasks, runs] = await Promise.all([call("GET", "/api/projects"), call("GET", "/api/tasks"), call("GET", `/api/runs?limit=${RUNS_AT_START}`), readNodes()]);
    for (const [map, rows] of [[state.projects, projects], [state.tasks, tasks], [state.runs, runs]]) {
      map.clear();
      put(map, rows);
    }
    Object.assign(state, { ready: true, error: null });
  } catch (error) {
    state.error = error.message;
  }
});

async function readNodes() {
  [state.agents, state.nodes] = await Promise.all([call("GET", "/api/runtime/agents"), call("GET", "/api/nodes")]);
  state.agents.sort((a, b) => b.available - a.available);
}

/** Do one reading. When it fails, all is read again soon; but what is not there any more is no failure. */
const lookAgain = (read) => reading(() => read().catch((error) => error.status !== 404 && setTimeout(load, AGAIN_SECONDS * 1000)));
const lookAt = (map, path) => lookAgain(async () => put(map, [].concat(await call("GET", path))));
export const lookAtNodes = () => lookAgain(readNodes);
export const lookAtRunsOf = (task) => lookAt(state.runs, `/api/runs?task_id=${task}`);

export const keep = {
  project: (row) => put(state.projects, [row]),
  task: (row) => put(state.tasks, [row]),
  run: (row) => put(state.runs, [row]),
};

/** The latest run of each task. */
export function latestRuns() {
  const latest = new Map();
  for (const run of state.runs.values()) if (run.task_id && !(latest.get(run.task_id)?.number > run.number)) latest.set(run.task_id, run);
  return latest;
}

export const runsOf = (task) => [...state.runs.values()].filter((run) => run.task_id === task).sort((a, b) => b.number - a.number);
export const needsYou = (run) => run.state === "waiting" && ["approval", "question", "review"].includes(run.wait?.reason);
export const standing = (run) => (needsYou(run) ? "needs_you" : run.state);

function forget(map, gone) {
  for (const [id, row] of map) if (gone(row)) map.delete(id);
}

/** Let one event change what is known. Safe to do twice, and safe for what was read later than it happened. */
export function learn(event) {
  const { kind, project_id: project, task_id: task, run_id: id } = event;
  if (held) return held.push(event);
  if (id) return learnOfRun(event, id);
  switch (kind) {
    case "project.created": return lookAt(state.projects, `/api/projects/${project}`);
    case "project.changed": return state.projects.has(project) ? keep.project({ id: project, ...event.changes }) : lookAt(state.projects, `/api/projects/${project}`);
    case "project.deleted":
      state.projects.delete(project);
      forget(state.tasks, (row) => row.project_id === project);
      return forget(state.runs, (row) => row.project_id === project);
    case "task.created": return lookAt(state.tasks, `/api/tasks/${task}`);
    case "task.changed": return state.tasks.has(task) ? keep.task({ id: task, ...event.changes, updated_at: event.at }) : lookAt(state.tasks, `/api/tasks/${task}`);
    case "task.deleted":
      state.tasks.delete(task);
      return forget(state.runs, (row) => row.task_id === task);
    case "node.joined": case "node.left": return lookAtNodes();
  }
}

function learnOfRun(event, id) {
  if (state.open?.id === id) state.open.timeline.take(event);
  const run = state.runs.get(id);
  if (!run) return event.kind.startsWith("run.") ? lookAt(state.runs, `/api/runs/${id}`) : null;
  const changes = changesOf(run, event);
  if (changes) state.runs.set(id, { ...run, ...changes });
}

function changesOf(run, event) {
  const attempts = run.attempts ?? [];
  const attempt = (values) => {
    const before = attempts.find((one) => one.number === event.attempt);
    const others = attempts.filter((one) => one !== before);
    return [...others, { ...before, number: event.attempt, ...values }].sort((a, b) => a.number - b.number);
  };
  const end = (ended) => ({ state: ended, wait: null, may_cancel: false, ended_at: event.at });
  switch (event.kind) {
    case "attempt.offered": return { state: "pending", wait: null, attempt: event.attempt, attempts: attempt({ state: "queued" }) };
    case "attempt.placed": return { state: "planning", wait: null, attempts: attempt({ state: "placed", node: event.node, placed_at: event.at }) };
    case "attempt.started": return { attempts: attempt({ state: "running", started_at: event.at, agent_version: event.agent_version, sandbox: event.sandbox, model: event.model }) };
    case "attempt.ended": return { attempts: attempt({ state: "ended", ended_at: event.at, outcome: event.outcome, error: event.error }) };
    case "attempt.lost": return { attempts: attempt({ state: "ended", ended_at: event.at, outcome: "lost" }) };
    case "run.started": return { state: "running", wait: null, started_at: run.started_at ?? event.at };
    case "run.resumed": return { state: "running", wait: null };
    case "run.waiting": return { state: "waiting", wait: { reason: event.reason, who: event.who, until: event.until } };
    case "run.completed": return { ...end("completed"), result: event.result, head: event.head ?? run.head };
    case "run.failed": return { ...end("failed"), error: event.error };
    case "run.cancelled": return end("cancelled");
    case "work.committed": return { head: event.head, base: event.base, branch: event.branch, files: event.files, additions: event.additions, deletions: event.deletions };
    case "artifact.kept": return { kept: (run.kept ?? 0) + 1 };
    case "agent.title": return { title: event.title };
    case "agent.usage": return { usage: event };
    case "question.asked": return { questions: [...(run.questions ?? []).filter((one) => one.id !== event.question), { ...event, id: event.question, is_open: true, asked_at: event.at }] };
    case "question.answered": return { questions: (run.questions ?? []).map((one) => (one.id === event.question ? { ...one, is_open: false, option: event.option } : one)) };
  }
}

// ── the run whose page is open ──────────────────────────────────────────────────────────────────────────────────────

export function openRun(id) {
  state.open = id && { id, timeline: timeline(), loading: true, error: null };
  catchUp();
}

/** Read what the open run's history has beyond what is shown. */
export const catchUp = () => state.open && reading(async () => {
  const open = state.open;
  if (!open) return;
  try {
    keep.run(await call("GET", `/api/runs/${open.id}`));
    for (let after = open.timeline.last; after !== null && state.open === open; ) {
      const page = await call("GET", `/api/runs/${open.id}/events?after=${after}&limit=2000`);
      page.events.forEach(open.timeline.take);
      after = page.next;
    }
    open.error = null;
  } catch (error) {
    open.error = error;
  }
  open.loading = false;
});
