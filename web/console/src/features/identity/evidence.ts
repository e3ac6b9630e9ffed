/** Reading the evidence list: the newest of each kind, and the comparison that counts. */
import type { EvidenceView } from "../../api/views";

const STRENGTH = ["authority", "enrolment", "card"];

/** The newest of each (kind, reference), oldest first. */
export function newest(evidence: readonly EvidenceView[]): EvidenceView[] {
  const found = new Map<string, EvidenceView>();
  for (const item of evidence) {
    const name = `${item.kind}/${item.reference}`;
    const known = found.get(name);
    if (!known || known.at <= item.at) found.set(name, item);
  }
  return [...found.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** Kinds that somebody is asked for: undecided means that the answer is still to come. */
const ASKED = new Set(["control_questions", "approval", "enrol_consent", "referee_decision"]);

/** The locale key of how an item stands. */
export function wordOf(item: Pick<EvidenceView, "kind" | "outcome" | "zone">): string {
  if (item.zone) return `zone.${item.zone}`;
  return item.outcome === "review" && ASKED.has(item.kind) ? "outcome.asked" : `outcome.${item.outcome}`;
}

/** The newest comparison with the strongest reference there is. */
export function bestFace(evidence: readonly EvidenceView[]): EvidenceView | null {
  const faces = newest(evidence).filter((item) => item.kind === "face_match");
  for (const reference of STRENGTH) {
    const found = faces.find((item) => item.reference === reference);
    if (found) return found;
  }
  return faces[0] ?? null;
}

/** Whether the agent has to say why before deciding: something is not plainly in order. */
export function wantsReason(evidence: readonly EvidenceView[]): boolean {
  return newest(evidence).some((item) => item.kind === "face_match" && item.outcome !== "passed");
}
