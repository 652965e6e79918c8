// Questions and secrets, in the browser's own dialog: it keeps the focus inside and gives it back.

import { session } from "./api.js";
import { button, h, mono, render } from "./dom.js";
import { copy } from "./say.js";

let made = 0;

/** Opens a dialog. What `content` gives is drawn in it; it is told how to close. @returns {Promise<string>} how it was closed */
function open(title, content) {
  const dialog = document.createElement("dialog");
  const id = `dialog-${(made += 1)}`;
  dialog.setAttribute("aria-labelledby", id);
  document.body.append(dialog);
  const close = (value) => dialog.close(value);
  render([h("h2", { id }, title), content(close)], dialog);
  const closed = new Promise((over) => dialog.addEventListener("close", () => {
    render(null, dialog);
    dialog.remove();
    over(dialog.returnValue);
  }));
  const over = new AbortController();
  for (const [target, type] of [[session, "over"], [window, "hashchange"]]) target.addEventListener(type, () => close(""), { signal: over.signal });
  closed.finally(() => over.abort());
  dialog.showModal();
  return closed;
}

/** Whether somebody means it. @param {string} title @param {any} words @param {string} action */
export async function sure(title, words, action) {
  const value = await open(title, (close) => h("div", null,
    h("p", null, words),
    h("p", { class: "actions" }, button("Cancel", () => close("")), " ", button(action, () => close("yes"), { class: "danger" }))));
  return value === "yes";
}

/** A secret that is never shown again. @param {string} title @param {string} secret @param {any} words */
export const once = (title, secret, words) => open(title, (close) => h("div", null,
  h("p", null, words),
  h("p", { class: "secret" }, mono(secret)),
  h("p", { class: "actions" }, button("Copy", () => copy(secret, "Secret"), { class: "main" }), " ", button("Done", () => close("")))));
