// Projects, runs, agents and nodes, as lists. Above: `app`. Below: `state`, `acts`.

import { ask, field } from "./acts.js";
import { call } from "./api.js";
import { ago, button, empty, h, many, mark } from "./dom.js";
import { ENDED, keep, needsYou, standing, state } from "./state.js";

const RUNS_AT_MOST = 200;
const page = (title, action, ...rows) => h("div", { class: "page" }, h("div", { class: "row head" }, h("h1", {}, title), action), ...rows);

export function newProject() {
  ask("New project", [
    field("Name", h("input", { name: "name", required: true, maxlength: 255, autofocus: true })),
    field("Key", h("input", { name: "key", required: true, maxlength: 50, pattern: "[A-Za-z][A-Za-z0-9_]*", class: "key" }), "Begins its tasks' numbers: letters, digits and _."),
    field("Repository", h("input", { name: "github_repo_url" }), "Optional: https, ssh or git@ address, or an absolute path on the hub's machine."),
  ], "Create project", async (values) => {
    const made = await call("POST", "/api/projects", { ...values, github_repo_url: values.github_repo_url || null });
    keep.project(made);
    location.hash = `#/board/${made.id}`;
  });
}

export function drawProjects() {
  const create = button("New project", newProject, { class: "primary" });
  if (!state.projects.size) return page("Projects", null, empty("There is no project yet. A project is a board and the repository that agents work in.", create));
  return page("Projects", create, h("ul", { class: "cards" }, [...state.projects.values()].map((project) => {
    const tasks = [...state.tasks.values()].filter((task) => task.project_id === project.id);
    const runs = [...state.runs.values()].filter((run) => run.project_id === project.id && !ENDED.has(run.state));
    const yours = runs.filter(needsYou).length;
    const what = `“${project.name}” goes with its ${many(tasks.length, "task")} and their runs. What is at work is stopped. The repository stays.`;
    const remove = () => ask(`Delete project ${project.key}?`, [h("p", {}, what)], "Delete project", () => call("DELETE", `/api/projects/${project.id}`), true);
    return h("li", { key: project.id, class: "card" },
      h("div", { class: "row" }, h("span", { class: "dim" }, project.key), yours > 0 && mark("needs_you", `${yours} needs you`)),
      h("a", { class: "title", href: `#/board/${project.id}` }, project.name),
      project.description && h("p", { class: "words" }, project.description),
      h("p", { class: "dim" }, project.github_repo_url ?? "No repository: agents work in an empty folder."),
      h("div", { class: "row" },
        h("span", {}, `${tasks.filter((task) => task.status !== "done").length} open of ${many(tasks.length, "task")}, ${many(runs.length, "run")} under way`), button("Delete", remove, { "aria-label": `Delete ${project.key}` })));
  })));
}

export function drawRuns() {
  const runs = [...state.runs.values()].sort((a, b) => needsYou(b) - needsYou(a) || b.number - a.number).slice(0, RUNS_AT_MOST);
  if (!runs.length) return page("Runs", null, empty("Nothing has run yet. A run is started from a task.", h("a", { class: "button", href: "#/board" }, "Open the board")));
  return page("Runs", null, h("ul", { class: "lines" }, runs.map((run) => h("li", { key: run.id },
    mark(standing(run)), h("a", { href: `#/run/${run.id}` }, run.title || run.prompt), h("span", { class: "dim" }, run.agent), ago(run.created_at)))));
}

export function drawAgents() {
  return page("Agents", null, h("ul", { class: "lines" }, state.agents.map(({ name, available, description, metadata }) => h("li", { key: name },
    mark(available ? "available" : "missing"), h("strong", {}, name), metadata?.version && h("span", { class: "dim" }, metadata.version),
    h("p", {}, available ? description : metadata?.why ?? "It was not found."),
    available && metadata?.nodes.length > 0 && h("p", { class: "dim" }, `On ${metadata.nodes.join(", ")}`)))));
}

export function drawNodes() {
  if (!state.nodes.length) return page("Nodes", null, empty("No node has joined yet. `clawlink serve` starts one on its own machine; its log is node.log in the data directory.", null));
  return page("Nodes", null, h("ul", { class: "lines" }, state.nodes.map((node) => h("li", { key: node.name },
    mark(node.online ? "online" : "offline"), h("strong", {}, node.name), h("span", { class: "dim" }, `${node.at_work} of ${node.slots} places taken, agents contained by ${node.sandbox}`),
    h("p", {}, `Agents: ${node.agents.filter((one) => one.available).map((one) => one.name).join(", ") || "none available"}`),
    h("p", { class: "dim" }, "Last heard ", ago(node.seen_at))))));
}
