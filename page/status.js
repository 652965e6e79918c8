// The colours of a subscription's states; the words are the API's.

export const TONES = { active: "good", paused: "plain", suspended: "bad", disabled: "bad" };
