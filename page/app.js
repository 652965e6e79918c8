// Who is signed in, and which view is there.

import { ask, session } from "./api.js";
import { known, learn } from "./known.js";
import { nav } from "./nav.js";
import { parse, ROUTES } from "./routes.js";
import { signIn } from "./signin.js";
import { Visit } from "./visit.js";

const main = document.getElementById("main");
const top = document.getElementById("top");
/** @type {Visit | undefined} */
let visit;

/**
 * Draws the view of the address.
 *
 * @param {boolean} moved whether somebody went there, whose focus follows
 * @param {any} [overview] what was asked for this moment
 */
async function show(moved, overview) {
  const route = parse(location.hash);
  visit?.leave();
  const here = (visit = new Visit(main, route, moved));
  nav(route);
  const [title, load] = ROUTES[route.view];
  document.title = `${title} · Waypost`;
  try {
    const { default: view } = await load();
    if (!here.signal.aborted) await view(here, overview);
  } catch (error) {
    here.fail(error);
  }
}

/** The form, until there is a session. */
function signedOut() {
  visit?.leave();
  top.hidden = true;
  document.title = "Sign in · Waypost";
  visit = new Visit(main, { view: "signin", query: new URLSearchParams() }, false);
  signIn(visit, start);
}

/** What is there to look at; who has no session is asked for the token. */
async function start(moved = true) {
  let overview;
  try {
    overview = learn(await ask("/overview"));
  } catch (error) {
    if (error.status === 401) return;
    visit ??= new Visit(main, { view: "overview", query: new URLSearchParams() }, false);
    if (known.feeds.length === 0) return visit.fail(error, () => start(moved));
  }
  top.hidden = false;
  await show(moved, overview);
}

session.addEventListener("over", signedOut);
addEventListener("hashchange", () => {
  // The skip link's.
  if (location.hash === "#main") return;
  if (!top.hidden) show(true);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("leave").addEventListener("click", async () => {
  await ask("/session", { method: "DELETE" }).catch(() => {});
  signedOut();
});
start(false);
