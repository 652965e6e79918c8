// Temporary folders that are gone when the test process is, however it ends.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @type {Set<string>} */
const folders = new Set();

process.on("exit", () => folders.forEach(removeFolder));

/**
 * @param {string} purpose appears in the folder's name
 * @returns {string}
 */
export function temporaryFolder(purpose) {
  const folder = mkdtempSync(join(tmpdir(), `waypost-${purpose}-`));
  folders.add(folder);
  return folder;
}

/** @param {string} folder */
export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  folders.delete(folder);
}
