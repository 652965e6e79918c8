// A subscription's deliveries, newest first: each with its attempts on demand, and sent once more.

import { ask, part, post } from "./api.js";
import { attempts, state as stateOf } from "./attempts.js";
import { button, empty, h, mono, theirs, trouble } from "./dom.js";
import { count, moment } from "./format.js";
import { older } from "./older.js";
import { to } from "./routes.js";
import { say } from "./say.js";

const STATUSES = [["", "all"], ["pending", "pending"], ["delivered", "delivered"], ["failed", "failed"]];

/** @param {string} feed @param {string} path of the subscription @param {import("./visit.js").Visit} visit @param {() => void} draw */
export function deliveriesOf(feed, path, visit, draw) {
  const { signal } = visit;
  const state = { rows: new Map(), status: "", newest: "", position: "", end: true, open: new Map(), error: null };

  /** The page that ends at a position. */
  const page = async (end) => {
    const filters = new URLSearchParams(state.status ? { status: state.status } : {});
    const earliest = end.replace(/\d+$/, "0000000000000001");
    const { found, ...where } = await older({ path: `${path}/deliveries`, list: "deliveries", filters, to: end, earliest, signal });
    for (const one of found) state.rows.set(one.id, one);
    return where;
  };
  /** What may have changed: the newest page, and whatever is open. @param {string} newest how far the subscription has read */
  const refresh = async (newest) => {
    state.newest = newest;
    const first = state.rows.size === 0;
    const where = await page(newest);
    if (first) Object.assign(state, where);
    for (const id of state.open.keys()) await look(id);
  };
  const look = async (id) => {
    const one = await ask(`${path}/deliveries/${part(id)}`, { signal }).catch((error) => error);
    if (state.open.has(id)) state.open.set(id, one);
    if (!(one instanceof Error) && state.rows.has(id)) state.rows.set(id, one);
  };
  const turn = async (work) => {
    try {
      await work();
      state.error = null;
    } catch (error) {
      if (signal.aborted) return;
      state.error = error;
    }
    draw();
  };

  const more = () => turn(async () => Object.assign(state, await page(state.position)));
  const toggle = (id) => turn(async () => {
    if (state.open.delete(id)) return;
    state.open.set(id, null);
    await look(id);
  });
  const choose = ({ target }) => turn(async () => {
    Object.assign(state, { status: target.value, rows: new Map(), open: new Map() });
    await refresh(state.newest);
  });
  const replay = (id) => () => turn(async () => {
    await post(`${path}/deliveries/${part(id)}/replay`, undefined, { signal });
    say("Replaying.");
    await refresh(state.newest);
  });
  const replayFailed = () => turn(async () => {
    const { deliveries } = await post(`${path}/replay`, { failed: true }, { signal });
    say(`Replaying ${count(deliveries, "delivery", "deliveries")}.`);
    await refresh(state.newest);
  });

  const row = (delivery) => {
    const { id, event } = delivery;
    const open = state.open.has(id);
    const full = state.open.get(id);
    const at = delivery.settled_at ?? delivery.next_attempt_at;
    return h("li", { key: id, class: "card" },
      h("div", { class: "name" },
        h("span", null, h("a", { href: to(feed, "events", id) }, mono(id)), " ", theirs(event, { class: "faint" })),
        stateOf(delivery)),
      h("p", { class: "faint" }, count(delivery.attempts, "attempt"), at && [delivery.settled_at ? " · " : " · next ", h("time", { datetime: at }, moment(at))]),
      open && full && (full instanceof Error ? trouble(full) : attempts(full)),
      h("p", { class: "actions" },
        button(open ? "Hide attempts" : "Attempts", () => toggle(id), { "aria-expanded": open, "aria-label": `${open ? "Hide attempts" : "Attempts"} at ${id}` }), " ",
        button("Replay", replay(id), { "aria-label": `Replay ${id}` })));
  };

  const render = () => {
    const rows = [...state.rows.values()].filter(({ status }) => !state.status || status === state.status);
    rows.sort((a, b) => (a.id < b.id ? 1 : -1));
    return [
      h("div", { class: "bar" },
        h("label", { class: "inline" }, "Show ", h("select", { name: "status", value: state.status, onChange: choose },
          STATUSES.map(([value, words]) => h("option", { key: value, value }, words)))),
        button("Replay all that failed", replayFailed)),
      trouble(state.error),
      rows.length > 0 ? h("ul", { class: "stack" }, rows.map(row)) : empty("None."),
      !state.end && h("p", { class: "more" }, button("Older deliveries", more)),
    ];
  };
  return { refresh, render };
}
