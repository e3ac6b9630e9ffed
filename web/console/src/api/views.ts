/** What the server says to the desk: the shapes of the HTTP API and of the rooms' events. */
import type { DocumentType, IdentityView, PhotoView } from "./identity";

export type AgentState = "offline" | "not_ready" | "ready" | "offered" | "serving" | "wrap_up";
export type NotReadyReason =
  | "signed_in"
  | "break"
  | "training"
  | "missed_ring"
  | "connection_lost"
  | "other";
export type Role = "agent" | "team_lead" | "admin" | "auditor";
export type Lang = "zh-CN" | "en";

export interface Me {
  id: string;
  name: string;
  badge: string;
  role: Role;
  state: AgentState;
  reason: NotReadyReason | null;
  since: string;
  demo?: boolean;
}

export interface QueueView {
  waiting: number;
  longest_wait_s: number;
  elder_waiting: number;
}

export interface OfferView {
  visit_id: string;
  skill_group: string;
  elder: boolean;
  wait_s: number;
  ring_until: string;
  lang: string;
  msisdn_masked: string | null;
  simulated: boolean;
}

export type StepKind =
  | "consent"
  | "camera"
  | "face"
  | "card_front"
  | "card_back"
  | "card_tilt"
  | "photo"
  | "pay"
  | "sign"
  | "pay"
  | "number_pad"
  | "read_back"
  | "confirm"
  | "show"
  | "message";
export type StepState = "pushed" | "done" | "declined" | "replaced" | "cancelled" | "failed";

export interface StepView {
  id: string;
  kind: StepKind;
  params: Record<string, string>;
  state: StepState;
  sealed: boolean;
  order_id: string | null;
  outcome: Record<string, string>;
  pushed_at: string;
  ended_at?: string | null;
}

export interface MessageView {
  id: string;
  sender: "customer" | "agent" | "system";
  text: string;
  at: string;
}

export type { EvidenceOutcome, EvidenceView, IdentityView, ImageView, PhotoView, Zone } from "./identity";

export type OrderState =
  | "draft"
  | "awaiting_customer"
  | "confirmed"
  | "awaiting_approval"
  | "submitted"
  | "succeeded"
  | "failed"
  | "unknown"
  | "declined"
  | "expired"
  | "cancelled"
  | "scheduled"
  | "reversed";

export interface PlainWords {
  what: string;
  cost: string;
  from_when: string;
  undo: string;
}

export interface ReceiptView {
  order_id: string;
  title: string;
  lines: { label: string; value: string }[];
  undo: { text: string; url?: string } | null;
  at: string;
  state: string;
}

/** How far the second holder of an order is. */
export interface SecondView {
  msisdn_masked: string;
  asked: boolean;
  confirmed_at: string | null;
}

export interface OrderView {
  id: string;
  action_id: string;
  msisdn_masked: string;
  state: OrderState;
  inputs: Record<string, string>;
  plain: PlainWords;
  plain_agent: PlainWords | null;
  checks: { code: string; ok: boolean }[];
  failure: string | null;
  result: Record<string, string>;
  receipt: ReceiptView | null;
  reverses_id: string | null;
  approval: Record<string, string> | null;
  due_at: string | null;
  signed: boolean;
  second: SecondView | null;
  dead_since: string | null;
  created_at: string;
  confirmed_at: string | null;
  settled_at: string | null;
}

export interface CustomerRecord {
  name: string;
  msisdn: string;
  sex: "female" | "male";
  age: number;
  address_short: string;
  stars: number;
  plan: string;
  state: string;
  stop_reasons: string[];
  opened_on: string;
  has_enrolment: boolean;
  /** The elder-care profile; `dialect` is empty where nothing was said. */
  elder_care?: boolean;
  dialect?: string;
  large_print?: boolean;
  alternate_contact_masked: string | null;
  /** What the number was opened with. */
  document_type?: DocumentType;
}

export interface VisitFacts {
  id: string;
  state: string;
  lang: string;
  region: string;
  skill_group: string;
  simulated: boolean;
  recording: "unasked" | "given" | "refused";
  face_consent: "unasked" | "given" | "refused";
  entered_at: string;
  connected_at: string | null;
  ended_at: string | null;
  msisdn: string | null;
  /** The visit that this second holder has joined. */
  companion_of: string | null;
  /** The agent is speaking with the other holder. */
  aside: boolean;
}

/** The second holder beside a visit. */
export interface CompanionView {
  visit_id: string;
  msisdn_masked: string | null;
  aside: boolean;
}

export interface RecordingLight {
  state: "off" | "growing" | "sealed" | "stalled";
  bytes: number;
}

export interface TimelineItem {
  at: string;
  code: string;
  detail: Record<string, string>;
}

/** One SMS of the visit; what it says is its reader's own. */
export interface SmsView {
  id: string;
  template: string;
  version: number;
  to_masked: string;
  state: "queued" | "sent" | "delivered" | "failed";
  reason: string;
  encoding: "gsm7" | "ucs2";
  length: number;
  segments: number;
  queued_at: string;
  sent_at: string | null;
  settled_at: string | null;
}

export interface AgentView {
  visit: VisitFacts;
  customer: CustomerRecord | null;
  step: StepView | null;
  steps: StepView[];
  messages: MessageView[];
  identity: IdentityView;
  /** Absent from a server of before photos. */
  photos?: PhotoView[];
  orders: OrderView[];
  undo_order: OrderView | null;
  recording: RecordingLight;
  timeline: TimelineItem[];
  sms: SmsView[];
  customer_online: boolean;
  /** The silent mark of a coerced customer: nothing commits while it is set. */
  duress: boolean;
  companion: CompanionView | null;
}

export interface DeskView {
  me: Me;
  offer: OfferView | null;
  visit: AgentView | null;
  queue: QueueView;
}

/** The part of JSON Schema that action forms use; see features/actions/schema.ts. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  format?: string;
  enum?: string[];
  const?: string;
  default?: unknown;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  [hint: `x-${string}`]: unknown;
}

export interface ActionView {
  id: string;
  no: number;
  zh: string;
  en: string;
  assurance: string;
  reference_independent: boolean;
  requires_recording: boolean;
  second_person: boolean;
  second_party: boolean;
  signs: boolean;
  enabled: boolean;
  open_now: boolean;
  hours: { opens: string; closes: string } | null;
  implemented?: boolean;
  reversible: boolean | string;
  undo_id: string | null;
  schema: Schema;
}

export interface ControlQuestion {
  code: string;
  expected: string;
}

export interface ReferralView {
  visit_id: string;
  reason: string;
  /** When the lead was asked, or the mark was set. */
  asked_at?: string | null;
  connected_at?: string | null;
  agent: { name: string; badge: string };
  identity: IdentityView;
  /** A decision on who it is, the second person's word for the level above it, or a mark to look after. */
  ask?: "decision" | "approval" | "duress" | "fraud";
  customer?: CustomerRecord | null;
}

/** How often each way of deciding was taken; figures of the tenant, no persons. */
export interface ReferralStats {
  days: number;
  visits: number;
  by_path: Record<string, number>;
  share_referee: number;
  reasons: Record<string, number>;
  by_referee_outcome: Record<string, number>;
}

export interface RecordingView {
  state: string;
  duration_ms: number;
  files: string[];
}
