// One visit of a view: what it draws goes when it is left, and so does whatever it has under way.

import { button, h, render, trouble } from "./dom.js";

export class Visit {
  #root;
  #gone = new AbortController();
  #focus;
  #drawn = "";

  /** @param {HTMLElement} root @param {import("./routes.js").Route} route @param {boolean} moved */
  constructor(root, route, moved) {
    this.#root = root;
    this.route = route;
    this.#focus = moved;
  }

  /** Aborted when the view is left. */
  get signal() {
    return this.#gone.signal;
  }

  /** Draws the view: its heading and what is below. Drawn again, only what differs is touched. */
  draw(title, ...children) {
    if (this.signal.aborted) return;
    const held = this.#root.contains(document.activeElement);
    render(h("div", { class: "view", key: this.route.view }, h("h1", { tabindex: -1 }, title), ...children), this.#root);
    // Who went here, and whoever held what is gone now, goes on from the heading.
    const lost = held && document.activeElement === document.body;
    if (this.#focus || lost) this.#root.querySelector("h1")?.focus({ preventScroll: true });
    if (this.#focus) scrollTo(0, 0);
    this.#focus = false;
    this.#drawn = title;
  }

  /** Says what went wrong in place of the view. @param {any} error @param {() => void} [again] */
  fail(error, again) {
    if (this.signal.aborted || error?.name === "AbortError") return;
    const retry = again ?? (() => dispatchEvent(new HashChangeEvent("hashchange")));
    this.draw(this.#drawn || "Waypost", trouble(error), h("p", null, button("Try again", retry)));
  }

  leave() {
    this.#gone.abort();
    render(null, this.#root);
  }

  /**
   * Does something that the view is busy with, and says of it what went wrong.
   *
   * @param {{busy: boolean, refused: any}} state @param {() => void} draw @param {() => Promise<void>} work
   */
  async attempt(state, draw, work) {
    if (state.busy) return;
    Object.assign(state, { busy: true, refused: null });
    draw();
    try {
      await work();
    } catch (error) {
      if (this.signal.aborted) return;
      state.refused = error;
    }
    state.busy = false;
    draw();
  }

  /** Does something now and every so many seconds while somebody looks. @param {number} seconds @param {() => Promise<void>} work */
  every(seconds, work) {
    let timer;
    const run = async () => {
      clearTimeout(timer);
      if (this.signal.aborted || document.hidden) return;
      await work();
      clearTimeout(timer);
      if (!this.signal.aborted && !document.hidden) timer = setTimeout(run, seconds * 1000);
    };
    document.addEventListener("visibilitychange", run, { signal: this.signal });
    this.signal.addEventListener("abort", () => clearTimeout(timer));
    return run();
  }
}
