/** Writes voice-prompts.json, the list that is read out and recorded: run after changing a spoken text. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = await createServer({ configFile: false, root: here("."), logLevel: "error", server: { middlewareMode: true, ws: false } });
const { SPOKEN } = await server.ssrLoadModule("/src/voice/prompts.ts");
const { zhCN } = await server.ssrLoadModule("/src/locales/zh-CN.ts");
const { en } = await server.ssrLoadModule("/src/locales/en.ts");
await server.close();

const target = here("./voice-prompts.json");
const list = SPOKEN.map((id) => ({ id, "zh-CN": zhCN[id], en: en[id] }));
const text = `${JSON.stringify(list, null, 2)}\n`;
if (readFileSync(target, { encoding: "utf8", flag: "a+" }) !== text) writeFileSync(target, text);
console.log(`${list.length} prompts`);
