/// <reference types="node" />
/** Each spoken prompt has a recording in both languages, made from the words that are on the screen today. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const CUSTOMER = join(import.meta.dirname, "..");
const VOICE = join(CUSTOMER, "public/voice");
const REMAKE = "run scripts/make_voice.py (docs/voice.md)";

type Lang = "zh-CN" | "en";
type Prompt = Record<Lang | "id", string>;

const prompts = JSON.parse(readFileSync(join(CUSTOMER, "voice-prompts.json"), "utf8")) as Prompt[];
const manifest = JSON.parse(readFileSync(join(VOICE, "manifest.json"), "utf8")) as Record<string, string[]>;
const fingerprint = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

describe.each<Lang>(["zh-CN", "en"])("the recordings in %s", (lang) => {
  it("were made from the prompts' present words", () => {
    const made = new Map((manifest[lang] ?? []).map((id, at) => [id, manifest[`${lang}.sha256`]?.[at]]));
    const stale = prompts.filter((prompt) => made.get(prompt.id) !== fingerprint(prompt[lang])).map((prompt) => prompt.id);
    expect(stale, REMAKE).toEqual([]);
    expect(made.size, "the manifest lists what is spoken, and nothing else").toBe(prompts.length);
  });

  it("are there as MP3, one for each prompt and no other", () => {
    const wanted = prompts.map((prompt) => `${prompt.id}.mp3`).sort();
    expect(readdirSync(join(VOICE, lang)).sort(), REMAKE).toEqual(wanted);
    for (const name of wanted) {
      const start = readFileSync(join(VOICE, lang, name)).subarray(0, 2);
      // Frame sync of MPEG-2 layer III: no tag before it.
      expect([start[0], (start[1] ?? 0) & 0xfe], name).toEqual([0xff, 0xf2]);
    }
  });

  it("are long enough to say the words, and none longer than a phone should load", () => {
    for (const prompt of prompts) {
      const path = join(VOICE, lang, `${prompt.id}.mp3`);
      const seconds = existsSync(path) ? statSync(path).size / 6000 : 0;
      const unit = lang === "en" ? 0.05 : 0.16;
      expect(seconds, prompt.id).toBeGreaterThan(prompt[lang].length * unit);
      expect(seconds, prompt.id).toBeLessThan(0.8 + prompt[lang].length * unit * 3);
    }
  });
});
