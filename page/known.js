// What the page heard last of the whole Waypost: names for menus and links.

export const known = { feeds: [], sources: [] };

/** @param {any} overview the answer of GET /overview */
export function learn(overview) {
  known.feeds = overview.feeds;
  known.sources = overview.sources;
  return overview;
}

export const feedNamed = (name) => known.feeds.find((feed) => feed.name === name);
