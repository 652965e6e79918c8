// The Worker, asked. The session's cookie goes by itself.

/** Longer than the longest request that is no stream. */
const PATIENCE_MS = 30_000;

/** What the Worker refused, in the words of its problem. */
export class Refused extends Error {
  /** @param {number} status @param {any} problem */
  constructor(status, problem) {
    super(problem.detail ?? `Waypost answered with status ${status}.`);
    this.status = status;
    this.title = problem.title;
    this.code = problem.code;
    this.requestId = problem.request_id;
    this.problem = problem;
  }
}

/** Whoever hears that the session is over. */
export const session = new EventTarget();

/** A response that is good, whatever is in it. */
export async function request(path, { method = "GET", body, signal, headers = {}, patience = PATIENCE_MS } = {}) {
  const signals = [signal, patience && AbortSignal.timeout(patience)].filter(Boolean);
  const json = body === undefined ? {} : { "content-type": "application/json" };
  let response;
  try {
    response = await fetch(path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { ...json, ...headers },
      signal: AbortSignal.any(signals),
      cache: "no-store",
      redirect: "error",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("Waypost does not answer. Is the network there?", { cause: error });
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401 && path !== "/session") session.dispatchEvent(new Event("over"));
  throw new Refused(response.status, problem);
}

/** The JSON of a good answer; null where there is none. */
export async function ask(path, options) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

export const post = (path, body, options) => ask(path, { ...options, method: "POST", body });

/** A part of a path. */
export const part = encodeURIComponent;

/** Where a feed's resources are. */
export const base = (feed) => (feed === "default" ? "" : `/feeds/${part(feed)}`);

/** Where a source's webhooks go. */
export const receiveUrl = (source) => `${location.origin}/webhooks/receive${source === "default" ? "" : `/${part(source)}`}`;

/** Works through a list, a few at a time. What is thrown is the result of its item. */
export async function each(items, atOnce, work) {
  const left = items.entries();
  const results = [];
  const worker = async () => {
    for (const [at, item] of left) {
      results[at] = await work(item).catch((error) => (error instanceof Error ? error : new Error(String(error))));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
