/** Fails when the built customer's page is heavier than an old phone on 4G should carry (elder.md, weight). */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = { js: 45 * 1024, css: 8 * 1024 };
const built = fileURLToPath(new URL("../dist/customer/assets", import.meta.url));

const total = { js: 0, css: 0 };
for (const name of readdirSync(built)) {
  const kind = name.split(".").pop();
  if (!(kind in total) || name === "old-browser.js" || !statSync(join(built, name)).isFile()) continue;
  total[kind] += gzipSync(readFileSync(join(built, name)), { level: 9 }).length;
}

let heavy = false;
for (const kind of Object.keys(total)) {
  const over = total[kind] > BUDGET_BYTES[kind] || total[kind] === 0;
  heavy = heavy || over;
  console.log(`${kind}: ${(total[kind] / 1024).toFixed(1)} KB gzip of ${BUDGET_BYTES[kind] / 1024} KB${over ? "  TOO MUCH" : ""}`);
}
process.exit(heavy ? 1 : 0);
