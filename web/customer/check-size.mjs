/**
 * Weighs the built customer's page, gzipped. Fails over the hard stop of elder.md; over the aim it only says so.
 * The texts of one language (a JSON file of about 4 KB) come beside this.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const AIM_BYTES = { js: 45 * 1024, css: 8 * 1024 };
const STOP_BYTES = { js: 60 * 1024, css: 8 * 1024 };
const built = fileURLToPath(new URL("../dist/customer/assets", import.meta.url));

const total = { js: 0, css: 0 };
for (const name of readdirSync(built)) {
  const kind = name.split(".").pop();
  if (!(kind in total) || name === "old-browser.js" || !statSync(join(built, name)).isFile()) continue;
  total[kind] += gzipSync(readFileSync(join(built, name)), { level: 9 }).length;
}

let failed = false;
for (const kind of Object.keys(total)) {
  const size = total[kind];
  const stopped = size > STOP_BYTES[kind] || size === 0;
  failed = failed || stopped;
  const word = stopped ? "  TOO MUCH" : size > AIM_BYTES[kind] ? "  over the aim" : "";
  console.log(`${kind}: ${(size / 1024).toFixed(1)} KB gzip, aim ${AIM_BYTES[kind] / 1024}, stop ${STOP_BYTES[kind] / 1024}${word}`);
}
process.exit(failed ? 1 : 0);
