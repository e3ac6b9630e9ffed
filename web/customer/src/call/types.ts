/** What the server tells the customer's page: the views of the HTTP interface, as far as they are used. */

export type Lang = "zh-CN" | "en";
export type VisitState =
  | "waiting"
  | "offered"
  | "serving"
  | "wrap_up"
  | "closed"
  | "abandoned"
  | "call_back"
  | "transferring";

export interface VisitView {
  id: string;
  state: VisitState;
  lang: Lang;
  recording: "unasked" | "given" | "refused";
  face_consent?: string;
  simulated?: boolean;
  msisdn_masked?: string | null;
  /** This holder has joined another one's visit. */
  joins_another?: boolean;
  /** The agent is speaking with the other holder. */
  aside?: boolean;
}

export interface StepView {
  id: string;
  kind: string;
  params: Record<string, string>;
  state: string;
  sealed: boolean;
  order_id?: string | null;
  outcome: Record<string, string>;
  pushed_at: string;
}

export interface MessageView {
  id: string;
  sender: "customer" | "agent" | "system";
  text: string;
  at: string;
}

export interface ReceiptView {
  order_id: string;
  title: string;
  lines: { label: string; value: string }[];
  undo: { text: string; url?: string | null } | null;
  at: string;
  state: string;
}

export interface Place {
  ahead: number;
  wait_s: number | null;
}

export interface CustomerView {
  visit: VisitView;
  agent: { name: string; badge: string } | null;
  place: Place | null;
  step: StepView | null;
  messages: MessageView[];
  receipts: ReceiptView[];
  /** The number's holder asked for it once. */
  large_print?: boolean;
  media: { started: boolean };
}

export interface Opened {
  visit_id: string;
  credential: string;
  party_id: string;
  resumed: boolean;
}

export interface Challenge {
  step_id: string;
  phase: "straight" | "turn_left" | "turn_right" | "hold" | "done" | "retry";
  hint?: string;
}

/** The card is watched while it is tilted; `left_s` counts down. */
export interface Tilt {
  step_id: string;
  phase: "watching" | "done";
  left_s?: number;
}
