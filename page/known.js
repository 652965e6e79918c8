// What the page heard last of the whole Waypost: names for menus and links, and the answer itself until it is shown.

export const known = { feeds: [], sources: [], fresh: null };

/** @param {any} overview the answer of GET /overview */
export function learn(overview) {
  known.feeds = overview.feeds;
  known.sources = overview.sources;
  known.fresh = overview;
  return overview;
}

export const feedNamed = (name) => known.feeds.find((feed) => feed.name === name);
