// What happened, said where it is seen and heard.

const SHOWN_MS = 5_000;
const place = document.getElementById("said");
let timer;

/** @param {string} words */
export function say(words) {
  place.textContent = words;
  clearTimeout(timer);
  timer = setTimeout(() => (place.textContent = ""), SHOWN_MS);
}

/** Copies a text, and says so. @param {string} text @param {string} what */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say("The browser does not let this page copy. Select the text and copy it by hand.");
  }
}
