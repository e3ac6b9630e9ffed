/** Identity as the server tells it: what was gathered, what agrees, and what is still wanted. */

export type Zone = "match" | "review" | "mismatch";
export type EvidenceOutcome = "passed" | "review" | "failed";

export interface EvidenceView {
  id: string;
  kind: string;
  outcome: EvidenceOutcome;
  reference: string;
  zone: Zone | null;
  at: string;
  by: string | null;
  source?: string;
  image_sha256?: string;
  detail: Record<string, string>;
}

export const IMAGE_KINDS = [
  "live_face",
  "face_still",
  "enrolment",
  "card_portrait",
  "card_front",
  "card_back",
  "snapshot",
  "photo",
] as const;
export type ImageKind = (typeof IMAGE_KINDS)[number];

export interface ImageView {
  id: string;
  kind: ImageKind;
  at: string;
  width: number;
  height: number;
}

/** What a customer may be asked to photograph. */
export const PHOTOGRAPHED = ["error_screen", "device", "other"] as const;
export type Photographed = (typeof PHOTOGRAPHED)[number];

/** A photo that the customer took of something; no evidence of who they are. */
export interface PhotoView extends ImageView {
  what: Photographed;
}

/** The documents that a counter takes; only the first is read by machine. */
export const DOCUMENT_TYPES = [
  "resident_id",
  "hk_macao_taiwan_residence",
  "hk_macao_permit",
  "taiwan_permit",
  "foreigner_residence",
  "passport",
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** Why a picture is wanted again; the customer's page says it in its own words. */
export const RETAKE_REASONS = [
  "blurred",
  "glare",
  "too_dark",
  "too_far",
  "cut_off",
  "finger",
  "wrong_side",
  "face_hidden",
  "look_again",
  "other",
] as const;
export type RetakeReason = (typeof RETAKE_REASONS)[number];
export type RetakeKind = "face" | "card_front" | "card_back";

/** `agrees` and `differs` are the server's words; doubt is `review`, silence is `unknown`. */
export type Agreement = "agrees" | "differs" | "review" | "unknown";

export interface AgreementItem {
  code: string;
  state: Agreement;
  by: string;
  detail?: Record<string, string>;
}

export type PresenceState = "none" | "same" | "absent" | "second" | "other";
export type ReadState = "none" | "reading" | "read" | "unreadable";

export interface CardField {
  side: "front" | "back";
  name: string;
  text: string;
  confidence: number;
  state: "agrees" | "differs" | "unknown";
}

/** What the machine read on the card; fetched apart, because each look is audited. */
export interface CardReading {
  front: ReadState;
  back: ReadState;
  fields: CardField[];
  faults: string[];
  warnings: string[];
}

export interface DrawnQuestion {
  code: string;
  expected: string;
}

export interface IdentityView {
  level: string;
  reference: string;
  missing: string[];
  needs_referee: boolean;
  referral: { state: string; reason: string } | null;
  /** A face comparison is under way: decide when it is known. */
  comparing: boolean;
  old_portrait: boolean;
  images: ImageView[];
  evidence: EvidenceView[];
  path?: "face" | "no_face";
  to_l3?: string[];
  presence?: { state: PresenceState; at: string | null };
  document?: { type: string; source: string; failing: string[]; read: string } | null;
  card?: { front: ReadState; back: ReadState; warnings: string[] };
  agreement?: AgreementItem[];
  questions?: { drawn: number; outcome: string };
  second?: { state: string; reason: string };
  fraud?: { on: boolean; before: boolean };
  enrolment?: "none" | "asked" | "given" | "refused" | "done";
}
