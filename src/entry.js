// The Worker's entry point. The one that worker-build writes makes a class and proxies for each request, which is a tenth
// of what a poll costs; here a handler is called as it is, and that one is asked only where the instance of the wasm is
// broken: it makes a new one.

import Entrypoint, { Feed, Handover, Subscription } from "worker";

export { Feed, Handover, Subscription };

const state = Feed.init_state();
const handlers = Entrypoint.prototype;

function handle(name, argument, env, ctx) {
  if (state.criticalError) return new Entrypoint(ctx, env)[name](argument);
  try {
    return handlers[name].call({ env, ctx }, argument);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
    throw error;
  }
}

export default {
  fetch: (request, env, ctx) => handle("fetch", request, env, ctx),
  queue: (batch, env, ctx) => handle("queue", batch, env, ctx),
};
