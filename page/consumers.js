// Who shares the feed's work: how far each is, and telling it where to go on.

import { ask, base, part, post } from "./api.js";
import { isBehind } from "./attention.js";
import { badge, button, empty, facts, field, h, mono, submit, theirs, trouble, waiting } from "./dom.js";
import { sure } from "./dialog.js";
import { ago, count, moment, span } from "./format.js";
import { say } from "./say.js";

const EVERY_SECONDS = 5;

/** Where a seek can go; what is asked for beside it, and its hint. */
const PLACES = {
  earliest: ["The oldest event kept"],
  latest: ["Past the newest event"],
  id: ["After an event", "text", "The id of the event before the one that is to come next."],
  time: ["A time", "datetime-local", "What was appended from then on; in this browser’s time."],
};

/** What its filter lets through. */
const takes = (one) => {
  const filters = ["types", "sources"].filter((name) => one[name]?.length > 0);
  return filters.length > 0 ? filters.map((name) => [theirs(`${name} ${one[name].join(", ")}`), " "]) : "everything";
};

const about = (one) => facts(
  ["Behind", count(one.lag, "event")],
  ["Leases", count(one.leases, "event") + " handed out"],
  ["Oldest not acknowledged", one.oldest_unacknowledged_seconds != null && `${span(one.oldest_unacknowledged_seconds)} old`],
  ["Position", mono(one.position)],
  ["Generation", String(one.generation)],
  ["Takes", takes(one)],
  ["Attempts", one.max_attempts && `${one.max_attempts} at most`],
  ["Lost to retention", one.gap && h("span", { class: "bad" }, mono(one.gap.from), " to ", mono(one.gap.to))],
  ["Made", one.created_at && h("time", { datetime: one.created_at }, moment(one.created_at))],
  ["Last claim", one.claimed_at && h("time", { datetime: one.claimed_at }, ago(one.claimed_at))]);

/** @param {import("./visit.js").Visit} visit */
export default function view(visit) {
  const path = `${base(visit.route.feed)}/consumers`;
  const state = { list: null, error: null, seeking: null, place: "earliest", refused: null };

  const load = async () => {
    try {
      state.list = (await ask(path, { signal: visit.signal })).consumers;
      state.error = null;
    } catch (error) {
      if (visit.signal.aborted) return;
      state.error = error;
    }
    draw();
  };
  const act = async (work) => {
    try {
      await work();
      Object.assign(state, { refused: null, seeking: null });
      await load();
    } catch (error) {
      if (visit.signal.aborted) return;
      state.refused = error;
      draw();
    }
  };

  const seek = (name) => (event) => {
    event.preventDefault();
    const given = event.target.elements.where?.value.trim();
    const to = { id: given, time: state.place === "time" && given ? new Date(given).toISOString() : "" }[state.place] ?? state.place;
    act(async () => {
      const { position } = await post(`${path}/${part(name)}/seek`, { to }, { signal: visit.signal });
      say(`${name} goes on after ${position}.`);
    });
  };
  const remove = (name) => async () => {
    if (!(await sure("Delete the consumer?", ["What ", theirs(name), " holds is given up, and its position is forgotten. A claim under the name makes a new one."], "Delete"))) return;
    act(async () => {
      await ask(`${path}/${part(name)}`, { method: "DELETE", signal: visit.signal });
      say(`${name} is deleted.`);
    });
  };
  const toggle = (name) => () => {
    Object.assign(state, { seeking: state.seeking === name ? null : name, place: "earliest", refused: null });
    draw();
  };

  const form = (name) => {
    const [, type, hint] = PLACES[state.place];
    return h("form", { class: "form", onSubmit: seek(name), "aria-label": `Seek ${name}` },
      field("Go on from", h("select", { name: "place", value: state.place, onChange: ({ target }) => ((state.place = target.value), draw()) },
        Object.entries(PLACES).map(([place, [words]]) => h("option", { key: place, value: place }, words)))),
      type && field(state.place === "id" ? "Id" : "Time", h("input", { name: "where", key: type, type, required: true, step: type === "text" ? undefined : 1, autocomplete: "off" }), hint),
      trouble(state.refused),
      h("p", { class: "actions" }, submit("Seek"), " ", button("Cancel", toggle(name))));
  };
  const row = (one) => h("li", { key: one.name, class: "card" },
    h("div", { class: "name" }, h("h2", null, theirs(one.name)),
      h("span", null, badge(one.mode), " ", isBehind(one) ? badge("behind", "warn") : badge("keeps up", "good"))),
    about(one),
    state.seeking === one.name ? form(one.name) : h("p", { class: "actions" },
      button("Seek", toggle(one.name), { "aria-label": `Seek ${one.name}` }), " ",
      button("Delete", remove(one.name), { class: "danger", "aria-label": `Delete ${one.name}` })));

  const draw = () => visit.draw("Consumers", trouble(state.error), !state.seeking && trouble(state.refused),
    state.list ? (state.list.length > 0 ? h("ul", { class: "stack" }, state.list.map(row))
      : empty("Nobody shares this feed yet. The first claim under a name makes a consumer.")) : !state.error && waiting());
  draw();
  return visit.every(EVERY_SECONDS, load);
}
