import { del, get, newKey, post, postForBlob } from "./http";
import type { CardReading, DocumentType, DrawnQuestion, RetakeKind, RetakeReason } from "./identity";
import type {
  AgentView,
  ControlQuestion,
  IdentityView,
  MessageView,
  ReferralStats,
  ReferralView,
  StepKind,
  StepView,
} from "./views";

export interface DocumentForm {
  number: string;
  name: string;
  valid_from: string;
  valid_until: string;
  authority?: string;
  type?: DocumentType;
}

export interface FactsForm {
  name: string;
  document_number: string;
  fact_code: string;
  answer: string;
  call_back: string;
}

export type Decision = "passed" | "failed";

export const visit = (id: string) => get<AgentView>(`/visits/${id}`);
/** Speak with this one of two holders. */
export const turnTo = (id: string) => post<void>(`/visits/${id}/turn_to`);
export const setNumber = (id: string, msisdn: string) =>
  post<AgentView>(`/visits/${id}/number`, { msisdn });
export const pushStep = (id: string, kind: StepKind, params: Record<string, string>) =>
  post<StepView>(`/visits/${id}/steps`, { kind, params }, { key: newKey() });
export const withdrawStep = (id: string, step: string) => del<void>(`/visits/${id}/steps/${step}`);
export const say = (id: string, text: string, key: string) =>
  post<MessageView>(`/visits/${id}/messages`, { text }, { key });
export const markDuress = (id: string, on: boolean) => post<void>(`/visits/${id}/duress`, { on });
export const snapshot = (id: string) => post<{ image_id: string }>(`/visits/${id}/snapshot`);
export const keyDocument = (id: string, form: DocumentForm) =>
  post<IdentityView>(`/visits/${id}/document`, form);
export const decide = (id: string, outcome: Decision, reason: string) =>
  post<IdentityView>(`/visits/${id}/decision`, { outcome, reason });
export const refer = (id: string, reason: string) => post<IdentityView>(`/visits/${id}/referral`, { reason });
export const sendCode = (id: string) => post<StepView>(`/visits/${id}/sms_code`);
export const facts = (id: string, form: FactsForm) => post<IdentityView>(`/visits/${id}/facts`, form);
export const questions = (id: string) => get<ControlQuestion[]>(`/visits/${id}/questions`);
export const card = (id: string) => get<CardReading>(`/visits/${id}/card`);
export const retake = (id: string, kind: RetakeKind, reason: RetakeReason) =>
  post<StepView>(`/visits/${id}/retake`, { kind, reason });
export const drawQuestions = (id: string) => post<DrawnQuestion[]>(`/visits/${id}/questions`);
export const answerQuestions = (id: string, answers: Record<string, boolean>) =>
  post<IdentityView>(`/visits/${id}/questions/answers`, { answers });
export const newContactCode = (id: string, msisdn: string) =>
  post<StepView>(`/visits/${id}/new_contact_code`, { msisdn });
export const contactCode = (id: string) => post<StepView>(`/visits/${id}/contact_code`);
export const readBack = (id: string) => post<StepView>(`/visits/${id}/read_back`);
export const askApproval = (id: string, reason: string) => post<IdentityView>(`/visits/${id}/approval`, { reason });
export const markFraud = (id: string, on: boolean, reason: string) =>
  post<IdentityView>(`/visits/${id}/fraud`, { on, reason });
export const enrol = (id: string) => post<IdentityView>(`/visits/${id}/enrolment`);
export const evidencePack = (id: string, reason: string) => postForBlob(`/visits/${id}/evidence_pack`, { reason });
export const end = (id: string) => post<unknown>(`/visits/${id}/end`);
export const wrapUp = (id: string, form: { disposition: string; tags: string[]; note?: string }) =>
  post<unknown>(`/visits/${id}/wrap_up`, form);

export const referrals = () => get<ReferralView[]>("/referrals");
export const decideReferral = (id: string, outcome: Decision, reason: string) =>
  post<unknown>(`/referrals/${id}/decision`, { outcome, reason });
export const referralStats = (days: number) => get<ReferralStats>(`/referrals/stats?days=${days}`);
