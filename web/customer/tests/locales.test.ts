/// <reference types="node" />
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "../src/locales/en";
import { zhCN } from "../src/locales/zh-CN";
import { SPOKEN } from "../src/voice/prompts";

const ROOT = join(import.meta.dirname, "../../..");
const chinese: Record<string, string> = zhCN;
const english: Record<string, string> = en;

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "locales" ? "" : sources(path);
      return /\.(ts|vue)$/.test(entry.name) ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}

describe("the texts", () => {
  it("has the same keys in both languages, none empty", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zhCN).sort());
    for (const texts of [chinese, english]) for (const [key, text] of Object.entries(texts)) expect(text.trim(), key).not.toBe("");
  });

  it("has the same places for values in both languages", () => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of Object.keys(chinese)) expect(places(english[key] ?? ""), key).toEqual(places(chinese[key] ?? ""));
  });

  it("keeps every instruction within 16 characters", () => {
    const titles = Object.keys(chinese).filter((key) => /^step\..*\.title$|^step\.face\./.test(key));
    for (const key of titles) expect([...(chinese[key] ?? "")].length, key).toBeLessThanOrEqual(16);
  });

  it("says what to do for every refusal the server knows", () => {
    const errors = readFileSync(join(ROOT, "vcounter/domain/errors.py"), "utf8");
    const codes = [...errors.matchAll(/^\s+code(?:, status)? (?:=|: ClassVar\[str\] =) "(\w+)"/gm)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(15);
    for (const code of [...codes, "network", "unknown", "code_wrong"]) expect(chinese[`problem.${code}`], String(code)).toBeDefined();
  });

  it("uses no key that is not there, and carries none that is not used", () => {
    const code = sources(join(import.meta.dirname, "../src"));
    const written = new Set([...code.matchAll(/["'`]([a-z_]+(?:\.[a-z_0-9]+)+)["'`]/g)].map((match) => match[1] ?? ""));
    const patterns = [...code.matchAll(/`([a-z_]+[a-z_.]*\$\{[^`\n]+)`/g)].map((match) => {
      const parts = (match[1] ?? "").split(/\$\{[^}]*\}/).map((part) => part.replace(/[^a-z_0-9.]/g, "").replace(/\./g, "\\."));
      return new RegExp(`^${parts.join("[a-z_0-9]+")}$`);
    });
    const unused = Object.keys(chinese).filter(
      (key) => !written.has(key) && !/^problem\./.test(key) && !patterns.some((pattern) => pattern.test(key)),
    );
    expect(unused).toEqual([]);
  });
});

describe("the spoken prompts", () => {
  it("are known texts, each once", () => {
    expect(new Set(SPOKEN).size).toBe(SPOKEN.length);
    for (const id of SPOKEN) expect(chinese[id], id).toBeDefined();
  });

  it("are listed, with their words, for those who record them (voice-prompts.json)", () => {
    const listed: unknown = JSON.parse(readFileSync(join(ROOT, "web/customer/voice-prompts.json"), "utf8"));
    expect(listed).toEqual(SPOKEN.map((id) => ({ id, "zh-CN": chinese[id], en: english[id] })));
  });
});
