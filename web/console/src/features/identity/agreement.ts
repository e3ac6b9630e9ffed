/** What agrees and what does not, sorted for a tired eye: first what wants looking at, then the rest. */
import type { AgreementItem, IdentityView } from "../../api/identity";
import type { Tone } from "../../adapter/toast";
import { refusedBy } from "./standing";

export const STATE_TONES: Record<string, Tone> = { agrees: "go", review: "wait", differs: "stop", unknown: "plain" };

export interface Sorted {
  /** Not in order, the worst first; each says what to do next. */
  look: AgreementItem[];
  good: AgreementItem[];
  /** Not known yet. */
  open: AgreementItem[];
}

const WORST: Record<string, number> = { differs: 0, review: 1 };

export function sortAgreement(items: readonly AgreementItem[]): Sorted {
  const look = items.filter((item) => item.state in WORST);
  look.sort((a, b) => (WORST[a.state] ?? 2) - (WORST[b.state] ?? 2));
  return {
    look,
    good: items.filter((item) => item.state === "agrees"),
    open: items.filter((item) => item.state === "unknown"),
  };
}

/** The texts that may say what to do about an item, the most exact first. */
export function nextKeys(item: AgreementItem): string[] {
  const reason = item.detail?.["reason"];
  const keys = [`agree_next.${item.code}.${item.state}`, `agree_next.${item.code}`, `agree_next.${item.state}`];
  return reason ? [`agree_next.${item.code}.${reason}`, ...keys] : keys;
}

/** Why a passing decision cannot be made now; null when nothing stands in the way. */
export type Hindrance =
  | "comparing"
  | "fraud"
  | "presence_other"
  | "presence_second"
  | "presence_absent"
  | "referee"
  | "gather"
  | "refused_lead"
  | "refused_agent"
  | "capturing"
  | "reason";

export function hindrance(identity: IdentityView, reasonWanted: boolean, capturing = false): Hindrance | null {
  if (identity.fraud?.on) return "fraud";
  if (capturing) return "capturing";
  const refused = refusedBy(identity);
  if (refused) return `refused_${refused}`;
  if (identity.comparing) return "comparing";
  // The face is looked at once more when "pass" is pressed: a sample that is still to come hinders nothing.
  const open = identity.missing.filter((code) => !code.endsWith("_decision") && code !== "presence");
  const presence = identity.path === "no_face" ? "none" : (identity.presence?.state ?? "none");
  if (presence === "other") return "presence_other";
  if (open.length) return identity.needs_referee ? "referee" : "gather";
  if (presence === "second") return "presence_second";
  if (presence === "absent") return "presence_absent";
  if (identity.needs_referee) return "referee";
  return reasonWanted ? "reason" : null;
}

/** A pass may be tried all the same: the server looks closely and has the last word. */
export const mayTry = (why: Hindrance): boolean => why === "presence_absent" || why === "presence_second";

const FACE_CODES = new Set(["liveness", "same_person", "face_enrolment", "face_authority", "face_card"]);

/** The rows that matter on this way of being identified. */
export function relevant(identity: IdentityView): AgreementItem[] {
  const items = identity.agreement ?? [];
  if (identity.path === "no_face") return items.filter((item) => !FACE_CODES.has(item.code));
  // Most operators have no portrait service: what nobody was asked for is not "not checked yet".
  const authority = identity.evidence.some((item) => item.reference === "authority");
  return items.filter((item) => item.code !== "face_authority" || item.state !== "unknown" || authority);
}
