// The page: its shell, its addresses, and what joins the live stream to the state. Stands above everything else.
//
//     #/board[/PROJECT]   #/task/ID   #/run/UUID   #/projects[/new]   #/runs   #/agents   #/nodes

import { acts, drawDialog, drawNotice } from "./acts.js";
import { drawBoard, drawTask } from "./board.js";
import { button, draw, failure, h, icon, loading, redraw, start } from "./dom.js";
import { drawAgents, drawNodes, drawProjects, drawRuns, newProject } from "./lists.js";
import { listen } from "./live.js";
import { drawRun, tick } from "./run.js";
import { catchUp, ENDED, learn, load, lookAtNodes, lookAtRunsOf, needsYou, openRun, runsOf, state } from "./state.js";

const PLACES = [["board", "Board", "board"], ["projects", "Projects", "folder"], ["runs", "Runs", "play"], ["agents", "Agents", "robot"], ["nodes", "Nodes", "server"]];
const NEAR_END = 60; // pixels
const root = document.getElementById("app");
const place = { name: "board", argument: "", filter: null };
let offlineSince = 0;

const live = listen({
  wanted: () => (state.open ? [state.open.id] : []),
  learn,
  resumed: (anew) => {
    if (anew || !state.ready) load();
    if (place.name === "task") lookAtRunsOf(taskHere());
    catchUp();
  },
  changed: () => {
    if (live?.status === "offline" && !state.ready && !state.error) load(); // it says why
    redraw();
  },
});

const taskHere = () => Number.parseInt(place.argument, 10) || 0;

function go() {
  const [, name, argument] = location.hash.split("/");
  Object.assign(place, { name: name || "board", argument: argument ?? "" });
  if (place.name === "board") place.filter = Number(place.argument) || null;
  if (place.name === "task") lookAtRunsOf(taskHere());
  if (["task", "agents", "nodes"].includes(place.name)) lookAtNodes();
  if (place.name === "projects" && place.argument === "new") {
    history.replaceState(null, "", "#/projects");
    newProject();
  }
  redraw();
}

/** The run that is shown closely: the one of the address, or the latest one of its task. */
function follow() {
  const id = place.name === "run" ? place.argument.toLowerCase() : place.name === "task" ? runsOf(taskHere())[0]?.id : null;
  if ((state.open?.id ?? null) === (id ?? null)) return;
  openRun(id ?? null);
  if (state.open) state.open.follows = place.name === "run";
  live.subscribe();
}

function view() {
  if (state.error && !state.ready) return failure(state.error, load);
  if (!state.ready) return loading();
  switch (place.name) {
    case "projects": return drawProjects();
    case "runs": return drawRuns();
    case "agents": return drawAgents();
    case "nodes": return drawNodes();
    case "run": return drawRunPage(place.argument.toLowerCase());
    default: return drawBoard(place.filter);
  }
}

function drawRunPage(id) {
  const run = state.runs.get(id);
  const task = run && state.tasks.get(run.task_id);
  return h("div", { class: "page", key: id },
    h("div", { class: "row head" }, task ? h("a", { href: `#/task/${task.id}` }, task.key) : h("a", { href: "#/runs" }, "Runs"), run && h("span", { class: "dim" }, `Run ${run.number}`)),
    run && h("h1", {}, task?.title ?? run.title),
    drawRun(run ?? { id }));
}

function paint() {
  if (state.ready) follow();
  const yours = [...state.runs.values()].filter(needsYou).length;
  const panel = state.ready && place.name === "task";
  const back = place.filter ? `#/board/${place.filter}` : "#/board";
  const run = state.open && state.runs.get(state.open.id);
  if (live.status === "offline") offlineSince ||= Date.now();
  else offlineSince = 0;
  draw(root, h("div", {},
    h("nav", { "aria-label": "Places" }, h("a", { class: "brand", href: "#/board" }, "coderClawLink"), PLACES.map(([name, label, shape]) =>
      h("a", { key: name, href: name === "board" ? back : `#/${name}`, "aria-current": (place.name === name || (name === "board" && panel)) && "page" },
        icon(shape), label, name === "runs" && yours > 0 && h("span", { class: "count", title: `${yours} need you` }, yours)))),
    h("main", { class: panel ? "both" : "" },
      h("div", { class: "view", tabindex: -1, onscroll: scrolled }, view()),
      panel && h("section", { class: "view panel", "aria-label": "Task", tabindex: -1, onscroll: scrolled }, drawTask(taskHere(), back))),
    offlineSince > 0 && h("div", { class: "offline", role: "status" }, h("p", {}, "Offline: the hub does not answer. What is shown may be old. Reconnecting…"), button("Try now", live.connect)),
    acts.notice && drawNotice(),
    acts.dialog && drawDialog()).children);
  const scroller = root.querySelector(panel ? ".panel" : ".view");
  if (place.came) {
    place.came = false;
    scroller.scrollTo(0, 0);
    scroller.focus();
  }
  if (run && state.open.follows && !ENDED.has(run.state) && !state.open.loading) scroller.scrollTop = scroller.scrollHeight;
  document.title = [yours ? `(${yours})` : "", panel ? state.tasks.get(taskHere())?.key : "", "coderClawLink"].filter(Boolean).join(" ");
  if (state.ready) document.documentElement.dataset.ready = "";
}

/** Who scrolls away from the end is left in peace; who returns to it follows again. */
function scrolled({ target }) {
  if (state.open) state.open.follows = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_END;
}

addEventListener("hashchange", () => {
  const before = place.name;
  go();
  place.came = place.name !== "board" || before !== "board"; // another filter of the board is no other place
});
setInterval(tick, 1000);
go();
start(paint);
