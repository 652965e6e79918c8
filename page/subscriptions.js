// Who is pushed to, and a form for one more.

import { ask, base, post } from "./api.js";
import { badge, empty, field, h, section, submit, theirs, trouble, waiting } from "./dom.js";
import { once } from "./dialog.js";
import { moment } from "./format.js";
import { to } from "./routes.js";
import { TONES } from "./status.js";

const row = (feed, { subscription_id: id, url, status, events, format, ordered, created_at: at, reason }) => h("li", { key: id, class: "card" },
  h("div", { class: "name" }, h("a", { href: to(feed, "subscriptions", id) }, theirs(url)), badge(status, TONES[status])),
  h("p", { class: "faint" }, theirs(events.join(", ")), ` · ${format === "raw" ? "raw bytes" : "events"}${ordered ? ", in order" : ""} · since `,
    h("time", { datetime: at }, moment(at))),
  reason && h("p", { class: "bad" }, theirs(reason)));

/** @param {import("./visit.js").Visit} visit */
export default function view(visit) {
  const { feed } = visit.route;
  const path = `${base(feed)}/webhooks`;
  const state = { list: null, error: null, refused: null, busy: false };

  const load = async () => {
    try {
      state.list = (await ask(path, { signal: visit.signal })).subscriptions;
      state.error = null;
    } catch (error) {
      if (visit.signal.aborted) return;
      state.error = error;
    }
    draw();
  };

  const create = (event) => {
    event.preventDefault();
    const form = event.target;
    const { url, events, format, ordered } = form.elements;
    return visit.attempt(state, draw, async () => {
      const made = await post(`${path}/subscribe`, {
        url: url.value.trim(), events: events.value.split(",").map((one) => one.trim()).filter(Boolean),
        format: format.value, ordered: ordered.checked,
      }, { signal: visit.signal });
      form.reset();
      await once("The subscription’s secret", made.secret, "Give it to the receiver, which verifies with it. It is not shown again; rotating makes a new one.");
      await load();
    });
  };

  const draw = () => visit.draw("Subscriptions",
    trouble(state.error),
    state.list ? (state.list.length > 0 ? h("ul", { class: "stack" }, state.list.map((one) => row(feed, one))) : empty("Nothing is pushed yet."))
      : !state.error && waiting(),
    section("New subscription",
      h("form", { class: "card form", onSubmit: create },
        field("URL", h("input", { name: "url", type: "url", required: true, placeholder: "https://backend.example.com/hook", autocomplete: "off" }),
          "It is asked a signed question first, which it must answer with 2xx."),
        field("Events", h("input", { name: "events", defaultValue: "*", required: true, autocomplete: "off", spellcheck: false }),
          "Types with commas between them; invoice.* takes all that begin so, * takes everything."),
        field("Format", h("select", { name: "format" }, h("option", { value: "event" }, "Event with its id and time"), h("option", { value: "raw" }, "The webhook’s own bytes"))),
        h("label", { class: "choice" }, h("input", { type: "checkbox", name: "ordered" }), h("span", null, "In order: each event waits for the one before it")),
        trouble(state.refused),
        h("p", { class: "actions" }, submit(state.busy ? "Asking the URL …" : "Create", state.busy)))));
  draw();
  return load();
}
