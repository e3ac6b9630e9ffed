/** Whether a refusal or a decision still stands, or newer material has come since. */
import type { StepView } from "../../api/views";
import type { EvidenceView, IdentityView } from "../../api/identity";

const DECISIONS = new Set(["agent_decision", "referee_decision"]);
/** Looking again whether the same face is still there is nothing new: it comes with every decision. */
const GATHERED = new Set([
  "card_front", "card_back", "document", "liveness", "face_match", "control_questions", "contact_code",
]);
const CAPTURES = new Set(["face", "card_front", "card_back", "card_tilt"]);

const latest = (items: readonly EvidenceView[]): EvidenceView | null =>
  items.reduce<EvidenceView | null>((best, item) => (best && best.at > item.at ? best : item), null);
const decided = (evidence: readonly EvidenceView[]) =>
  latest(evidence.filter((item) => DECISIONS.has(item.kind) && item.outcome !== "review"));
const gathered = (evidence: readonly EvidenceView[]) => latest(evidence.filter((item) => GATHERED.has(item.kind)));

/** Who refused, if nothing new was gathered since. */
export function refusedBy(identity: IdentityView): "lead" | "agent" | null {
  const refusal = latest(identity.evidence.filter((item) => DECISIONS.has(item.kind) && item.outcome === "failed"));
  if (!refusal) return null;
  const last = gathered(identity.evidence);
  if (last && last.at > refusal.at) return null;
  return refusal.kind === "referee_decision" ? "lead" : "agent";
}

/** A decision was made, and what came after it asks for another. */
export function isOutdated(identity: IdentityView): boolean {
  if (identity.level === "L2" || identity.level === "L3") return false;
  const decision = decided(identity.evidence);
  const last = gathered(identity.evidence);
  return !!decision && !!last && last.at > decision.at && identity.missing.some((code) => code.endsWith("_decision"));
}

/** The customer's phone is taking a picture: what it brings belongs to the decision. */
export const isCapturing = (step: StepView | null | undefined): boolean =>
  !!step && step.state === "pushed" && CAPTURES.has(step.kind);
