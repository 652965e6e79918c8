// What every refusal must be, and that it leaves nothing behind.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as sign from "./sign.js";
import { ownEvent } from "./bodies.js";

/**
 * An RFC 9457 problem with the expected status and stable code.
 *
 * @param {import("./waypost.js").Answer} answer
 * @param {number} status
 * @param {string} code
 * @param {string} [message]
 */
export function expectProblem(answer, status, code, message = code) {
  const said = `${message}: ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.equal(answer.status, status, said);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json\b/, said);
  const problem = answer.json;
  assert.equal(problem.code, code, said);
  assert.equal(problem.status, status, said);
  for (const field of ["type", "title", "detail"]) {
    assert.ok(typeof problem[field] === "string" && problem[field] !== "", `${field}: ${said}`);
  }
  // No refusal is kept, but that a cursor is lost may be, for a moment.
  const kept = status === 410 ? /^(no-store|public, max-age=5, stale-if-error=0)$/ : /^no-store$/;
  assert.match(answer.headers.get("cache-control") ?? "", kept, `Cache-Control: ${said}`);
  expectRequestId(answer, said);
}

/** @param {import("./waypost.js").Answer} answer @param {string} [message] */
export function expectRequestId(answer, message) {
  assert.match(answer.headers.get("x-request-id") ?? "", /^\S{8,}$/, `X-Request-Id: ${message}`);
}

/**
 * @param {import("./waypost.js").Answer} answer
 * @param {"received" | "already_processed"} status
 * @param {string} [id] the provider's id
 */
export function expectAccepted(answer, status, id) {
  assert.equal(answer.status, 200, answer.text);
  const said = answer.json;
  assert.equal(said.status, status, answer.text);
  if (id === undefined) assert.ok(typeof said.id === "string" && said.id !== "", answer.text);
  else assert.equal(said.id, id, answer.text);
  expectRequestId(answer);
}

/**
 * An answer that is exactly this one.
 *
 * @param {import("./waypost.js").Answer} answer
 * @param {{status: number, headers?: Record<string, string>, body?: string}} expected names in lower case
 * @param {string} [message]
 */
export function expectAnswer(answer, { status, headers = {}, body = "" }, message = "") {
  const said = `${message}: ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.equal(answer.status, status, said);
  assert.equal(answer.text, body, said);
  assert.equal(answer.headers.get("content-type"), headers["content-type"] ?? null, said);
  for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers.get(name), value, `${name}: ${said}`);
  assert.equal(answer.headers.get("cache-control"), "no-store", said);
  expectRequestId(answer, said);
}

/**
 * A webhook was received, and answered as its provider wants it.
 *
 * @param {import("./waypost.js").Answer} answer
 * @param {import("./scheme/ways.js").Scheme} scheme
 * @param {string} [id] the provider's id
 */
export const expectTaken = (answer, { accepted }, id) =>
  accepted ? expectAnswer(answer, accepted) : expectAccepted(answer, "received", id);

/**
 * A refusal by a source of this scheme, which may say nothing beside its status.
 *
 * @param {import("./waypost.js").Answer} answer
 * @param {import("./scheme/ways.js").Scheme} scheme
 * @param {number} status
 * @param {string} code
 * @param {string} [message]
 */
export const expectRefusal = (answer, { terse }, status, code, message) =>
  terse ? expectAnswer(answer, { status }, message) : expectProblem(answer, status, code, message);

/**
 * Runs `attempt` and proves that it left nothing in the feed: a genuine webhook sent after it is
 * the only event that follows. The queue keeps the order, so nothing can be still on its way.
 *
 * @template T
 * @param {import("./waypost.js").Waypost} waypost
 * @param {() => Promise<T>} attempt
 * @returns {Promise<T>}
 */
export async function leavesNothing(waypost, attempt) {
  await waypost.drain();
  const result = await attempt();
  const id = randomUUID();
  expectAccepted(await waypost.post(await sign.waypost(ownEvent(id))), "received", id);
  const events = await waypost.drain({ atLeast: 1 });
  assert.deepEqual(events.map(({ webhook_id }) => webhook_id), [id], "nothing but the later webhook is stored");
  return result;
}
