// The administrator's token, once; what is kept is a cookie that no script can read.

import { post } from "./api.js";
import { field, h, submit, trouble } from "./dom.js";

/** @param {import("./visit.js").Visit} visit @param {() => void} entered */
export function signIn(visit, entered) {
  const state = { busy: false, error: null };
  const enter = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    const input = event.target.elements.token;
    Object.assign(state, { busy: true, error: null });
    draw();
    try {
      await post("/session", { token: input.value.trim() }, { signal: visit.signal });
      input.value = "";
      entered();
    } catch (error) {
      state.error = error;
    }
    state.busy = false;
    draw();
    if (state.error) input.select();
  };
  const draw = () => visit.draw("Sign in",
    h("form", { class: "card narrow", onSubmit: enter },
      field("Admin token", h("input", { type: "password", name: "token", required: true, autocomplete: "current-password", spellcheck: false }),
        "The secret ADMIN_TOKEN of this Worker."),
      trouble(state.error),
      submit(state.busy ? "Signing in …" : "Sign in", state.busy)));
  draw();
}
