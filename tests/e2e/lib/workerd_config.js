// The workerd configuration that runs Waypost as its wrangler.toml describes it, with KV and
// queues either in the memory of small workers (`inside/`) or in a broker of the test process.

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configFile, embed, verbatim } from "./capnp.js";

const INSIDE = fileURLToPath(new URL("./inside", import.meta.url));

/**
 * @typedef {object} Target
 * @property {string} build the folder of the worker's modules; `index.js` is the main one
 * @property {any} config a parsed wrangler config
 * @property {Record<string, string>} secrets
 * @property {string} folder where the configuration and the objects' storage go
 * @property {string} [broker] the address of a broker; without it KV and queues are `inside`
 * @property {boolean} [deliver] whether the `inside` queue delivers; it only counts otherwise
 * @property {string} [outside] the address of a stand-in for the world outside (outside.js)
 * @property {boolean} [clocked] whether the Worker's clock can be set (inside/clocked.js)
 * @property {string} [cache] the address of an edge cache; without it there is one that keeps nothing
 */

/**
 * Writes the configuration and returns its file. Sockets: `waypost`, `dispatcher` (with a
 * broker), `control` (without); their addresses are given on the command line.
 *
 * @param {Target} target
 * @returns {string}
 */
export function writeConfig({ build, config, secrets, folder, broker, deliver = true, cache, outside: world, clocked }) {
  const modules = copyModules(build, join(folder, "modules"));
  if (clocked) modules.unshift({ name: "clocked.js", esModule: embed("clocked.js") });
  for (const file of readdirSync(INSIDE)) copyFileSync(join(INSIDE, file), join(folder, file));
  mkdirSync(join(folder, "objects"), { recursive: true });

  const compatibility = {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
  };
  const kvs = (config.kv_namespaces ?? []).map(({ binding }) => binding);
  const producers = config.queues?.producers ?? [];
  const objects = config.durable_objects?.bindings ?? [];

  const waypost = {
    modules,
    ...compatibility,
    bindings: [
      ...Object.entries(config.vars ?? {}).map(variable),
      ...Object.entries(secrets).map(([name, text]) => ({ name, text })),
      ...kvs.map((name) => ({ name, kvNamespace: { name: `kv-${name}` } })),
      ...producers.map(({ binding }) => ({ name: binding, queue: { name: `queue-${binding}` } })),
      ...objects.map(({ name, class_name }) => ({ name, durableObjectNamespace: { className: class_name } })),
    ],
    durableObjectNamespaces: objects.map(({ class_name }) => ({
      className: class_name,
      uniqueKey: `waypost-${class_name}`,
      enableSql: true,
    })),
    durableObjectStorage: { localDisk: "objects" },
    cacheApiOutbound: "cache",
    // Subscriptions of the tests listen on loopback, which workerd's default forbids.
    globalOutbound: world ? "outside" : "network",
  };

  /** A small worker of ours, with the flag that lets it call another's `queue()`. */
  const small = (file, bindings = []) => ({
    worker: {
      modules: [{ name: file, esModule: embed(file) }],
      compatibilityDate: compatibility.compatibilityDate,
      compatibilityFlags: ["service_binding_extra_handlers"],
      bindings,
    },
  });
  const outside = (binding) => ({
    external: { address: broker, http: { injectRequestHeaders: [{ name: "x-binding", value: binding }] } },
  });
  const target = { name: "TARGET", service: "waypost" };

  const services = [
    { name: "waypost", worker: waypost },
    { name: "objects", disk: { path: join(folder, "objects"), writable: true } },
    { name: "network", network: { allow: ["public", "private", "local"] } },
    // As a proxy is asked, with the whole URL.
    ...(world ? [{ name: "outside", external: { address: world, http: { style: verbatim("proxy") } } }] : []),
    { name: "cache", ...(cache ? { external: { address: cache, http: {} } } : small("cache.js")) },
    ...kvs.map((name) => ({ name: `kv-${name}`, ...(broker ? outside(name) : small("kv.js")) })),
    ...producers.map(({ binding, queue }) => ({
      name: `queue-${binding}`,
      ...(broker ? outside(binding) : small("queue.js", [
        target,
        { name: "QUEUE_NAME", text: queue },
        { name: "DELIVER", json: JSON.stringify(deliver) },
        { name: "MAX_BATCH_SIZE", json: JSON.stringify(batchSize(config, queue)) },
      ])),
    })),
    broker
      ? { name: "dispatcher", ...small("dispatcher.js", [target]) }
      : {
          name: "control",
          ...small("control.js", [
            ...kvs.map((name) => ({ name, service: `kv-${name}` })),
            ...producers.map(({ binding }) => ({ name: binding, service: `queue-${binding}` })),
          ]),
        },
  ];
  const sockets = ["waypost", broker ? "dispatcher" : "control"]
    .map((name) => ({ name, service: name, http: {} }));

  const file = join(folder, "workerd.capnp");
  writeFileSync(file, configFile({ services, sockets }));
  return file;
}

/** Objects reach a Worker as objects, as wrangler gives them. */
function variable([name, value]) {
  return typeof value === "string" ? { name, text: value } : { name, json: JSON.stringify(value) };
}

function batchSize(config, queue) {
  return config.queues?.consumers?.find((consumer) => consumer.queue === queue)?.max_batch_size ?? 10;
}

/** A copy, so that a build that goes on while the tests run cannot disturb them. */
function copyModules(build, folder) {
  const kinds = { ".js": "esModule", ".mjs": "esModule", ".wasm": "wasm" };
  const modules = [];
  for (const entry of readdirSync(build, { recursive: true, withFileTypes: true })) {
    // The page's files are no modules of the Worker.
    if (entry.parentPath === join(build, "page")) continue;
    const kind = kinds[/\.\w+$/.exec(entry.name)?.[0] ?? ""];
    if (!entry.isFile() || !kind) continue;
    const from = join(entry.parentPath, entry.name);
    const name = from.slice(build.length + 1);
    mkdirSync(join(folder, name, ".."), { recursive: true });
    copyFileSync(from, join(folder, name));
    modules.push({ name, [kind]: embed(`modules/${name}`) });
  }
  return modules.sort((a, b) => Number(b.name === "index.js") - Number(a.name === "index.js"));
}
