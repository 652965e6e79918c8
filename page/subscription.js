// One subscription: where it stands, what it can be told, and its deliveries.

import { ask, base, part, post } from "./api.js";
import { badge, button, facts, h, mono, section, theirs, trouble, waiting } from "./dom.js";
import { deliveriesOf } from "./deliveries.js";
import { once, sure } from "./dialog.js";
import { between, count, moment, number } from "./format.js";
import { to } from "./routes.js";
import { say } from "./say.js";
import { TONES } from "./status.js";

const EVERY_SECONDS = 5;

const when = (time) => time && h("time", { datetime: time }, moment(time));

const about = ({ subscription_id: id, url, status, events, format, ordered, max_in_flight: most, created_at: at, reason, position, latest, pending, gap, breaker, secrets }) => facts(
  ["State", [badge(status, TONES[status]), reason && [" ", theirs(reason)]]],
  ["Id", mono(id)],
  ["URL", theirs(url)],
  ["Events", theirs(events.join(", "))],
  ["Format", `${format === "raw" ? "the webhook’s own bytes" : "event"}, ${ordered ? "in order" : `up to ${most} at once`}`],
  ["Made", when(at)],
  ["Not read yet", count(Math.max(0, between(position, latest)), "event")],
  ["Pending", count(pending, "delivery", "deliveries")],
  ["Lost to retention", gap && h("span", { class: "bad" }, mono(gap.from), " to ", mono(gap.to))],
  ["Endpoint", breaker.state === "closed" && breaker.failures === 0 ? badge("well", "good")
    : [badge(breaker.state === "closed" ? "failing" : "held back", "warn"), ` ${count(breaker.failures, "failure")} in a row`, breaker.until && [", until ", when(breaker.until)]]],
  ["Secrets", secrets.map((one, at) => h("div", { key: at }, "made ", when(one.created_at), one.until && [", signs until ", when(one.until)]))]);

const tested = ({ status, response_status: code, error, duration_ms: took, response }) => h("div", { class: "result", role: "status" },
  badge(status, status === "delivered" ? "good" : "bad"), " ", code != null && mono(code), " ", error && theirs(error), ` in ${number(took)} ms`,
  response && h("pre", { class: "body short", tabindex: 0, role: "group", "aria-label": "Answer to the test" }, theirs(response)));

/** @param {import("./visit.js").Visit} visit */
export default function view(visit) {
  const { feed, id } = visit.route;
  const path = `${base(feed)}/webhooks/${part(id)}`;
  const state = { one: null, error: null, refused: null, busy: false, test: null };
  const list = deliveriesOf(feed, path, visit, () => draw());

  const load = async () => {
    try {
      state.one = await ask(path, { signal: visit.signal });
      state.error = null;
      await list.refresh(state.one.position);
    } catch (error) {
      if (visit.signal.aborted) return;
      state.error = error;
    }
    draw();
  };

  /** Something that is told to it; afterwards it is looked at again. */
  const act = (work) => () => visit.attempt(state, draw, async () => {
    await work();
    await load();
  });

  const test = act(async () => {
    state.test = null;
    state.test = await post(`${path}/test`, undefined, { signal: visit.signal });
  });
  const pause = act(async () => {
    const paused = state.one.status === "active";
    await ask(path, { method: "PATCH", body: { paused }, signal: visit.signal });
    say(paused ? "Paused." : "It goes on.");
  });
  const rotate = act(async () => {
    if (!(await sure("Rotate the secret?", "A new secret is made. The old ones go on signing for a day, so that the receiver can change over.", "Rotate"))) return;
    const { secret, old_secrets_until: until } = await post(`${path}/rotate`, {}, { signal: visit.signal });
    await once("The new secret", secret, ["It is not shown again. The old ones sign until ", when(until), "."]);
  });
  const remove = act(async () => {
    if (!(await sure("Delete the subscription?", ["Nothing more is sent to ", theirs(state.one.url), ", and what was pending is dropped."], "Delete"))) return;
    await ask(path, { method: "DELETE", signal: visit.signal });
    say("The subscription is deleted.");
    location.hash = to(feed, "subscriptions");
  });

  const content = () => [
    about(state.one),
    h("p", { class: "actions" },
      button("Send a test", test, { busy: state.busy }), " ",
      button(state.one.status === "active" ? "Pause" : "Resume", pause, { busy: state.busy }), " ",
      button("Rotate the secret", rotate, { busy: state.busy }), " ",
      button("Delete", remove, { class: "danger", busy: state.busy })),
    trouble(state.refused),
    state.test && tested(state.test),
    section("Deliveries", list.render()),
  ];
  const draw = () => visit.draw("Subscription",
    h("p", null, h("a", { href: to(feed, "subscriptions") }, "All subscriptions")),
    trouble(state.error), state.one ? content() : !state.error && waiting());
  draw();
  return visit.every(EVERY_SECONDS, load);
}
