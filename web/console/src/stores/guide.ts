/** What the agent puts on the customer's screen, also several things one after the other. */
import { computed, reactive } from "vue";

import { ApiError } from "../api/http";
import type { DocumentType } from "../api/identity";
import * as visits from "../api/visits";
import type { StepKind, StepView } from "../api/views";
import { takeStep, visit } from "./visit";

export interface Push {
  kind: StepKind;
  params: Record<string, string>;
}

export const guide = reactive({
  queue: [] as Push[], // what follows when the step on the screen ends well
  facing: "user" as "user" | "environment",
  torch: "off" as "on" | "off",
  pushing: false,
  document: "resident_id" as DocumentType, // what the customer said they have
});

export const consentGiven = computed(() => visit.view?.visit.face_consent === "given");

const CONSENT: Push = { kind: "consent", params: { topic: "face" } };
const FACE: Push = { kind: "face", params: {} };

/** Whether a step ended the way that lets the next of a sequence follow. */
export function endedWell(step: StepView): boolean {
  if (step.state !== "done") return false;
  return step.kind !== "consent" || step.outcome["given"] === "yes";
}

/** The face step, with the customer's consent asked before it when it was not given yet. */
export function facePlan(given: boolean): Push[] {
  return given ? [FACE] : [CONSENT, FACE];
}

/** The card's two sides, as the chosen document; one that a referee decides on is named to the customer's page. */
export function cardPush(kind: "card_front" | "card_back", document: DocumentType): Push {
  return { kind, params: document === "resident_id" ? {} : { document } };
}

/** After the card the customer is to be seen again: who is checked stays in view (NIST SP 800-63A). */
export const BACK_TO_FACE: Push = { kind: "camera", params: { facing: "user", torch: "off" } };

/** Everything that L2 wants of the customer, in the order that asks the least of them. */
export function verifyPlan(given: boolean, document: DocumentType = "resident_id"): Push[] {
  return [...facePlan(given), ...cardsPlan(document)];
}

/** Both sides of the document, and the customer in view again. */
export function cardsPlan(document: DocumentType): Push[] {
  return [cardPush("card_front", document), cardPush("card_back", document), BACK_TO_FACE];
}

async function send(push: Push): Promise<void> {
  const id = visit.view?.visit.id;
  if (!id || guide.pushing) return;
  guide.pushing = true;
  try {
    takeStep(await visits.pushStep(id, push.kind, push.params));
  } finally {
    guide.pushing = false;
  }
}

/** Put the first of `plan` on the screen; the rest follows as each one ends well. Raises ApiError. */
export async function start(plan: Push[]): Promise<void> {
  const [first, ...rest] = plan;
  if (!first || guide.pushing) return;
  guide.queue = rest;
  try {
    await send(first);
  } catch (cause) {
    guide.queue = [];
    if (cause instanceof ApiError && cause.code === "consent_missing" && first.kind === "face") {
      guide.queue = [first, ...rest];
      await send(CONSENT);
      return;
    }
    throw cause;
  }
}

/** The page turns its camera by itself for a face or a card, and leaves it there. */
function followCamera(step: StepView): void {
  if (step.kind === "face") guide.facing = "user";
  else if (step.kind.startsWith("card_")) guide.facing = "environment";
  else if (step.kind === "camera" && step.state === "done") {
    guide.facing = step.params["facing"] === "environment" ? "environment" : "user";
    guide.torch = step.params["torch"] === "on" ? "on" : "off";
  }
}

/** Told of every step that ends: goes on with the sequence, or drops it. Raises ApiError. */
export async function stepEnded(step: StepView): Promise<void> {
  followCamera(step);
  if (!guide.queue.length || step.state === "replaced") return;
  if (!endedWell(step)) {
    guide.queue = [];
    return;
  }
  const [next, ...rest] = guide.queue;
  guide.queue = rest;
  if (next) await send(next);
}

export function forget(): void {
  guide.queue = [];
  guide.facing = "user";
  guide.torch = "off";
  guide.document = "resident_id";
}

export async function withdraw(): Promise<void> {
  const view = visit.view;
  const step = view?.step;
  if (!view || !step) return;
  guide.queue = [];
  await visits.withdrawStep(view.visit.id, step.id);
  // The room may have told it first: then `view.step` is gone by now, or the next one.
  if (!view.step || view.step.id === step.id) takeStep({ ...step, state: "cancelled" });
}
