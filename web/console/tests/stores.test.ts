import { beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "../src/api/http";
import * as visits from "../src/api/visits";
import type { AgentView, EvidenceView, OrderView, StepKind, StepState, StepView } from "../src/api/views";
import { lineQuality } from "../src/features/call/quality";
import { bestFace, newest, wantsReason, wordOf } from "../src/features/identity/evidence";
import { path } from "../src/features/actions/order";
import { matches } from "../src/features/actions/pick";
import { CATALOGUE } from "../src/features/actions/catalogue";
import { marksOf } from "../src/features/desk/timeline";
import { likely } from "../src/features/wrapup/wrapup";
import en from "../src/locales/en";
import zhCN from "../src/locales/zh-CN";
import { parsePlace } from "../src/router";
import { endedWell, facePlan, forget, guide, start, stepEnded, verifyPlan, withdraw } from "../src/stores/guide";
import { apply, sealed, show, visit } from "../src/stores/visit";

vi.mock("../src/api/visits");

const AT = "2026-11-21T12:00:00.000Z";
function step(id: string, kind: StepKind, state: StepState = "pushed", outcome = {}, more = {}): StepView {
  return { id, kind, state, outcome, params: {}, sealed: false, order_id: null, pushed_at: AT, ...more };
}
function view(): AgentView {
  return {
    visit: {
      id: "vis_1", state: "serving", lang: "zh-CN", region: "r", skill_group: "general", simulated: true, recording: "given",
      face_consent: "unasked", entered_at: AT, connected_at: AT, ended_at: null, msisdn: "13800006021", companion_of: null, aside: false,
    },
    customer: null, step: null, steps: [], messages: [], orders: [], undo_order: null, timeline: [], sms: [], customer_online: true, duress: false, companion: null,
    recording: { state: "growing", bytes: 1 },
    identity: { level: "L0", reference: "none", missing: [], needs_referee: false, referral: null, comparing: false, old_portrait: false, images: [], evidence: [] },
  };
}
function evidence(kind: string, at: string, more: Partial<EvidenceView> = {}): EvidenceView {
  return { id: kind + at, kind, outcome: "passed", reference: "none", zone: null, at, by: null, detail: {}, ...more };
}
const order = (state: OrderView["state"]) => ({ id: `ord_${state}`, state, action_id: "report_loss", created_at: AT }) as OrderView;

beforeEach(() => {
  vi.resetAllMocks();
  show(null);
  show(view());
  forget();
});

describe("the visit", () => {
  it("keeps each photo once, with or without photos in the view", () => {
    const photo = { id: "img_1", kind: "photo", what: "device", at: AT, width: 3, height: 2 };
    apply("photo", photo);
    apply("photo", photo);
    apply("photo", { ...photo, id: "img_2" });
    expect(visit.view?.photos?.map((one) => one.id)).toEqual(["img_1", "img_2"]);
    expect(visit.view?.identity.images).toEqual([]);
  });

  it("keeps one of each step, message and order however often it is told", () => {
    apply("step", { step: step("s1", "face") });
    apply("step", { step: step("s1", "face", "done") });
    apply("message", { id: "m1", sender: "customer", text: "好", at: AT });
    apply("message", { id: "m1", sender: "customer", text: "好", at: AT });

    expect(visit.view?.steps.map((one) => one.state)).toEqual(["done"]);
    expect(visit.view?.step).toBeNull();
    expect(visit.view?.messages).toHaveLength(1);
  });

  it("shows each SMS once, with its latest word, in both languages", () => {
    const sent = {
      id: "sms_1", template: "receipt.report_loss", version: 0, to_masked: "138****6021", state: "queued", reason: "",
      encoding: "ucs2", length: 80, segments: 2, queued_at: AT, sent_at: null, settled_at: null,
    };
    apply("sms", sent);
    apply("sms", { ...sent, state: "delivered", sent_at: AT, settled_at: AT });
    apply("sms", { ...sent, id: "sms_2", template: "sms_code", state: "failed" });

    const marks = marksOf(visit.view!).filter((mark) => mark.what.startsWith("sms."));
    expect(marks.map((mark) => [mark.what, mark.how, mark.tone])).toEqual([
      ["sms.receipt", "sms_state.delivered", "go"],
      ["sms.code", "sms_state.failed", "stop"],
    ]);
    expect(marks[0]?.values).toEqual({ n: 2, to: "138****6021" });
    for (const mark of marks)
      for (const texts of [zhCN, en]) expect([texts[mark.what], texts[mark.how]].every(Boolean)).toBe(true);
  });

  it("takes a step back by its own name, also when the room told of it first", async () => {
    apply("step", { step: step("s1", "card_back") });
    vi.mocked(visits.withdrawStep).mockImplementation(async () => apply("step", { step: step("s1", "card_back", "cancelled") }));

    await withdraw();

    expect(visit.view?.steps.map((one) => [one.kind, one.state])).toEqual([["card_back", "cancelled"]]);
  });

  it("covers the picture while a sealed step is up, and only then", () => {
    apply("step", { step: step("s1", "show", "pushed", {}, { sealed: true }) });
    expect(sealed.value).toBe(true);
    apply("step", { step: step("s1", "show", "done", {}, { sealed: true }) });
    expect(sealed.value).toBe(false);
  });

  it("forgets the customer's hints with the visit", () => {
    apply("challenge", { step_id: "s1", phase: "turn_left" });
    expect(visit.mirror.phase).toBe("turn_left");
    show({ ...view(), visit: { ...view().visit, id: "vis_2" } });
    expect(visit.mirror.phase).toBe("");
  });

  it("tells the face before the camera from the customer's line", () => {
    apply("presence", { state: "second" });
    expect(visit.view?.identity.presence?.state).toBe("second");
    expect(visit.view?.customer_online).toBe(true);
    apply("presence", { role: "customer", online: false });
    expect(visit.view?.customer_online).toBe(false);
    expect(visit.view?.identity.presence?.state).toBe("second");
  });

  it("knows who ended the call", () => {
    apply("visit", { visit: { state: "wrap_up", ended_at: AT } });
    expect(visit.hungUp).toBe("customer");

    show(null);
    show(view());
    visit.hungUp = "me";
    apply("visit", { visit: { state: "wrap_up", ended_at: AT } });
    expect(visit.hungUp).toBe("me");
  });

  it("lets an unknown event pass", () => {
    expect(() => apply("news", { any: 1 })).not.toThrow();
  });
});

describe("guiding", () => {
  it("asks consent before the face, and nothing twice", () => {
    expect(facePlan(false).map((push) => push.kind)).toEqual(["consent", "face"]);
    expect(verifyPlan(true).map((push) => push.kind)).toEqual(["face", "card_front", "card_back", "camera"]);
  });

  it("goes on by itself as each step ends well", async () => {
    vi.mocked(visits.pushStep).mockImplementation(async (_, kind) => step(`s_${kind}`, kind));

    await start(verifyPlan(false));
    await stepEnded(step("s_consent", "consent", "done", { given: "yes" }));
    await stepEnded(step("s_face", "face", "done"));

    expect(vi.mocked(visits.pushStep).mock.calls.map((call) => call[1])).toEqual(["consent", "face", "card_front"]);
    expect(guide.queue.map((push) => push.kind)).toEqual(["card_back", "camera"]);
  });

  it("knows which camera a step left on, and that the card's is the rear one", async () => {
    await stepEnded(step("s1", "card_front", "failed"));
    expect(guide.facing).toBe("environment");
    await stepEnded(step("s2", "face", "done"));
    expect(guide.facing).toBe("user");
  });

  it("stops when the customer refuses or a step fails", async () => {
    vi.mocked(visits.pushStep).mockImplementation(async (_, kind) => step(`s_${kind}`, kind));

    await start(facePlan(false));
    await stepEnded(step("s_consent", "consent", "declined", { given: "no" }));

    expect(visits.pushStep).toHaveBeenCalledTimes(1);
    expect(guide.queue).toEqual([]);
    expect(endedWell(step("s", "face", "failed"))).toBe(false);
  });

  it("asks for consent when the server says that it is missing", async () => {
    vi.mocked(visits.pushStep)
      .mockRejectedValueOnce(new ApiError("consent_missing", { consent: "face" }, 409))
      .mockImplementation(async (_, kind) => step(`s_${kind}`, kind));

    await start(facePlan(true));

    expect(vi.mocked(visits.pushStep).mock.calls.map((call) => call[1])).toEqual(["face", "consent"]);
    expect(guide.queue.map((push) => push.kind)).toEqual(["face"]);
  });

  it("does nothing at a double press", async () => {
    vi.mocked(visits.pushStep).mockImplementation(async (_, kind) => step(`s_${kind}`, kind));
    await Promise.all([start(facePlan(true)), start(facePlan(true))]);
    expect(visits.pushStep).toHaveBeenCalledTimes(1);
  });
});

describe("what the desk reads out of the visit", () => {
  it("takes the newest evidence and the strongest reference", () => {
    const list = [
      evidence("face_match", "2", { reference: "card", zone: "review", outcome: "review" }),
      evidence("face_match", "1", { reference: "enrolment", zone: "match" }),
      evidence("document", "1", { outcome: "failed" }),
      evidence("document", "2"),
    ];
    expect(bestFace(list)?.reference).toBe("enrolment");
    expect(newest(list).filter((one) => one.kind === "document").map((one) => one.outcome)).toEqual(["passed"]);
    expect(wantsReason(list)).toBe(true);
  });

  it("tells what is asked for from what is in doubt", () => {
    const item = (kind: string, outcome: EvidenceView["outcome"]) => wordOf(evidence(kind, "1", { outcome }));
    expect(item("approval", "review")).toBe("outcome.asked");
    expect(item("liveness", "review")).toBe("outcome.review");
    expect(wordOf(evidence("face_match", "1", { zone: "review" }))).toBe("zone.review");
  });

  it("says the line in one word", () => {
    const stats = { lossIn: 0, rttMs: 40 } as never;
    expect(lineQuality("connected", stats, true).word).toBe("good");
    expect(lineQuality("connected", { lossIn: 0.2, rttMs: 40 } as never, true).word).toBe("poor");
    expect(lineQuality("reconnecting", null, true).word).toBe("reconnecting");
    expect(lineQuality("connected", stats, false).word).toBe("away");
  });

  it("marks where an order stands", () => {
    expect(path("awaiting_customer").map((one) => one.mark)).toEqual(["past", "wait", "to_come", "to_come"]);
    expect(path("declined").map((one) => one.mark)).toEqual(["past", "bad", "to_come", "to_come"]);
    expect(path("succeeded").map((one) => one.mark)).toEqual(["past", "past", "past", "now"]);
    expect(path("unknown")[2]).toEqual({ state: "unknown", mark: "wait" });
  });

  it("suggests the result that the orders show", () => {
    expect(likely({ ...view(), orders: [order("succeeded"), order("cancelled")] })).toBe("done");
    expect(likely({ ...view(), orders: [order("succeeded"), order("failed")] })).toBe("partly_done");
    expect(likely({ ...view(), orders: [order("declined")] })).toBe("not_done");
    expect(likely(view())).toBe("");
    expect(likely({ ...view(), identity: { ...view().identity, referral: { state: "failed", reason: "" } } })).toBe("referred");
  });

  it("draws the timeline in order, each fact once", () => {
    const drawn = marksOf({ ...view(), steps: [step("s1", "face", "done"), step("s2", "card_front", "replaced")], orders: [order("succeeded")] });
    expect(drawn.map((mark) => mark.what)).toEqual(["timeline.entered", "timeline.connected", "action:report_loss"]);
  });

  it("finds an action by initials, Chinese, English and number", () => {
    const by = (wanted: string) => CATALOGUE.filter((entry) => matches(entry, wanted)).map((entry) => entry.id);
    expect(CATALOGUE).toHaveLength(31);
    for (const wanted of ["gs", "挂失", "report loss", "4 "]) expect(by(wanted)).toContain("report_loss");
    expect(by("")).toHaveLength(31);
  });

  it("knows its pages by the address", () => {
    expect(parsePlace("#/recordings/vis_1")).toEqual({ name: "recording", id: "vis_1" });
    expect(parsePlace("#/referrals")).toEqual({ name: "referrals", id: "" });
    expect(parsePlace("#/nowhere")).toEqual({ name: "desk", id: "" });
  });
});
