// The board with its four columns, and the panel of one task. Above: `app`. Below: `run`, `state`, `acts`.

import { act, ask, choice, field } from "./acts.js";
import { call } from "./api.js";
import { ago, button, empty, failure, h, many, mark, redraw } from "./dom.js";
import { drawRun } from "./run.js";
import { keep, latestRuns, runsOf, standing, state } from "./state.js";

const COLUMNS = ["todo", "in_progress", "in_review", "done"];
const STATUSES = [["todo", "To Do"], ["in_progress", "In Progress"], ["in_review", "In Review"], ["done", "Done"], ["blocked", "Blocked"]];
const PRIORITIES = [["critical", "Critical"], ["high", "High"], ["medium", "Medium"], ["low", "Low"]];
const RANK = Object.fromEntries(PRIORITIES.map(([name], i) => [name, i]));
const CARDS_AT_MOST = 200;
const all = new Set(); // columns that show more

const change = (task, changes) => act(async () => keep.task(await call("PATCH", `/api/tasks/${task.id}`, changes)));

export function newTask(project) {
  const projects = [...state.projects.values()].map((one) => [String(one.id), `${one.key} ${one.name}`]);
  ask("New task", [
    field("Title", h("input", { name: "title", required: true, maxlength: 500, autofocus: true })),
    field("Description", h("textarea", { name: "description", rows: 5 }), "What the agent is told beside the title."),
    field("Project", choice("project_id", projects, String(project ?? projects[0]?.[0]))),
    field("Priority", choice("priority", PRIORITIES, "medium")),
  ], "Create task", async (values) => {
    const wanted = { ...values, project_id: Number(values.project_id), description: values.description || null };
    keep.task(await call("POST", "/api/tasks", wanted));
  });
}

export function drawBoard(filter) {
  const tasks = [...state.tasks.values()].filter((task) => !filter || task.project_id === filter);
  const runs = latestRuns();
  const projects = [["", "All projects"], ...[...state.projects.values()].map((one) => [String(one.id), `${one.key} ${one.name}`])];
  const page = (...rows) => h("div", { class: "page" }, rows);
  if (!state.projects.size) return page(h("h1", {}, "Board"),
    empty("There is no project yet. A project is a board and the repository that agents work in.", h("a", { class: "primary button", href: "#/projects/new" }, "New project")));
  if (filter && !state.projects.has(filter)) return page(h("h1", {}, "Board"), empty("This project is not there any more.", h("a", { class: "button", href: "#/board" }, "All projects")));
  return page(
    h("div", { class: "row head" }, h("h1", {}, "Board"),
      choice("filter", projects, String(filter ?? ""), { "aria-label": "Project", onchange: (e) => (location.hash = `#/board/${e.target.value}`) }),
      button("New task", () => newTask(filter), { class: "primary" })),
    !tasks.length && empty("There is no task here yet.", button("New task", () => newTask(filter))),
    tasks.length > 0 && h("div", { class: "columns" }, COLUMNS.map((status) => drawColumn(status, tasks, runs))));
}

function drawColumn(status, tasks, runs) {
  const mine = tasks.filter((task) => task.status === status || (status === "todo" && task.status === "blocked"))
    .sort((a, b) => RANK[a.priority] - RANK[b.priority] || a.id - b.id);
  const shown = all.has(status) ? mine : mine.slice(0, CARDS_AT_MOST);
  const drop = (event) => {
    event.preventDefault();
    const task = state.tasks.get(Number(event.dataTransfer.getData("text/plain")));
    if (task && task.status !== status) change(task, { status });
  };
  const name = STATUSES.find(([value]) => value === status)[1];
  return h("section", { key: status, class: "column", "aria-label": `${name}, ${mine.length}`, ondragover: (e) => e.preventDefault(), ondrop: drop },
    h("h2", {}, mark(status), h("span", { class: "dim" }, mine.length)),
    h("ul", {}, shown.map((task) => drawCard(task, runs.get(task.id)))),
    mine.length > shown.length && button(`Show ${mine.length - shown.length} more`, () => { all.add(status); redraw(); }));
}

const moving = (task) => choice("status", STATUSES, task.status, { "aria-label": `Move ${task.key}`, title: "Move to…",
  onchange: async ({ target }) => { await change(task, { status: target.value }); target.value = state.tasks.get(task.id)?.status; } });

function drawCard(task, run) {
  return h("li", { key: task.id, class: "card", draggable: true, ondragstart: (e) => e.dataTransfer.setData("text/plain", String(task.id)) },
    h("div", { class: "row" }, h("span", { class: "dim" }, task.key), mark(task.priority), task.status === "blocked" && mark("blocked")),
    h("a", { class: "title", href: `#/task/${task.id}`, draggable: false }, task.title),
    h("div", { class: "row" },
      run ? h("a", { href: `#/run/${run.id}`, draggable: false }, mark(standing(run))) : h("span", { class: "dim" }, "No run yet"),
      run && h("span", { class: "dim" }, run.agent), moving(task)));
}

// ── the panel of one task ───────────────────────────────────────────────────────────────────────────────────────────

export function drawTask(id, back) {
  const task = state.tasks.get(id);
  const top = h("div", { class: "row head" }, h("span", { class: "dim" }, task?.key), h("a", { class: "button close", href: back, "aria-label": "Close the task" }, "Close"));
  if (!task) return h("div", { class: "page" }, top, failure("This task is not there, or not any more."));
  const [run, ...earlier] = runsOf(id);
  const edit = () => ask(`Change ${task.key}`, [
    field("Title", h("input", { name: "title", required: true, maxlength: 500, value: task.title })),
    field("Description", h("textarea", { name: "description", rows: 8, value: task.description ?? "" })),
    field("Priority", choice("priority", PRIORITIES, task.priority)),
  ], "Save", async (values) => keep.task(await call("PATCH", `/api/tasks/${id}`, { ...values, description: values.description || null })));
  const remove = () => ask(`Delete ${task.key}?`, [h("p", {}, `“${task.title}” and its ${many(runsOf(id).length, "run")} will be gone. What is at work is stopped.`)], "Delete task",
    async () => { await call("DELETE", `/api/tasks/${id}`); location.hash = back; }, true);
  return h("div", { class: "page", key: `task ${id}` }, top,
    h("h1", {}, task.title),
    h("dl", { class: "facts" },
      h("dt", {}, "Status"), h("dd", {}, moving(task)), h("dt", {}, "Priority"), h("dd", {}, mark(task.priority)),
      h("dt", {}, "Project"), h("dd", {}, state.projects.get(task.project_id)?.name), h("dt", {}, "Created"), h("dd", {}, ago(task.created_at)),
      task.github_branch_name && [h("dt", { key: "b" }, "Branch"), h("dd", { key: "branch" }, h("code", {}, task.github_branch_name))],
      task.github_pr_url && [h("dt", { key: "p" }, "Pull request"),
        h("dd", { key: "pr" }, h("a", { href: task.github_pr_url, rel: "noopener noreferrer", target: "_blank" }, task.github_pr_url))]),
    h("p", { class: "words" }, task.description || h("span", { class: "dim" }, "No description.")),
    h("div", { class: "row" }, button("Edit", edit), button("Delete", remove)),
    h("h2", {}, "Start a run"), drawStart(task),
    run && [h("h2", { key: "h" }, "Latest run ", h("a", { href: `#/run/${run.id}` }, "Open")), h("div", { key: run.id }, drawRun(run))],
    earlier.length > 0 && [h("h2", { key: "e" }, "Earlier runs"), h("ul", { key: "l", class: "lines" }, earlier.map((one) =>
      h("li", { key: one.id }, h("a", { href: `#/run/${one.id}` }, mark(standing(one)), ` #${one.number} ${one.agent}`), " ", ago(one.created_at))))]);
}

function drawStart(task) {
  const able = state.agents.filter((agent) => agent.available).map((agent) => agent.agent_type);
  const agents = state.agents.map(({ agent_type: name, available, metadata }) => [name, available ? name : `${name}: not available. ${metadata?.why ?? ""}`.slice(0, 90), !available]);
  const begin = (event) => {
    event.preventDefault();
    const { agent, prompt } = Object.fromEntries(new FormData(event.target));
    act(async () => keep.run(await call("POST", "/api/runs", { agent, prompt, task_id: task.id })));
  };
  if (!able.length) return empty("No agent is available.", h("a", { class: "button", href: "#/agents" }, "See why"));
  return h("form", { class: "start", key: "start", onsubmit: begin },
    field("Agent", choice("agent", agents, able.includes(task.assigned_agent_type) ? task.assigned_agent_type : able[0])),
    field("Prompt", h("textarea", { name: "prompt", rows: 4, required: true, value: [task.title, task.description].filter(Boolean).join("\n\n") })),
    h("button", { class: "primary" }, "Start run"));
}
