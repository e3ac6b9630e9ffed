/** What happened in the visit, in order: drawn from the view itself, so that it is always up to date. */
import type { AgentView, SmsView } from "../../api/views";
import type { Tone } from "../../adapter/toast";
import { wordOf } from "../identity/evidence";

export interface Mark {
  at: string;
  /** Locale keys: what it is about, and how it ended. */
  what: string;
  how: string;
  tone: Tone;
  /** What stands in the places of `how`. */
  values?: Record<string, string | number>;
}

const STEP_TONES: Record<string, Tone> = { done: "go", failed: "stop", declined: "stop" };
const OUTCOME_TONES: Record<string, Tone> = { passed: "go", review: "wait", failed: "stop" };
const ORDER_TONES: Record<string, Tone> = { succeeded: "go", failed: "stop", declined: "stop", unknown: "wait" };
const SMS_TONES: Record<string, Tone> = { delivered: "go", failed: "stop" };
const SMS_NAMES: Record<string, string> = { sms_code: "sms.code", contact_code: "sms.contact_code", new_contact_code: "sms.new_contact_code" };
/** Steps whose result is told by evidence or by an order already. */
const TOLD_ELSEWHERE = new Set(["face", "card_front", "card_back", "confirm", "read_back"]);

export function marksOf(view: AgentView): Mark[] {
  const { visit } = view;
  const marks: Mark[] = [{ at: visit.entered_at, what: "timeline.entered", how: "", tone: "plain" }];
  const add = (at: string | null | undefined, what: string, how = "", tone: Tone = "plain") => {
    if (at) marks.push({ at, what, how, tone });
  };
  add(visit.connected_at, "timeline.connected");
  for (const step of view.steps) {
    if (["pushed", "replaced"].includes(step.state)) continue;
    if (step.state === "done" && TOLD_ELSEWHERE.has(step.kind)) continue;
    const refused = step.outcome["given"] === "no";
    const state = refused ? "declined" : step.state;
    const how = step.outcome["result"] === "no_tries_left" ? "answer.no_tries_left" : `step_state.${state}`;
    add(step.ended_at ?? step.pushed_at, step.kind ? `step.${step.kind}` : "step.other", how, STEP_TONES[state] ?? "plain");
  }
  for (const item of view.identity.evidence) {
    add(item.at, `evidence.${item.kind}`, wordOf(item), OUTCOME_TONES[item.outcome] ?? "plain");
  }
  for (const order of view.orders) {
    const at = order.settled_at ?? order.confirmed_at ?? order.created_at;
    add(at, `action:${order.action_id}`, `order_state.${order.state}`, ORDER_TONES[order.state] ?? "plain");
  }
  for (const sms of view.sms) marks.push(smsMark(sms));
  add(visit.ended_at, "timeline.ended");
  return marks.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** An SMS stands where it was handed over; its word follows what becomes of it. */
function smsMark(sms: SmsView): Mark {
  const other = sms.template.startsWith("receipt.") ? "sms.receipt" : "sms.other";
  return {
    at: sms.sent_at ?? sms.queued_at,
    what: SMS_NAMES[sms.template] ?? other,
    how: `sms_state.${sms.state}`,
    tone: SMS_TONES[sms.state] ?? "plain",
    values: { n: sms.segments, to: sms.to_masked },
  };
}
