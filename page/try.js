// A provider's endpoint, its secret's name and its config; and a signed sample that is seen to arrive.

import { ask, base, part, post, receiveUrl } from "./api.js";
import { badge, button, empty, facts, field, h, mono, section, theirs, trouble, waiting, webLink } from "./dom.js";
import { known, learn } from "./known.js";
import { follow } from "./live.js";
import { to } from "./routes.js";
import { copy, say } from "./say.js";

/** Something to take along: its text, and a button that copies it. */
const snippet = (label, text) => h("div", { class: "snippet" },
  h("div", { class: "name" }, h("h3", null, label), button("Copy", () => copy(text, label), { "aria-label": `Copy: ${label}` })),
  h("pre", { class: "body short", tabindex: 0, role: "group", "aria-label": label }, text));

/** What a secret looks like; nothing where there is none to set. */
const secretOf = ({ secret, variable }) => variable && [secret.form, secret.prefix && [", and begins with ", mono(secret.prefix)]];

/** @param {import("./visit.js").Visit} visit */
export default async function view(visit) {
  const state = { providers: null, search: "", error: null, samples: new Map() };

  /** Sends a sample of a source, and waits for it in the source's feed. */
  const sample = async (source) => {
    const mine = { state: "sending", error: null, answer: null, event: null };
    state.samples.set(source.name, mine);
    draw();
    const done = new AbortController();
    const signal = AbortSignal.any([visit.signal, done.signal]);
    const there = known.feeds.find(({ name }) => name === source.feed);
    const came = [];
    const seen = () => {
      mine.event = came.find(({ source: from, webhook_id: id }) => from === source.name && (mine.answer.webhook_id == null || id === mine.answer.webhook_id));
      if (!mine.event) return;
      mine.state = "arrived";
      done.abort();
      draw();
    };
    const listening = new Promise((live) => follow({
      path: `${base(source.feed)}/stream`, since: there?.latest, filters: new URLSearchParams({ source: source.name }), signal,
      onEvent: (event) => (came.push(event), mine.answer && seen()),
      onState: (word, error) => (word === "connecting" && (mine.error = error), live()),
    }));
    try {
      await listening;
      mine.answer = await post(`/sources/${part(source.name)}/sample`, {}, { signal: visit.signal });
      mine.state = mine.answer.response_status < 300 ? "sent" : "refused";
      seen();
    } catch (error) {
      Object.assign(mine, { state: "failed", error });
      done.abort();
    }
    if (mine.state === "refused") done.abort();
    draw();
  };

  /** Whether its provider gives the secret, which is taken while the source is armed. */
  const handed = (source) => state.providers?.some(({ name, handed }) => handed && name === source.provider);
  const arm = async (source) => {
    try {
      await post(`/sources/${part(source.name)}/arm`, undefined, { signal: visit.signal });
      say(`${source.name} takes a secret for ten minutes.`);
    } catch (error) {
      state.samples.set(source.name, { state: "failed", error });
      draw();
    }
  };

  const STATES = { sending: "plain", sent: "warn", arrived: "good", refused: "bad", failed: "bad" };
  const outcome = (source) => {
    const mine = state.samples.get(source.name);
    if (!mine) return null;
    return h("div", { class: "result", role: "status" },
      badge(mine.state === "sent" ? "sent, on its way" : mine.state, STATES[mine.state]),
      mine.answer && [" answered ", mono(mine.answer.response_status), " ", mine.answer.response && mono(JSON.stringify(mine.answer.response))],
      mine.event && [" ", h("a", { href: to(source.feed, "events", mine.event.id) }, "Look at the event")],
      trouble(mine.error));
  };
  const sourceRow = (source) => h("li", { key: source.name, class: "card" },
    h("div", { class: "name" }, h("h3", null, theirs(source.name)), badge(source.status, source.status === "ready" ? "good" : "bad")),
    facts(["Endpoint", mono(location.origin + source.path)], ["Provider", source.provider ?? "a scheme of the config"],
      ["Secrets", source.secrets.map((name) => [mono(name, { key: name }), " "])], ["Feed", source.feed]),
    source.status !== "ready" && source.secrets.map((name) => snippet(`Set ${name}`, `wrangler secret put ${name}`)),
    h("p", { class: "actions" }, button("Send a signed sample", () => sample(source),
      { disabled: source.status !== "ready", busy: state.samples.get(source.name)?.state === "sending", "aria-label": `Send a signed sample to ${source.name}` }),
    handed(source) && button("Arm for ten minutes", () => arm(source), { "aria-label": `Arm ${source.name} for ten minutes` })),
    outcome(source));

  const providerRow = ({ name, algorithm, signable }) => h("li", { key: name },
    h("a", { class: "row provider", href: `#/try/${part(name)}` }, h("strong", null, name), h("span", { class: "faint" }, algorithm), !signable && h("span", { class: "faint" }, "public key")));

  const chosen = (provider) => {
    const configured = known.sources.filter((source) => source.provider === provider.name);
    return [
      h("p", null, h("a", { href: "#/try" }, "All providers")),
      facts(["Signs", provider.algorithm], ["Signature", theirs(provider.signature)], ["Secret", secretOf(provider)],
        ["Documentation", provider.page && webLink(provider.page)]),
      configured.length > 0 && section("Configured", h("ul", { class: "cards" }, configured.map(sourceRow))),
      section(configured.length > 0 ? "Another source" : "Set it up",
        h("ol", { class: "todo" },
          h("li", null, snippet("Paste into wrangler.toml", provider.config)),
          provider.variable && h("li", null, snippet("Set the secret", `wrangler secret put ${provider.variable}`)),
          h("li", null, snippet("Deploy", "wrangler deploy")),
          h("li", null, snippet("Give the provider this URL", receiveUrl(provider.name)))),
        provider.handed && h("p", { class: "hint" }, "It hands its secret over itself. Arm the source, which is configured then, and have the provider ask for the endpoint."),
        !provider.signable && h("p", { class: "hint" }, "Only the provider can sign for it: it signs with a private key.")),
    ];
  };

  const content = () => {
    const provider = visit.route.id && state.providers?.find(({ name }) => name === visit.route.id);
    if (provider) return chosen(provider);
    const wanted = state.search.trim().toLowerCase();
    const found = state.providers?.filter(({ name }) => name.includes(wanted)) ?? [];
    return [
      section("Choose a provider",
        state.error ? trouble(state.error) : state.providers ? [
          field("Search", h("input", { name: "search", type: "search", value: state.search, autocomplete: "off", spellcheck: false, onInput: ({ target }) => ((state.search = target.value), draw()) })),
          h("p", { class: "hint", role: "status" }, found.length === state.providers.length ? `${found.length} providers` : `${found.length} of ${state.providers.length} providers`),
          found.length > 0 ? h("ul", { class: "rows providers" }, found.map(providerRow)) : empty("None of that name. A provider that nobody shipped is a few lines of config: docs/schemes.md."),
        ] : waiting()),
      section("Configured sources", known.sources.length > 0 ? h("ul", { class: "cards" }, known.sources.map(sourceRow)) : empty("No source is configured.")),
    ];
  };
  const draw = () => visit.draw(visit.route.id ? `Try ${visit.route.id}` : "Try it", content());

  draw();
  const [providers, overview] = await Promise.allSettled([ask("/page/providers.json", { signal: visit.signal }), ask("/overview", { signal: visit.signal })]);
  if (visit.signal.aborted) return;
  if (overview.status === "fulfilled") learn(overview.value);
  if (providers.status === "fulfilled") state.providers = providers.value;
  else state.error = providers.reason;
  draw();
}
