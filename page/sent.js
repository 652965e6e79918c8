// Where an event was sent, and sending it once more.

import { attempts, state as stateOf } from "./attempts.js";
import { button, empty, h, theirs, trouble, waiting } from "./dom.js";
import { count } from "./format.js";
import { to } from "./routes.js";
import { say } from "./say.js";
import { deliveries, replay, subscriptions, takes } from "./targets.js";

/** So many are looked at without being asked for. */
const FIRST = 50;
const AGAIN_MS = 1_000;
/** For so long after a replay the page looks how it goes. */
const WATCHED_MS = 60_000;

/** A part of the event's view, which `draw`s anew whenever it has changed. */
export class Sent {
  #state = { targets: null, rows: [], chosen: new Set(), error: null, busy: false, shown: FIRST };

  /** @param {string} feed @param {any} event @param {AbortSignal} signal @param {() => void} draw */
  constructor(feed, event, signal, draw) {
    Object.assign(this, { feed, event, signal, draw });
  }

  async load() {
    const state = this.#state;
    try {
      state.targets ??= await subscriptions(this.feed, this.signal);
      state.rows = await deliveries(this.feed, state.targets.slice(0, state.shown), this.event.id, this.signal);
      state.error = null;
    } catch (error) {
      if (this.signal.aborted) return;
      state.error = error;
    }
    this.draw();
  }

  async #replay(targets) {
    const state = this.#state;
    if (state.busy || targets.length === 0) return;
    state.busy = true;
    this.draw();
    const failed = (await replay(this.feed, targets, this.event.id, this.signal)).filter((result) => result instanceof Error);
    state.busy = false;
    say(failed.length > 0 ? `${count(failed.length, "replay")} did not begin.` : `Replaying to ${count(targets.length, "subscription")}.`);
    state.chosen.clear();
    const until = performance.now() + WATCHED_MS;
    do {
      await this.load();
      [state.error] = failed;
      await new Promise((over) => setTimeout(over, AGAIN_MS));
    } while (!this.signal.aborted && performance.now() < until && state.rows.some((row) => row?.status === "pending"));
    this.draw();
  }

  #choose(id, on) {
    if (on) this.#state.chosen.add(id);
    else this.#state.chosen.delete(id);
    this.draw();
  }

  #row(target, delivery) {
    const { subscription_id: id, url, events } = target;
    const taken = takes(events, this.event.type);
    return h("li", { key: id, class: "card" },
      h("div", { class: "name" },
        h("label", { class: "choice" },
          h("input", { type: "checkbox", checked: this.#state.chosen.has(id), disabled: !taken, onChange: ({ target: box }) => this.#choose(id, box.checked) }),
          h("span", null, h("span", { class: "hidden" }, "Replay to "), theirs(url))),
        delivery && !(delivery instanceof Error) && stateOf(delivery)),
      delivery instanceof Error ? trouble(delivery)
        : delivery ? attempts(delivery)
        : h("p", { class: "faint" }, taken ? "Not sent: it is older than the subscription." : "Not sent: the subscription does not take its type."),
      h("p", { class: "actions" },
        button("Replay", () => this.#replay([target]), { busy: this.#state.busy, disabled: !taken, "aria-label": `Replay to ${url}` }), " ",
        h("a", { href: to(this.feed, "subscriptions", id) }, "Subscription")));
  }

  render() {
    const { targets, rows, chosen, error, busy, shown } = this.#state;
    if (!targets) return error ? trouble(error) : waiting();
    const able = targets.filter(({ events }) => takes(events, this.event.type));
    if (targets.length === 0) return empty("This feed pushes to nobody.");
    return [
      trouble(error),
      h("p", { class: "actions" },
        button(`Replay to the selected (${chosen.size})`, () => this.#replay(able.filter(({ subscription_id: id }) => chosen.has(id))), { busy, disabled: !busy && chosen.size === 0 }), " ",
        button(`Replay to all (${able.length})`, () => this.#replay(able), { busy, disabled: able.length === 0 })),
      h("ul", { class: "stack" }, targets.slice(0, shown).map((target, at) => this.#row(target, rows[at]))),
      targets.length > shown && button(`Show the other ${targets.length - shown}`, () => ((this.#state.shown = targets.length), this.load())),
    ];
  }
}
