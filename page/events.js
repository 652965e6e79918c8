// A feed's events: what comes, as it comes, and what was there before.

import { ask, base } from "./api.js";
import { badge, button, empty, field, h, theirs, trouble, waiting } from "./dom.js";
import { bytes, clock, count, number } from "./format.js";
import { known, learn } from "./known.js";
import { follow, LONG_AWAY_MS } from "./live.js";
import { older } from "./older.js";
import { to } from "./routes.js";
import { say } from "./say.js";

/** More rows than this nobody looks through. */
const MOST = 400;
/** What came is said no more often than this. */
const SAID_MS = 10_000;

/** `push, invoice.*` as the API takes them. */
function parameters(query) {
  const filters = new URLSearchParams();
  for (const name of ["source", "type"]) {
    const values = (query.get(name) ?? "").split(",").map((value) => value.trim()).filter(Boolean);
    for (const value of values) filters.append(name, value);
  }
  return filters;
}

const row = (feed, { id, received_at: at, source, type, webhook_id: webhook, size }, fresh) =>
  h("li", { key: id, class: fresh ? "fresh" : undefined },
    h("a", { class: "row", href: to(feed, "events", id) },
      h("time", { datetime: at }, clock(at)),
      h("span", { class: "what" }, theirs(type || "no type", { class: type ? "type" : "type faint" }), " ", theirs(source, { class: "faint" })),
      theirs(webhook, { class: "id" }),
      h("span", { class: "size" }, bytes(size))));

const STATES = { live: ["live", "good"], connecting: ["connecting", "warn"], lost: ["catching up", "warn"], stopped: ["stopped", "plain"] };

/** @param {import("./visit.js").Visit} visit */
export default function view(visit) {
  const { feed, query } = visit.route;
  const filters = parameters(query);
  const state = { events: [], fresh: new Set(), position: "", end: false, live: "connecting", on: true, error: null, busy: true, came: 0 };
  let stopped = new AbortController();
  let earliest = "";
  let newest = "";
  let saidAt = 0;
  let drawing = false;

  const soon = () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => ((drawing = false), draw()));
  };

  const came = (event) => {
    newest = event.id;
    if (state.events.some(({ id }) => id === event.id)) return;
    state.events.unshift(event);
    state.fresh.add(event.id);
    state.came += 1;
    if (state.events.length > MOST) {
      const [last] = state.events.splice(MOST);
      // What fell off comes back by "Older events".
      state.position = last.id;
      state.end = false;
    }
    if (performance.now() - saidAt > SAID_MS) {
      saidAt = performance.now();
      say(`${count(state.came, "event")} came.`);
      state.came = 0;
    }
    soon();
  };

  const listen = () => {
    stopped = new AbortController();
    follow({
      path: `${base(feed)}/stream`, since: newest, filters, signal: AbortSignal.any([visit.signal, stopped.signal]),
      onEvent: came,
      onState: (live, error) => {
        state.live = live;
        state.error = live === "connecting" ? error : null;
        if (live === "lost") begin();
        else soon();
      },
    }).catch((error) => visit.fail(error));
  };

  let stoppedAt = 0;
  const toggle = () => {
    state.on = !state.on;
    if (!state.on) {
      stopped.abort();
      stoppedAt = performance.now();
      state.live = "stopped";
    } else if (performance.now() - stoppedAt > LONG_AWAY_MS) begin();
    else listen();
    draw();
  };

  const more = async () => {
    state.busy = true;
    draw();
    try {
      const page = await older({ path: `${base(feed)}/events`, list: "events", filters, to: state.position, earliest, signal: visit.signal });
      const there = new Set(state.events.map(({ id }) => id));
      state.events.push(...page.found.filter(({ id }) => !there.has(id)));
      Object.assign(state, { position: page.position, end: page.end, error: null });
    } catch (error) {
      if (visit.signal.aborted) return;
      state.error = error;
    }
    state.busy = false;
    draw();
  };

  const filter = (event) => {
    event.preventDefault();
    const { source, type } = event.target.elements;
    const wanted = Object.entries({ source: source.value.trim(), type: type.value.trim() }).filter(([, value]) => value);
    location.hash = to(feed, "events", undefined, wanted.length > 0 ? wanted : undefined);
  };

  const draw = () => {
    const [word, tone] = STATES[state.live];
    visit.draw("Events",
      h("form", { class: "bar", onSubmit: filter, role: "search", "aria-label": "Filter" },
        field("Source", h("input", { name: "source", list: "sources", defaultValue: query.get("source") ?? "", autocomplete: "off", spellcheck: false, placeholder: "all" })),
        field("Type", h("input", { name: "type", defaultValue: query.get("type") ?? "", autocomplete: "off", spellcheck: false, placeholder: "all, or invoice.*" })),
        h("datalist", { id: "sources" }, known.sources.filter((one) => one.feed === feed).map(({ name }) => h("option", { key: name, value: name }))),
        h("button", { type: "submit" }, "Filter"),
        filters.size > 0 && h("a", { class: "button", href: to(feed, "events") }, "Show all"),
        h("span", { class: "push" }, badge(word, tone), " ", button(state.on ? "Stop" : "Go on", toggle, { "aria-label": state.on ? "Stop the live list" : "Go on with the live list" }))),
      trouble(state.error),
      state.events.length > 0
        ? h("ol", { class: "rows", "aria-label": "Events, newest first" }, state.events.map((event) => row(feed, event, state.fresh.has(event.id))))
        : state.busy ? waiting() : empty(filters.size > 0 ? "Nothing here passes the filter." : "No event is kept here yet. The next one shows up by itself."),
      h("p", { class: "more" }, state.end || !state.position
        ? state.events.length > 0 && h("span", { class: "faint" }, `${number(state.events.length)} shown. This is where the feed begins.`)
        : button(state.busy ? "Loading …" : "Older events", more, { busy: state.busy })));
  };

  /** From where the feed ends now. */
  const begin = async () => {
    Object.assign(state, { events: [], busy: true });
    draw();
    try {
      const overview = learn(await ask("/overview", { signal: visit.signal }));
      const there = overview.feeds.find(({ name }) => name === feed);
      if (!there || there.error) throw new Error(there ? `The feed ${feed} does not answer.` : `There is no feed ${feed}.`);
      newest = state.position = there.latest;
      earliest = there.earliest;
      listen();
      await more();
    } catch (error) {
      visit.fail(error);
    }
  };
  return begin();
}
