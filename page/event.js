// One event: what came, how it was verified, and where it was sent.

import { ask, base, part, receiveUrl } from "./api.js";
import { bodyPath, fetchBody, show, ways } from "./body.js";
import { curl } from "./curl.js";
import { button, empty, facts, field, h, mono, section, theirs, trouble, waiting } from "./dom.js";
import { ago, bytes, moment } from "./format.js";
import { to } from "./routes.js";
import { copy } from "./say.js";
import { Sent } from "./sent.js";
import { verification, verified } from "./steps.js";

/** A part that is loaded by itself: what it is, or why it is not there. */
function loading(work, draw, signal) {
  const box = { value: null, error: null };
  work.then((value) => (box.value = value), (error) => (box.error = error)).finally(() => !signal.aborted && draw());
  return box;
}

const loaded = (box, shown) => (box.error ? trouble(box.error) : box.value ? shown(box.value) : waiting());

/** @param {import("./visit.js").Visit} visit */
export default async function view(visit) {
  const { feed, id } = visit.route;
  const { signal } = visit;
  visit.draw("Event", waiting());
  const event = await ask(`${base(feed)}/events/${part(id)}`, { signal });
  const state = { way: null, target: receiveUrl(event.source) };
  let ready = false;
  const draw = () => ready && visit.draw("Event", ...content());
  const body = loading(fetchBody(feed, id, signal), draw, signal);
  const steps = loading(verification(feed, id, signal), draw, signal);
  const sent = new Sent(feed, event, signal, draw);

  const command = () => curl({
    url: state.target, headers: event.headers, contentType: event.content_type, body: body.value,
    bodyUrl: location.origin + bodyPath(feed, id),
  });

  const content = () => [
    h("p", null, h("a", { href: to(feed, "events") }, "All events")),
    facts(
      ["Id", mono(event.id)], ["Source", theirs(event.source)], ["Type", event.type && theirs(event.type)],
      ["Provider’s id", mono(event.webhook_id)], ["Received", [h("time", { datetime: event.received_at }, moment(event.received_at)), ` (${ago(event.received_at)})`]],
      ["Content type", event.content_type && mono(event.content_type)], ["Size", bytes(event.size)]),
    section("Body",
      loaded(body, (value) => show(value, state.way ?? ways(value)[0], (way) => ((state.way = way), draw()))),
      h("p", { class: "actions" }, h("a", { class: "button", href: bodyPath(feed, id), download: "" }, "Download"))),
    section("Headers", Object.keys(event.headers).length > 0
      ? facts(...Object.entries(event.headers).map(([name, value]) => [theirs(name), value === "" ? h("span", { class: "faint" }, "empty") : mono(value)]))
      : empty("No header is kept.")),
    section("Verification", loaded(steps, verified)),
    section("Deliveries", sent.render()),
    section("Copy as curl",
      field("Send to", h("input", { name: "target", type: "url", value: state.target, spellcheck: false, onInput: ({ target }) => ((state.target = target.value), draw()) }),
        "Timestamps in the headers are as old as the event: the source itself may refuse them by now."),
      loaded(body, () => [
        h("pre", { class: "body short", tabindex: 0, role: "group", "aria-label": "Command" }, command()),
        h("p", { class: "actions" }, button("Copy", () => copy(command(), "Command"))),
      ])),
  ];
  ready = true;
  draw();
  await sent.load();
}
