// What everything is drawn with. Preact makes elements and text nodes and nothing else of what it is given: there is
// no way from a payload to markup.

import { h } from "./preact.js";

export { Component, h, render } from "./preact.js";

/** A text of a provider's: whatever direction it is written in, it moves nothing around it. */
export const theirs = (text, props) => h("bdi", props, String(text ?? ""));

/** The same as code. */
export const mono = (text, props) => h("code", props, theirs(text));

/** A sentence of ours that has theirs between backticks. */
export const quoted = (text, props) => h("span", props, String(text).split("`").map((one, at) => (at % 2 === 1 ? mono(one, { key: at }) : theirs(one, { key: at }))));

/** A link out, where the URL is one of the web; else its text alone. */
export function webLink(url) {
  const { protocol } = URL.parse(url) ?? {};
  if (protocol !== "https:" && protocol !== "http:") return theirs(url);
  return h("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, theirs(url));
}

/** A list of names and values. Rows that are null are left out. */
export const facts = (...rows) =>
  h("dl", { class: "facts" }, rows.filter((row) => row && row[1] != null && row[1] !== "").map(([name, value], at) =>
    h("div", { key: at }, h("dt", null, name), h("dd", null, value))));

/** A state in a word, with a colour that repeats what the word says. */
export const badge = (word, tone = "plain") => h("span", { class: `badge ${tone}` }, String(word).replaceAll("_", " "));

/** A part of a view under its own heading. */
export const section = (title, ...children) => {
  const id = `h-${title.toLowerCase().replaceAll(/\W+/g, "-")}`;
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), ...children);
};

/** A labelled field of a form. */
export const field = (label, input, hint) => {
  const id = `f-${input.props.name}`;
  const described = hint ? { "aria-describedby": `${id}-hint` } : {};
  return h("div", { class: "field" },
    h("label", { for: id }, label),
    h(input.type, { ...input.props, ...described, id }),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint));
};

/** A button. While it is busy it keeps the focus, which a disabled one would lose. */
export const button = (label, onClick, { busy = false, ...props } = {}) =>
  h("button", { type: "button", onClick: busy ? undefined : onClick, "aria-disabled": busy || undefined, ...props }, label);

/** What sends a form, which its handler does not do while it is busy. */
export const submit = (label, busy) => h("button", { class: "main", type: "submit", "aria-disabled": busy || undefined }, label);

/** Why something failed, as the problem says. */
export const trouble = (error) => error && h("p", { class: "trouble", role: "alert" },
  h("strong", null, error.title ?? "It did not work"), " ", theirs(error.message),
  error.requestId && h("small", null, " Request ", mono(error.requestId)));

export const empty = (text) => h("p", { class: "empty" }, text);

/** Before anything is there. */
export const waiting = () => h("p", { class: "empty", "aria-busy": "true" }, "Loading …");
