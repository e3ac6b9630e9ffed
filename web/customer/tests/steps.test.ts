/// <reference types="node" />
/** What the identity steps show for what the server sends: turns, pictures, words of documents, lines. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Challenge, StepView } from "../src/call/types";
import { zhCN } from "../src/locales/zh-CN";
import { cardWords } from "../src/steps/card-words";
import { helpFor } from "../src/steps/help";
import { linesOf } from "../src/steps/lines";
import { turnsAfter } from "../src/steps/turns";

const ROOT = join(import.meta.dirname, "../../..");
const ASSETS = join(import.meta.dirname, "../public/assets");
const texts: Record<string, string> = zhCN;
const RETAKES = ["blurred", "glare", "too_dark", "too_far", "cut_off", "finger", "wrong_side", "face_hidden", "look_again", "other"];

function run(...words: [Challenge["phase"], string?][]): number[] {
  let before: Challenge | null = null;
  let turns = 0;
  return words.map(([phase, hint = ""]) => {
    const now: Challenge = { step_id: "s", phase, hint };
    turns = turnsAfter(turns, before, now);
    before = now;
    return turns;
  });
}

describe("the count of head turns", () => {
  it("counts each turn once, however often its hint changes", () => {
    expect(run(["straight"], ["hold"], ["turn_left"], ["turn_left", "further"], ["straight", "back"], ["hold"], ["turn_right"], ["straight", "back"], ["done"])).toEqual([0, 0, 1, 1, 1, 1, 2, 2, 2]);
  });

  it("counts a turn from one side to the other, and the same side again after a look back", () => {
    expect(run(["turn_left"], ["turn_right"], ["straight", "back"], ["turn_right"])).toEqual([1, 2, 2, 3]);
  });

  it("begins again after a mistake and after a fresh start, but not for a dark moment", () => {
    expect(run(["turn_left"], ["straight", "back"], ["retry", "too_early"])).toEqual([1, 1, 0]);
    expect(run(["turn_left"], ["straight", "back"], ["straight"])).toEqual([1, 1, 0]);
    expect(run(["turn_left"], ["straight", "too_dark"], ["straight", "back"])).toEqual([1, 1, 1]);
  });
});

describe("the pictures of what to do", () => {
  it("are there for each name", () => {
    for (const code of [...RETAKES, "too_bright", "no_card", "too_small", "steady", "closer"]) {
      const name = helpFor(code, "card_back");
      if (name) expect(existsSync(join(ASSETS, `help-${name}.svg`)), name).toBe(true);
    }
  });

  it("show one for every refusal of a card that a change of hand or light mends", () => {
    const plain = ["empty", "not_a_picture", "too_large"];
    const reasons = Object.keys(texts).flatMap((key) => /^problem\.image_unusable\.(\w+)$/.exec(key)?.[1] ?? []);
    expect(reasons.length).toBeGreaterThan(8);
    expect(reasons.filter((reason) => !helpFor(reason, "card_back")).sort()).toEqual(plain.sort());
  });

  it("turn the card towards the side that is asked for", () => {
    expect([helpFor("wrong_side", "card_back"), helpFor("wrong_side", "card_front")]).toEqual(["flip", "flip-front"]);
    expect(existsSync(join(ASSETS, "help-flip-front.svg"))).toBe(true);
  });

  it("draw no card where a face is asked for", () => {
    expect(helpFor("glare", "face")).toBe("");
    expect(helpFor("face_hidden", "face")).toBe("face");
  });
});

describe("the words", () => {
  it("say why, for each code of a retake", () => {
    for (const code of RETAKES) expect(texts[`retake.${code}`], code).toBeDefined();
  });

  it("name every document that the counter takes, on both sides", () => {
    const source = readFileSync(join(ROOT, "vcounter/domain/documents.py"), "utf8");
    const types = [...source.matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm)].map((match) => match[1]);
    expect(types.length).toBeGreaterThan(4);
    for (const type of [...types, undefined]) {
      for (const side of ["card_front", "card_back"] as const) {
        expect(texts[`step.${cardWords(side, type)}.title`], type).toBeDefined();
        expect(texts[`step.${cardWords(side, type)}.say`], type).toBeDefined();
      }
    }
    expect(cardWords("card_front", "passport")).toBe("card_front_passport");
    expect(cardWords("card_back", "resident_id")).toBe("card_back");
  });

  it("come as a list, and as one line where they are no list", () => {
    const step = (lines?: string): StepView => ({ id: "s", kind: "read_back", params: lines === undefined ? {} : { lines }, state: "pushed", sealed: false, outcome: {}, pushed_at: "" });
    expect(linesOf(step('["a","b"]'))).toEqual(["a", "b"]);
    expect(linesOf(step("plain"))).toEqual(["plain"]);
    expect(linesOf(step())).toEqual([]);
  });
});
