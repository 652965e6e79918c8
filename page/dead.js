// What could not become an event, or failed too often: chosen, and tried once more.

import { ask, base, each, part, post } from "./api.js";
import { badge, button, empty, facts, h, mono, theirs, trouble, waiting } from "./dom.js";
import { bytes, count, moment } from "./format.js";
import { to } from "./routes.js";
import { say } from "./say.js";

const AT_ONCE = 4;

/** Whose it is, in words. */
const origin = (feed, { consumer, subscription }) =>
  consumer != null ? ["Consumer", theirs(consumer)]
    : subscription != null ? ["Subscription", h("a", { href: to(feed, "subscriptions", subscription) }, mono(subscription))] : ["Origin", "the queue"];

const outcome = (result) => (result instanceof Error
  ? h("span", { class: "bad", role: "note" }, badge("not replayed", "bad"), " ", theirs(result.message))
  : badge(result.outcome ? `replayed: ${result.outcome}` : result.status ?? "replayed", "good"));

const letterRow = (feed, letter, { chosen, results }, choose, busy) => h("li", { key: letter.id, class: "card" },
  h("div", { class: "name" },
    h("label", { class: "choice" },
      h("input", { type: "checkbox", name: "letter", checked: chosen.has(letter.id), disabled: busy, onChange: ({ target }) => choose(letter.id, target.checked) }),
      h("span", null, theirs(letter.reason))),
    results.has(letter.id) && outcome(results.get(letter.id))),
  facts(
    ["When", h("time", { datetime: letter.at }, moment(letter.at))],
    origin(feed, letter),
    ["Attempts", String(letter.attempts)],
    ["Source", letter.source && theirs(letter.source)], ["Type", letter.type && theirs(letter.type)],
    ["Provider’s id", letter.webhook_id && mono(letter.webhook_id)],
    ["Size", letter.size != null && bytes(letter.size)],
    ["Event", letter.event && h("a", { href: to(feed, "events", letter.event) }, mono(letter.event))],
    ["Last answer", letter.last_response && [letter.last_response.status != null && mono(letter.last_response.status), " ", theirs(letter.last_response.error ?? "")]]),
  letter.last_response?.body && h("pre", { class: "body short", tabindex: 0, role: "group", "aria-label": "Last answer" }, theirs(letter.last_response.body)));

/** @param {import("./visit.js").Visit} visit */
export default function view(visit) {
  const { feed } = visit.route;
  const path = `${base(feed)}/dead-letters`;
  const state = { letters: null, next: null, chosen: new Set(), results: new Map(), error: null, done: 0, total: 0, busy: false };

  const load = async (after) => {
    try {
      const page = await ask(after ? `${path}?since_id=${part(after)}` : path, { signal: visit.signal });
      state.letters = after ? [...state.letters, ...page.dead_letters] : page.dead_letters;
      Object.assign(state, { next: page.next, error: null });
    } catch (error) {
      if (visit.signal.aborted) return;
      state.error = error;
    }
    draw();
  };

  const choose = (id, on) => {
    if (on) state.chosen.add(id);
    else state.chosen.delete(id);
    draw();
  };
  const open = () => state.letters.filter(({ id }) => !(state.results.has(id) && !(state.results.get(id) instanceof Error)));
  const all = ({ target }) => {
    state.chosen = new Set(target.checked ? open().map(({ id }) => id) : []);
    draw();
  };

  const replay = async () => {
    const ids = [...state.chosen];
    Object.assign(state, { busy: true, done: 0, total: ids.length });
    draw();
    const results = await each(ids, AT_ONCE, async (id) => {
      try {
        const result = await post(`${path}/${part(id)}/replay`, undefined, { signal: visit.signal });
        state.results.set(id, result);
        state.chosen.delete(id);
        return result;
      } catch (error) {
        state.results.set(id, error);
        throw error;
      } finally {
        state.done += 1;
        draw();
      }
    });
    if (visit.signal.aborted) return;
    const failed = results.filter((result) => result instanceof Error).length;
    state.busy = false;
    say(`${count(results.length - failed, "dead letter")} replayed${failed > 0 ? `, ${failed} not` : ""}.`);
    draw();
  };

  const list = () => {
    const { letters, chosen, busy, done, total, next } = state;
    if (letters.length === 0) return empty("No dead letter. What cannot be delivered, or fails too often, shows up here.");
    const able = open();
    const some = chosen.size > 0 && chosen.size < able.length;
    return [
      h("div", { class: "bar" },
        h("label", { class: "choice" },
          h("input", { type: "checkbox", name: "all", checked: able.length > 0 && chosen.size === able.length, indeterminate: some, disabled: busy || able.length === 0, onChange: all }),
          h("span", null, `Select all ${able.length}${next ? " shown" : ""}`)),
        button(busy ? "Replaying …" : `Replay ${count(chosen.size, "dead letter")}`, replay, { class: "main", busy, disabled: !busy && chosen.size === 0 }),
        total > 0 && h("span", { class: "progress" },
          h("progress", { max: total, value: done, "aria-label": "Replayed so far" }), ` ${done} of ${total}`)),
      h("ul", { class: "stack" }, letters.map((letter) => letterRow(feed, letter, state, choose, busy))),
      next && h("p", { class: "more" }, button("More", () => load(next))),
    ];
  };

  const draw = () => visit.draw("Dead letters", trouble(state.error), state.letters ? list() : !state.error && waiting());
  draw();
  return load();
}
