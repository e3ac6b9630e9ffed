import { describe, expect, it } from "vitest";

import type { AgreementItem, CardReading, IdentityView } from "../src/api/identity";
import { RETAKE_REASONS, DOCUMENT_TYPES } from "../src/api/identity";
import type { EvidenceView } from "../src/api/views";
import { hindrance, mayTry, nextKeys, relevant, sortAgreement, type Hindrance } from "../src/features/identity/agreement";
import { answer, begin, byKey as askKey, isComplete } from "../src/features/identity/asking";
import { readOther } from "../src/features/identity/document";
import { checklist } from "../src/features/identity/noface";
import { emptyDraft, marks, prefill } from "../src/features/identity/prefill";
import { byKey, shift, whole, zoomAt, ZOOM_MOST } from "../src/features/identity/zoom";
import { rowsOf } from "../src/features/referral/stats";
import en from "../src/locales/en";
import zhCN from "../src/locales/zh-CN";
import { cardPush, verifyPlan } from "../src/stores/guide";
import { readMoment } from "../src/ui/dates";

const CODES = [
  "number", "name", "birth", "sex", "valid", "stream_front", "stream_back", "liveness", "same_person",
  "face_enrolment", "face_authority", "face_card",
] as const;
const item = (code: string, state: AgreementItem["state"]): AgreementItem => ({ code, state, by: "document", detail: {} });
const identity = (more: Partial<IdentityView> = {}): IdentityView => ({
  level: "L0", reference: "none", missing: ["agent_decision"], needs_referee: false, referral: null, comparing: false,
  old_portrait: false, images: [], evidence: [], path: "face", presence: { state: "same", at: null }, ...more,
});
const fact = (kind: string, outcome: EvidenceView["outcome"] = "passed"): EvidenceView =>
  ({ id: kind, kind, outcome, reference: "none", zone: null, at: "1", by: null, detail: {} });

describe("what agrees", () => {
  it("shows trouble first, the worst on top, and the rest in the server's order", () => {
    const sorted = sortAgreement([item("number", "agrees"), item("name", "review"), item("sex", "differs"), item("valid", "unknown")]);

    expect(sorted.look.map((one) => one.code)).toEqual(["sex", "name"]);
    expect(sorted.good.map((one) => one.code)).toEqual(["number"]);
    expect(sorted.open.map((one) => one.code)).toEqual(["valid"]);
  });

  it("has a name, a word and a next step for each code and each bad state, in both languages", () => {
    for (const texts of [zhCN, en])
      for (const code of CODES) {
        expect(texts[`agree.${code}`], code).toBeTruthy();
        for (const state of ["review", "differs"] as const)
          expect(nextKeys(item(code, state)).find((key) => key in texts), `${code} ${state}`).toContain(code);
      }
  });

  it("leaves the faces out where the customer keeps theirs", () => {
    const agreement = CODES.map((code) => item(code, "unknown"));
    expect(relevant(identity({ agreement, path: "no_face" })).map((one) => one.code)).toEqual(CODES.slice(0, 7));
  });
});

describe("why a pass is refused", () => {
  it.each([
    [{}, null],
    [{ comparing: true }, "comparing"],
    [{ fraud: { on: true, before: false } }, "fraud"],
    [{ presence: { state: "absent", at: null } }, "presence_absent"],
    [{ presence: { state: "second", at: null } }, "presence_second"],
    [{ presence: { state: "other", at: null } }, "presence_other"],
    [{ presence: { state: "absent", at: null }, path: "no_face" }, null],
    [{ missing: ["document", "face_match"] }, "gather"],
    [{ missing: ["presence"] }, null],
    [{ missing: ["document"], presence: { state: "absent", at: null } }, "gather"],
    [{ missing: ["document"], presence: { state: "other", at: null } }, "presence_other"],
    [{ missing: ["referee_decision"], needs_referee: true }, "referee"],
  ] as [Partial<IdentityView>, string | null][])("%j: %s", (more, why) => {
    expect(hindrance(identity(more), false)).toBe(why);
    if (why) expect(zhCN[`decision_why.${why}`]).toBeTruthy();
  });

  it("lets the server look once more where the face was only out of sight", () => {
    expect(["presence_absent", "presence_second", "presence_other", "referee", "fraud"].map((why) => mayTry(why as Hindrance))).toEqual([
      true, true, false, false, false,
    ]);
  });

  it("wants a reason last of all", () => {
    expect(hindrance(identity(), true)).toBe("reason");
    expect(hindrance(identity({ missing: ["document"] }), true)).toBe("gather");
  });
});

const READING: CardReading = {
  front: "read", back: "read", faults: [], warnings: [],
  fields: [
    { side: "front", name: "name", text: "张桂芳", confidence: 0.99, state: "agrees" },
    { side: "front", name: "number", text: "11010519491231002X", confidence: 0.81, state: "agrees" },
    { side: "back", name: "valid_from", text: "2019-03-02", confidence: 0.97, state: "unknown" },
    { side: "back", name: "valid_until", text: "long_term", confidence: 0.97, state: "unknown" },
  ],
};

describe("the machine's reading", () => {
  it("fills the form and leaves alone what the agent has typed", () => {
    const form = { ...emptyDraft(), name: "张桂方" };

    const filled = prefill(form, READING, new Set(["name"]));

    expect(form).toEqual({ name: "张桂方", number: "11010519491231002X", from: "20190302", until: "", long: true });
    expect(filled).toEqual(["number", "from", "until"]);
  });

  it("marks each field by the record first, then by how surely it was read, until it is corrected", () => {
    const form = emptyDraft();
    prefill(form, READING, new Set());
    expect(marks(form, READING)).toEqual({ name: "agrees", number: "unsure", from: "read", until: "read" });

    form.number = "110105194912310021";
    expect(marks(form, READING).number).toBeUndefined();
  });

  it("says that a field differs however surely it was read", () => {
    const differing = { ...READING, fields: READING.fields.map((one) => ({ ...one, state: "differs" as const, confidence: 0.5 })) };
    const form = emptyDraft();
    prefill(form, differing, new Set());
    expect(marks(form, differing).name).toBe("differs");
  });

  it("is not asked for of other documents: letters and digits are all a browser can check", () => {
    expect(readOther("ｅ12345678").fault).toBeNull();
    expect(readOther("E123/45").fault).toBe("shape");
    expect(readOther("E12").fault).toBe("short");
  });
});

describe("the control questions", () => {
  it("are answered by 1 and 0, one after the other", () => {
    let state = begin(["plan", "year", "tail"]);
    for (const key of ["1", "0"]) state = askKey(state, key) ?? state;
    expect(state).toMatchObject({ at: 2, answers: { plan: true, year: false } });
    expect(isComplete(state)).toBe(false);

    state = askKey(state, "1") ?? state;
    expect(isComplete(state)).toBe(true);
  });

  it("can be gone back to, and no other key answers", () => {
    const state = answer(begin(["plan", "year"]), "plan", true);
    expect(askKey(state, "ArrowUp")?.at).toBe(0);
    expect(askKey(state, "2")).toBeNull();
    expect(askKey(begin([]), "1")).toBeNull();
    expect(isComplete(begin([]))).toBe(false);
  });
});

describe("the way without a face", () => {
  it("names the one thing to do now", () => {
    const states = checklist(identity({ path: "no_face", evidence: [fact("card_front"), fact("card_back", "review")] }));
    expect(states.map((one) => one.state)).toEqual(["done", "done", "now", "open", "open", "open"]);
  });

  it("stays at what failed", () => {
    const evidence = [fact("card_front"), fact("card_back"), fact("document"), fact("control_questions", "failed")];
    const states = checklist(identity({ path: "no_face", evidence }));
    expect(states[3]?.state).toBe("failed");
    expect(states.some((one) => one.state === "now")).toBe(false);
  });
});

describe("zooming", () => {
  it("keeps the point under the cursor where it is", () => {
    const view = zoomAt(whole(), 2, 0.25, -0.25);
    expect(view).toEqual({ zoom: 2, x: -0.25, y: 0.25 });
  });

  it("never goes below the whole picture, above the most, or out of sight", () => {
    expect(zoomAt(whole(), 0.5)).toEqual(whole());
    expect(zoomAt(whole(), 1000).zoom).toBe(ZOOM_MOST);
    expect(shift({ zoom: 2, x: 0, y: 0 }, 9, -9)).toEqual({ zoom: 2, x: 0.5, y: -0.5 });
  });

  it("goes by keys, and other keys are not its own", () => {
    const near = byKey(whole(), "+") ?? whole();
    expect(near.zoom).toBeGreaterThan(1);
    expect(byKey(near, "0")).toEqual(whole());
    expect(byKey(near, "ArrowRight")?.x).toBeLessThan(0);
    expect(byKey(near, "a")).toBeNull();
  });
});

describe("steps and figures", () => {
  it("names another document to the customer's page, and only then", () => {
    expect(cardPush("card_front", "resident_id").params).toEqual({});
    expect(verifyPlan(true).map((push) => push.kind)).toEqual(["face", "card_front", "card_back", "camera"]);
    expect(verifyPlan(true, "passport")[1]).toEqual({ kind: "card_front", params: { document: "passport" } });
  });

  it("has words for every document and every reason to take a picture again", () => {
    const wanted = [...DOCUMENT_TYPES.map((code) => `document_type.${code}`), ...RETAKE_REASONS.map((code) => `retake.${code}`)];
    expect(wanted.filter((key) => !(key in zhCN))).toEqual([]);
  });

  it("orders counts by size with their share", () => {
    expect(rowsOf({ agent: 3, referee: 1, no_face: 0 })).toEqual([
      { code: "agent", n: 3, share: 0.75 },
      { code: "referee", n: 1, share: 0.25 },
    ]);
    expect(rowsOf({})).toEqual([]);
  });

  it.each([
    ["2026-11-21 15:00", "2026-11-21T15:00"],
    ["20261121 9:05", "2026-11-21T09:05"],
    ["2026-11-21T15:00", "2026-11-21T15:00"],
    ["2026-11-21 25:00", ""],
    ["2026-11-21", ""],
  ])("reads the moment %s as %s", (text, moment) => {
    expect(readMoment(text)).toBe(moment);
  });
});
