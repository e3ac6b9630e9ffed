/** The way without a face, item by item, in the order that asks the least of the customer. */
import type { IdentityView } from "../../api/identity";
import type { StepView } from "../../api/views";
import { newest } from "./evidence";
import { refusedBy } from "./standing";

export type ItemState = "done" | "failed" | "open" | "now" | "asking";
export interface NoFaceItem {
  kind: string;
  state: ItemState;
}

const KINDS = ["card_front", "card_back", "document", "control_questions", "contact_code"] as const;

/** A code that was keyed wrongly leaves no evidence: its step tells. */
function codeState(steps: readonly StepView[]): ItemState {
  const last = steps.filter((step) => step.params["purpose"] === "contact_code" && step.state !== "replaced").at(-1);
  if (last?.state === "pushed") return "asking";
  return last?.state === "failed" ? "failed" : "open";
}

/** The checklist; the first thing that is open is the one to do now, the referee comes last. */
export function checklist(identity: IdentityView, steps: readonly StepView[] = []): NoFaceItem[] {
  const found = newest(identity.evidence);
  const of = (kind: string) => found.find((item) => item.kind === kind);
  const items: NoFaceItem[] = KINDS.map((kind) => {
    const item = of(kind);
    const pictured = kind === "card_front" || kind === "card_back";
    if (!item) return { kind, state: kind === "contact_code" ? codeState(steps) : "open" };
    // Drawn and not answered yet: nobody has failed.
    if (kind === "control_questions" && item.outcome === "review") return { kind, state: "asking" };
    if (item.outcome === "passed" || (pictured && item.outcome === "review")) return { kind, state: "done" };
    return { kind, state: "failed" };
  });
  const decided = identity.level === "L2" || identity.level === "L3";
  const refused = refusedBy(identity) !== null;
  items.push({ kind: "referee_decision", state: decided ? "done" : refused ? "failed" : "open" });
  const next = items.find((item) => item.state !== "done");
  if (next?.state === "open") next.state = "now";
  return items;
}
