// Everything that is measured.

import { CASES as append } from "./cases/append.js";
import { CASES as cold } from "./cases/cold.js";
import { CASES as growth } from "./cases/growth.js";
import { CASES as hold } from "./cases/hold.js";
import { CASES as native } from "./cases/native.js";
import { CASES as own } from "./cases/own.js";
import { CASES as read } from "./cases/read.js";
import { CASES as receive } from "./cases/receive.js";

/**
 * @typedef {object} Options
 * @property {string} folder a temporary one
 * @property {number} rounds
 * @property {number} share of the requests that a whole run sends
 * @property {(name: string) => boolean} selected whether a contestant takes part
 * @property {{name: string, build: string}[]} builds further ones of Waypost
 */

/**
 * @typedef {object} Case
 * @property {string} name what selects it on the command line
 * @property {string} title
 * @property {string} figure what its targets speak of: see FIGURES in lib/table.js
 * @property {string} [unit] where the figure is another one than it says
 * @property {string} [zero] the contestant above whose figure the others' count
 * @property {string} [waypost] whose figure the targets bound, where it is not `waypost`
 * @property {string[]} contestants
 * @property {import("./lib/verdict.js").Target[]} targets
 * @property {(options: Options) => Promise<object[]>} measure what the contestants' runs gave
 * @property {() => Promise<void>} [done] after the last of the cases that share a name
 */

/** @type {Case[]} */
export const CASES = [...receive, ...own, ...read, ...hold, ...append, ...cold, ...growth, ...native];
