// The codes with which forgeries are refused, where several rows of forgeries expect the same.

export const BAD = ["bad_signature"];

/** Where no signature can be read: what is missed depends on the scheme's other ways. */
export const UNREAD = ["unrecognised_signature", "undecodable_signature", "malformed_header"];

/** Where no time can be read. */
export const UNTIMED = ["missing_timestamp", "malformed_header", "unrecognised_signature"];

/** Where there may be nothing left to read. */
export const GONE = [...BAD, "missing_signature"];

/** Not from or for whom it should be. */
export const STRANGE = ["unexpected_sender"];
