import { expect, it } from "vitest";
import { activeStep, apply, putsAway, screenOf } from "../src/call/reducer";
import type { CustomerView, StepView } from "../src/call/types";

const VIEW: CustomerView = {
  visit: { id: "vis_1", state: "serving", lang: "zh-CN", recording: "given" },
  agent: null,
  place: null,
  step: null,
  messages: [],
  receipts: [],
  media: { started: true },
};
const STEP: StepView = { id: "stp_1", kind: "face", params: {}, state: "pushed", sealed: false, outcome: {}, pushed_at: "" };
const receipt = (state: string) => ({ order_id: "ord_1", title: "x", lines: [], undo: null, at: "", state });

it("shows a step only while it waits for an answer", () => {
  expect(activeStep(apply(VIEW, "step", { step: STEP }).step)).toEqual(STEP);
  expect(activeStep(apply(VIEW, "step", { step: { ...STEP, state: "done" } }).step)).toBeNull();
  expect(activeStep(apply(VIEW, "step", { step: null }).step)).toBeNull();
});

it("keeps messages when a visit event comes without them", () => {
  const message = { id: "m1", sender: "agent", text: "hello", at: "" };
  const after = apply(apply(VIEW, "message", message), "visit", { visit: { ...VIEW.visit, state: "wrap_up" } });
  expect(after.messages).toHaveLength(1);
  expect(screenOf(after)).toBe("ended");
});

it("counts a repeated message and a settled receipt once", () => {
  const message = { id: "m1", sender: "agent", text: "hello", at: "" };
  expect(apply(apply(VIEW, "message", message), "message", message).messages).toHaveLength(1);
  const settled = apply(apply(VIEW, "receipt", receipt("unknown")), "receipt", receipt("succeeded"));
  expect(settled.receipts.map((one) => one.state)).toEqual(["succeeded"]);
});

it("goes on over an event that it does not know", () => {
  expect(apply(VIEW, "something_new", { a: 1 })).toBe(VIEW);
});

it("knows the screen for each state of a visit", () => {
  const screen = (state: CustomerView["visit"]["state"]): string => screenOf({ ...VIEW, visit: { ...VIEW.visit, state } });
  expect([screen("waiting"), screen("offered"), screen("transferring")]).toEqual(["waiting", "waiting", "waiting"]);
  expect([screen("serving"), screen("call_back"), screen("closed"), screen("abandoned")]).toEqual(["call", "callback", "ended", "ended"]);
});

it("keeps a receipt behind what its own order shows, and puts it away for anything else", () => {
  expect(putsAway({ ...STEP, kind: "show", order_id: "ord_1" }, receipt("succeeded"))).toBe(false);
  expect(putsAway({ ...STEP, order_id: "ord_2" }, receipt("succeeded"))).toBe(true);
  expect(putsAway({ ...STEP, order_id: null }, receipt("succeeded"))).toBe(true);
  expect(putsAway({ ...STEP, order_id: "ord_2", state: "done" }, receipt("succeeded"))).toBe(false);
});
