// Waypost with a clock that tests can set: what was signed years ago is received when it was signed, and
// what lasts an hour is over at once. The Worker and its objects are otherwise as they are built.

import * as waypost from "./index.js";

export * from "./index.js";

const real = Date.now;
let shift = 0;
Date.now = () => real() + shift;

export default {
  ...waypost.default,
  fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/clock") return waypost.default.fetch(request, env, context);
    shift = Number(searchParams.get("shift"));
    return new Response(null, { status: 204 });
  },
};
