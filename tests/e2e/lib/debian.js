// Programs of Debian that tests drive: caches, a browser. CI installs those that are missing; anywhere else a
// test that needs one is skipped and says how to get it.

import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const FOLDERS = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];

/** The path of a program; undefined where it is not installed. @param {string} name */
function find(name) {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The programs, and why tests that need them are skipped (false where they are not).
 *
 * @template {string} Name
 * @param {Record<Name, string>} packages the package of each program
 * @returns {{paths: Record<Name, string>, skip: string | false}}
 */
export function debian(packages) {
  const names = /** @type {Name[]} */ (Object.keys(packages));
  const missing = () => names.filter((name) => !find(name)).map((name) => packages[name]);
  if (missing().length > 0 && process.env.CI) {
    const apt = (/** @type {string[]} */ ...args) =>
      execFileSync("apt-get", args, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: "ignore", timeout: 300_000 });
    apt("update");
    apt("install", "-y", "--no-install-recommends", ...missing());
  }
  const paths = /** @type {Record<Name, string>} */ (Object.fromEntries(names.map((name) => [name, find(name)])));
  const left = missing();
  return { paths, skip: left.length > 0 && `not installed: apt-get install ${left.join(" ")}` };
}
