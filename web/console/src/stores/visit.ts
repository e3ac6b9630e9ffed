/** The visit at the desk: what the server said last, changed by the room's events. */
import { computed, reactive } from "vue";

import type { PresenceState } from "../api/identity";
import * as visits from "../api/visits";
import type {
  AgentView,
  CustomerRecord,
  IdentityView,
  MessageView,
  OrderView,
  PhotoView,
  RecordingLight,
  StepView,
  SmsView,
  TimelineItem,
  VisitFacts,
} from "../api/views";

/** What the customer's page last told about the step on its screen; never the digits of a secret. */
export interface Mirror {
  step_id: string;
  phase: string;
  hint: string;
  detail: string;
}

const nothing = (): Mirror => ({ step_id: "", phase: "", hint: "", detail: "" });

export const visit = reactive({
  view: null as AgentView | null,
  mirror: nothing(),
  screen: "", // the page the customer is on when no step is up
  hungUp: "" as "me" | "customer" | "", // who ended the call, as far as this page saw it
});

export const serving = computed(() => visit.view?.visit.state === "serving");
export const sealed = computed(() => !!visit.view?.step?.sealed && visit.view.step.state === "pushed");

export function show(view: AgentView | null): void {
  if (view?.visit.id !== visit.view?.visit.id) {
    visit.mirror = nothing();
    visit.screen = "";
    visit.hungUp = "";
  }
  visit.view = view;
}

export async function reload(id: string): Promise<void> {
  show(await visits.visit(id));
}

function place<T extends { id: string }>(list: T[], item: T): void {
  const at = list.findIndex((other) => other.id === item.id);
  if (at >= 0) list[at] = item;
  else list.push(item);
}

export function takeOrder(order: OrderView): void {
  if (visit.view) place(visit.view.orders, order);
}

export function takeStep(step: StepView | null): void {
  const view = visit.view;
  if (!view) return;
  if (step) place(view.steps, step);
  view.step = step && step.state === "pushed" ? step : null;
  if (step && visit.mirror.step_id !== step.id) visit.mirror = { ...nothing(), step_id: step.id };
}

export function takeIdentity(identity: IdentityView): void {
  if (visit.view) visit.view.identity = identity;
}

export function takeMessage(message: MessageView): void {
  if (visit.view) place(visit.view.messages, message);
}

function takeMirror(body: Record<string, unknown>): void {
  const word = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  visit.mirror = {
    step_id: word("step_id") || visit.mirror.step_id,
    phase: word("phase"),
    hint: word("hint"),
    detail: word("detail"),
  };
}

/** Whether the face that passed is still the one before the camera; a network's presence is something else. */
function takePresence(view: AgentView, body: Record<string, unknown>): void {
  if (typeof body["state"] === "string") {
    view.identity.presence = { state: body["state"] as PresenceState, at: String(body["at"] ?? new Date().toISOString()) };
  } else if (body["role"] !== "agent") {
    view.customer_online = body["online"] === true;
  }
}

function takeVisit(view: AgentView, facts: VisitFacts): void {
  const before = view.visit.state;
  view.visit = { ...view.visit, ...facts };
  if (before === "serving" && view.visit.ended_at && !visit.hungUp) visit.hungUp = "customer";
}

/** One event of the visit's room. A kind that this page does not know is left alone. */
export function apply(kind: string, body: Record<string, unknown>): void {
  const view = visit.view;
  if (!view) return;
  const raw: unknown = body;
  switch (kind) {
    case "visit":
      takeVisit(view, body["visit"] as VisitFacts);
      break;
    case "customer":
      view.customer = body["customer"] as CustomerRecord | null;
      break;
    case "step":
      takeStep(body["step"] as StepView | null);
      break;
    case "message":
      takeMessage(raw as MessageView);
      break;
    case "identity":
      takeIdentity(raw as IdentityView);
      break;
    case "photo":
      place((view.photos ??= []), raw as PhotoView);
      break;
    case "order":
      takeOrder(raw as OrderView);
      break;
    case "sms":
      place(view.sms, raw as SmsView);
      break;
    case "timeline":
      view.timeline.push(raw as TimelineItem);
      break;
    case "recording":
      view.recording = raw as RecordingLight;
      break;
    case "presence":
      takePresence(view, body);
      break;
    case "progress":
    case "challenge":
    case "tilt":
      takeMirror(body);
      break;
    case "screen":
      visit.screen = String(body["what"] ?? "");
      visit.mirror.detail = String(body["detail"] ?? "");
      break;
    default:
  }
}
