// What people do: one thing at a time, with its failure told in words, and the dialogs that ask before. Above: the views.

import { button, h, redraw } from "./dom.js";

export const acts = { dialog: null, notice: null, count: 0 };

/** Do it; what goes wrong is told at the foot of the page. Returns what it returned, or undefined. */
export async function act(what) {
  try {
    acts.notice = null;
    return await what();
  } catch (error) {
    acts.notice = error.message;
  } finally {
    redraw();
  }
}

/** Ask for `fields` by a dialog and hand their values to `done`; what that throws is told inside, and the dialog stays. */
export function ask(title, fields, label, done, danger) {
  acts.dialog = { title, fields, label, done, danger, error: null, busy: false, key: ++acts.count };
  redraw();
}

const close = () => {
  acts.dialog = null;
  redraw();
};

async function submit(event) {
  event.preventDefault();
  const dialog = acts.dialog;
  if (dialog.busy) return;
  Object.assign(dialog, { busy: true, error: null });
  redraw();
  try {
    await dialog.done(Object.fromEntries(new FormData(event.target)));
    if (acts.dialog === dialog) acts.dialog = null;
  } catch (error) {
    Object.assign(dialog, { busy: false, error: error.message });
  }
  redraw();
}

export function drawDialog() {
  const { title, fields, label, danger, error, busy, key } = acts.dialog;
  return h("dialog", { key: `dialog ${key}`, "aria-labelledby": "dialog-title", shown: (node) => node.showModal(), onclose: close },
    h("form", { onsubmit: submit },
      h("h2", { id: "dialog-title" }, title), fields,
      error && h("p", { class: "bad", role: "alert" }, error),
      h("div", { class: "row end" }, button("Cancel", close, { autofocus: danger }), h("button", { class: danger ? "danger" : "primary", disabled: busy }, label))));
}

export const drawNotice = () => h("div", { class: "notice", role: "alert" }, h("p", {}, acts.notice), button("Close", () => act(() => {})));

export const field = (label, control, hint) => h("div", { class: "field" }, h("label", {}, h("span", {}, label), control), hint && h("small", {}, hint));
export const choice = (name, values, chosen, props) => h("select", { name, value: chosen, ...props },
  values.map(([value, label, disabled]) => h("option", { key: value, value, disabled }, label)));
