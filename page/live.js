// A feed as it comes. An EventSource hears only the types that it was told of, so the stream is read as any answer.

import { request } from "./api.js";
import { createParser } from "./eventsource-parser.js";

/** Whoever was away for longer has missed more than is worth to be told event by event. */
export const LONG_AWAY_MS = 60_000;

/** Between two attempts, growing to this. */
const LONGEST_PAUSE_MS = 15_000;

const pause = (ms, signal) => new Promise((over) => {
  const timer = setTimeout(over, ms);
  signal.addEventListener("abort", () => (clearTimeout(timer), over()), { once: true });
});

/** Until somebody looks again, or leaves. */
const looked = (signal) => new Promise((over) => {
  if (!document.hidden) return over();
  const done = new AbortController();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    done.abort();
    over();
  }, { signal: done.signal });
  signal.addEventListener("abort", over, { once: true });
});

/**
 * Follows a stream from a position, over its ends and over cuts, and not while the page is hidden. `lost` is the end:
 * retention has taken the position, or too much has come while nobody looked.
 *
 * @param {object} options
 * @param {string} options.path of the stream
 * @param {string | undefined} options.since
 * @param {URLSearchParams} [options.filters]
 * @param {AbortSignal} options.signal
 * @param {(event: any) => void} options.onEvent
 * @param {(state: "live" | "connecting" | "lost", error?: any) => void} options.onState
 */
export async function follow({ path, since, filters, signal, onEvent, onState }) {
  let failures = 0;
  // Since when nobody looks.
  let away = document.hidden ? performance.now() : Infinity;
  while (!signal.aborted) {
    await looked(signal);
    if (performance.now() - away > LONG_AWAY_MS) return onState("lost");
    away = Infinity;
    const cut = new AbortController();
    const hidden = () => {
      if (!document.hidden) return;
      away = performance.now();
      cut.abort();
    };
    document.addEventListener("visibilitychange", hidden);
    try {
      const query = new URLSearchParams(filters);
      if (since) query.set("since_id", since);
      const response = await request(`${path}?${query}`, {
        signal: AbortSignal.any([signal, cut.signal]), patience: 0, headers: { accept: "text/event-stream" },
      });
      failures = 0;
      onState("live");
      const parser = createParser({
        onEvent: ({ id, data }) => {
          since = id ?? since;
          onEvent(JSON.parse(data));
        },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) parser.feed(read.value);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401) return;
      if (error.status === 410) return onState("lost", error);
      if (!cut.signal.aborted) {
        failures += 1;
        onState("connecting", error);
      }
    } finally {
      document.removeEventListener("visibilitychange", hidden);
    }
    await pause(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures) * (0.5 + Math.random()), signal);
  }
}
