// JavaScript values as Cap'n Proto text, the language of workerd's configuration files.

/** A piece of text that stands as it is: an enum value or an `embed "file"`. */
class Verbatim {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** A name of the schema's. */
export const verbatim = (/** @type {string} */ text) => new Verbatim(text);

/** The contents of a file, which is relative to the configuration file. */
export const embed = (/** @type {string} */ file) => new Verbatim(`embed ${quote(file)}`);

/**
 * @param {unknown} value
 * @returns {string}
 */
export function capnp(value) {
  if (value instanceof Verbatim) return value.text;
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map(capnp).join(",\n")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `(${fields.map(([name, field]) => `${name} = ${capnp(field)}`).join(", ")})`;
  }
  return String(value);
}

/** @param {string} text */
function quote(text) {
  const escaped = text.replace(/["\\\x00-\x1f\x7f]/g, (character) =>
    `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${escaped}"`;
}

/** @param {object} config a `Config` of workerd.capnp */
export function configFile(config) {
  return `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${capnp(config)};\n`;
}
