// The links on top, and the choice of a feed where there are several.

import { h, render } from "./dom.js";
import { known } from "./known.js";
import { to } from "./routes.js";

/** Each link's words, where it leads for a feed, and the views that it stands for. */
const LINKS = [
  ["Overview", () => "#/", ["overview"]],
  ["Events", (feed) => to(feed, "events"), ["events", "event"]],
  ["Dead letters", (feed) => to(feed, "dead-letters"), ["dead"]],
  ["Subscriptions", (feed) => to(feed, "subscriptions"), ["subscriptions", "subscription"]],
  ["Consumers", (feed) => to(feed, "consumers"), ["consumers"]],
  ["Try it", () => "#/try", ["try"]],
];

/** The feed of the last view that had one. */
let current = "default";

/** @param {import("./routes.js").Route} route */
export function nav(route) {
  const ofFeed = route.view !== "overview" && route.view !== "try";
  if (ofFeed) current = route.feed;
  else if (!known.feeds.some(({ name }) => name === current)) current = known.feeds[0]?.name ?? "default";
  const links = LINKS.map(([words, leads, views]) =>
    h("a", { key: words, href: leads(current), "aria-current": views.includes(route.view) ? "page" : undefined }, words));
  render(links, document.getElementById("nav"));
  document.querySelector('#nav [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });

  const several = known.feeds.length > 1;
  const choose = ({ target }) => {
    const [, , list] = LINKS.find(([, , views]) => views.includes(route.view)) ?? [];
    current = target.value;
    const same = { events: "events", dead: "dead-letters", subscriptions: "subscriptions", consumers: "consumers" }[list?.[0]];
    if (ofFeed && same) location.hash = to(current, same);
    else nav(route);
  };
  render(several ? h("label", null, h("span", null, "Feed "),
    h("select", { onChange: choose, value: current },
      known.feeds.map(({ name }) => h("option", { key: name, value: name }, name)))) : null, document.getElementById("feed"));
}
