import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { CASES } from "../src/features/demo/cases";
import { DISPOSITIONS, TAGS } from "../src/features/wrapup/wrapup";
import { KEYS } from "../src/keys/keys";
import en from "../src/locales/en";
import zhCN from "../src/locales/zh-CN";

const SRC = join(__dirname, "../src");
const ERRORS = join(__dirname, "../../../vcounter/domain/errors.py");

function sources(folder = SRC): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "locales" ? [] : sources(path);
    return /\.(ts|vue)$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe("the desk's texts", () => {
  it("exist in both languages with the same places for values", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zhCN).sort());
    for (const [key, text] of Object.entries(zhCN)) {
      expect(text, key).not.toBe("");
      expect(places(en[key] ?? ""), key).toEqual(places(text));
    }
  });

  it("hold every key that the pages name outright", () => {
    const named = sources().flatMap((text) => [...text.matchAll(/\bt\(\s*"([\w.-]+)"/g)].map((m) => m[1] ?? ""));
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((key) => !(key in zhCN))).toEqual([]);
  });

  it("hold a problem for every error code of the counter and of the wire", () => {
    const codes = [...readFileSync(ERRORS, "utf8").matchAll(/code, status = "(\w+)"/g)].map((m) => m[1]);
    expect(codes.length).toBeGreaterThan(20);
    const all = [...codes, "counter_error", "network", "timeout", "offline", "unknown"];
    expect(all.filter((code) => !(`problem.${code}` in zhCN))).toEqual([]);
  });

  it("name every tick, practice customer and key", () => {
    const wanted = [
      ...DISPOSITIONS.map((name) => `disposition.${name}`),
      ...TAGS.map((name) => `tag.${name}`),
      ...CASES.map((name) => `demo_case.${name}`),
    ];
    expect(wanted.filter((key) => !(key in zhCN))).toEqual([]);
    expect(new Set(Object.values(KEYS)).size).toBe(Object.keys(KEYS).length);
  });
});
