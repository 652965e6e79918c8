// Many things at once, but not all.

/** So many requests at once keep workerd busy without filling the machine. */
const AT_ONCE = 20;

/**
 * @template T
 * @param {Iterable<T>} items
 * @param {(item: T) => Promise<unknown>} each
 */
export async function inTurns(items, each) {
  const left = items[Symbol.iterator]();
  const turn = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await each(next.value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
}
