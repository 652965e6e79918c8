// The metrics of a Waypost, as Prometheus' own parser reads them.

import { ADMIN_TOKEN } from "./fixtures.js";
import { Python } from "./python.js";

/** @typedef {{family: string, type: string, name: string, labels: Record<string, string>, value: number}} Sample */

export class Metrics {
  /** @param {Sample[]} samples @param {string} contentType */
  constructor(samples, contentType) {
    this.samples = samples;
    this.contentType = contentType;
  }

  /** Scrapes once. @param {{url: string}} server */
  static async of({ url }) {
    const python = new Python("openmetrics.py", [`${url}/metrics`, ADMIN_TOKEN]);
    try {
      const end = await python.until(() => python.said.find((line) => line.end), { what: "the metrics are parsed", within: 30_000 });
      return new Metrics(python.said.filter((line) => line.name), end.end);
    } finally {
      await python.stop();
    }
  }

  /**
   * The value of the one sample with at least these labels; undefined where there is none.
   *
   * @param {string} name
   * @param {Record<string, string>} [labels]
   */
  value(name, labels = {}) {
    const has = (/** @type {Sample} */ sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
    const found = this.samples.filter((sample) => sample.name === name && has(sample));
    if (found.length > 1) throw new Error(`${found.length} samples ${name} ${JSON.stringify(labels)}`);
    return found[0]?.value;
  }

  /** Everything that only grows, but what counts the reading of metrics itself. */
  get counters() {
    const counters = this.samples.filter(({ name }) => /_(total|count|sum|bucket)$/.test(name));
    return Object.fromEntries(counters.map(({ name, labels, value }) => [`${name} ${JSON.stringify(labels)}`, value]));
  }
}
