import { describe, expect, it, vi } from "vitest";

import type { EvidenceView, IdentityView } from "../src/api/identity";
import type { ReferralView, StepView } from "../src/api/views";
import { wantsReference } from "../src/features/actions/pick";
import { hindrance, relevant } from "../src/features/identity/agreement";
import { checklist } from "../src/features/identity/noface";
import { isCapturing, isOutdated, refusedBy } from "../src/features/identity/standing";
import en from "../src/locales/en";
import zhCN from "../src/locales/zh-CN";
import { alerts, takeAlerts } from "../src/stores/alerts";

vi.mock("../src/adapter/toast", () => ({ toast: vi.fn() }));

const fact = (kind: string, at: string, outcome: EvidenceView["outcome"] = "passed", more: Partial<EvidenceView> = {}): EvidenceView =>
  ({ id: kind + at, kind, outcome, reference: "none", zone: null, at, by: null, detail: {}, ...more });
const identity = (evidence: EvidenceView[], more: Partial<IdentityView> = {}): IdentityView => ({
  level: "L0", reference: "none", missing: ["referee_decision"], needs_referee: true, referral: null, comparing: false,
  old_portrait: false, images: [], path: "face", presence: { state: "same", at: null }, evidence, ...more,
});
const step = (kind: string, state: string, purpose = ""): StepView =>
  ({ id: kind + state, kind, state, params: purpose ? { purpose } : {}, outcome: {}, sealed: false, order_id: null, pushed_at: "1" }) as StepView;

describe("a refusal", () => {
  it("stands until something new is gathered, and a look at the same face is nothing new", () => {
    const refused = [fact("card_front", "1"), fact("referee_decision", "2", "failed"), fact("presence", "3")];
    expect(refusedBy(identity(refused))).toBe("lead");
    expect(hindrance(identity(refused), false)).toBe("refused_lead");
    expect(refusedBy(identity([...refused, fact("card_front", "4")]))).toBeNull();
    expect(refusedBy(identity([fact("agent_decision", "2", "failed")]))).toBe("agent");
  });

  it("that newer material has overtaken wants another decision", () => {
    const evidence = [fact("card_front", "1"), fact("agent_decision", "2")];
    expect(isOutdated(identity(evidence))).toBe(false);
    expect(isOutdated(identity([...evidence, fact("card_front", "3")]))).toBe(true);
    expect(isOutdated(identity([fact("card_front", "1")]))).toBe(false);
  });
});

describe("the moment", () => {
  it("is not for a decision while a picture is taken", () => {
    expect(isCapturing(step("card_tilt", "pushed"))).toBe(true);
    expect(isCapturing(step("card_front", "done"))).toBe(false);
    expect(isCapturing(step("message", "pushed"))).toBe(false);
    expect(hindrance(identity([], { needs_referee: false, missing: [] }), false, true)).toBe("capturing");
  });

  it("has words in both languages", () => {
    for (const why of ["refused_lead", "refused_agent", "capturing"])
      for (const texts of [zhCN, en]) expect(texts[`decision_why.${why}`], why).toBeTruthy();
  });
});

describe("what stands in for a face", () => {
  const of = (kind: string, evidence: EvidenceView[], steps: StepView[] = []) =>
    checklist(identity(evidence, { path: "no_face" }), steps).find((one) => one.kind === kind)?.state;

  it("is not failed by questions that are still asked", () => {
    expect(of("control_questions", [fact("control_questions", "1", "review")])).toBe("asking");
  });

  it("is failed by a code keyed wrongly, which leaves its step only", () => {
    expect(of("contact_code", [], [step("number_pad", "failed", "contact_code")])).toBe("failed");
    expect(of("contact_code", [], [step("number_pad", "failed", "sms_code")])).toBe("open");
  });

  it("bars what rests on a portrait", () => {
    const action = { assurance: "L2", reference_independent: false, reversible: true };
    expect(wantsReference(action)).toBe(false);
    expect(wantsReference({ ...action, reference_independent: true })).toBe(true);
    expect(wantsReference({ ...action, reversible: false })).toBe(true);
    expect(wantsReference({ ...action, assurance: "L1", reversible: false })).toBe(false);
  });
});

it("leaves the authority out until one was asked", () => {
  const agreement = [{ code: "face_authority", state: "unknown" as const, by: "face_match" }];
  expect(relevant(identity([], { agreement }))).toEqual([]);
  expect(relevant(identity([fact("face_match", "1", "review", { reference: "authority" })], { agreement }))).toHaveLength(1);
});

it("keeps a lead's alerts to what the queue says is marked", () => {
  const item = (visit_id: string, ask: ReferralView["ask"]) =>
    ({ visit_id, ask, reason: "", agent: { name: "王", badge: "A1" }, identity: identity([]) }) as ReferralView;
  takeAlerts([item("v1", "decision"), item("v2", "duress")]);
  expect(alerts.list).toEqual([{ visitId: "v2", ask: "duress", agent: "王 A1" }]);
});
