// The places in a webhook that schemes name: headers, items of the signature header, members of a
// JSON body, fields of a form, parameters of the query, claims of a JSON Web Token.

/**
 * @typedef {object} Place one of these
 * @property {string} [header]
 * @property {string} [field] an item of the signature header
 * @property {string} [json] a pointer, in which `*` is the only item of a list and `**` any
 * @property {string} [form]
 * @property {string} [query]
 * @property {string} [claim] a pointer
 */

/**
 * @typedef {object} Parts a webhook taken apart
 * @property {Record<string, string | undefined>} headers
 * @property {Record<string, string | undefined>} items what stands in the signature header beside signatures
 * @property {any} [json] the body, unless it is a form
 * @property {[string, string][]} [form] the body, where it is one
 * @property {string} [query]
 * @property {any} [claims] of the JSON Web Token, where there is one
 * @property {Record<string, unknown>} [jose] its header
 */

/** @typedef {string | number | boolean | undefined} Value */

/**
 * For each kind of place whether a webhook can have it, what stands there, and how to put something
 * there; `undefined` takes it away.
 *
 * @type {Record<string, {
 *   fits: (parts: Parts) => boolean,
 *   get: (parts: Parts, name: string) => Value,
 *   put: (parts: Parts, name: string, value: Value) => void,
 * }>}
 */
const KINDS = {
  header: {
    fits: () => true,
    get: ({ headers }, name) => headers[name],
    put: ({ headers }, name, value) => (headers[name] = text(value)),
  },
  field: {
    fits: () => true,
    get: ({ items }, name) => items[name],
    put: ({ items }, name, value) => (items[name] = text(value)),
  },
  json: {
    fits: ({ json }) => json !== undefined,
    get: ({ json }, pointer) => member(json, steps(pointer)),
    put: ({ json }, pointer, value) => setMember(json, steps(pointer), value),
  },
  form: {
    fits: ({ form }) => form !== undefined,
    get: ({ form = [] }, name) => form.findLast(([field]) => field === name)?.[1],
    put: (parts, name, value) => {
      const others = (parts.form ?? []).filter(([field]) => field !== name);
      parts.form = value === undefined ? others : [...others, [name, String(value)]];
    },
  },
  query: {
    fits: () => true,
    get: ({ query }, name) => new URLSearchParams(query).get(name) ?? undefined,
    put: (parts, name, value) => {
      const query = new URLSearchParams(parts.query);
      if (value === undefined) query.delete(name);
      else query.set(name, String(value));
      parts.query = String(query);
    },
  },
  claim: {
    fits: ({ claims }) => claims !== undefined,
    get: ({ claims }, pointer) => member(claims, steps(pointer)),
    put: ({ claims }, pointer, value) => setMember(claims, steps(pointer), value),
  },
};

const text = (/** @type {Value} */ value) => (value === undefined ? undefined : String(value));

/** A place as its kind and its name. @param {Place} place @returns {[string, string]} */
const kindOf = (place) =>
  /** @type {[string, string]} */ (Object.entries(place).find(([kind]) => Object.hasOwn(KINDS, kind)));

/** Whether a webhook of this kind of body can have something at `place`. @param {Parts} parts @param {Place} place */
export const fits = (parts, place) => KINDS[kindOf(place)[0]].fits(parts);

/** What stands at `place`, as text. @param {Parts} parts @param {Place} place */
export function textAt(parts, place) {
  const [kind, name] = kindOf(place);
  return text(fits(parts, place) ? KINDS[kind].get(parts, name) : undefined);
}

/** Puts `value` at `place`. @param {Parts} parts @param {Place} place @param {Value} value */
export function put(parts, place, value) {
  const [kind, name] = kindOf(place);
  KINDS[kind].put(parts, name, value);
}

/** The steps of a JSON pointer. @param {string} pointer */
const steps = (pointer) =>
  pointer.slice(1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/** Scalars only, and nothing inside a list but where a step stands for an item. @returns {Value} */
function member(/** @type {any} */ json, /** @type {string[]} */ [step, ...rest]) {
  if (step === undefined) return ["string", "number", "boolean"].includes(typeof json) ? json : undefined;
  const into = Array.isArray(json)
    ? step === "**" || (step === "*" && json.length === 1) ? json[0] : undefined
    : Object(json)[step];
  return into === undefined ? undefined : member(into, rest);
}

/** Makes the objects and lists on the way. */
function setMember(/** @type {any} */ json, /** @type {string[]} */ [step, ...rest], /** @type {Value} */ value) {
  const key = isItem(step) ? 0 : step;
  if (rest.length === 0) json[key] = value;
  else setMember((json[key] ??= isItem(rest[0]) ? [] : {}), rest, value);
}

const isItem = (/** @type {string} */ step) => step === "*" || step === "**";
