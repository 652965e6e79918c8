// The way in for those who run it: the counters of the platform's stand-ins.

export default {
  async fetch(request, env) {
    const [, service] = new URL(request.url).pathname.split("/");
    return env[service] ? env[service].fetch("http://control/") : new Response(null, { status: 404 });
  },
};
