/** The second person's list: orders that a team lead approves or refuses. */
import type { IdentityView } from "./identity";
import { get, post } from "./http";
import type { CustomerRecord, OrderView } from "./views";

export interface OpenApproval {
  order: OrderView;
  visit_id: string;
  maker: { name: string; badge: string };
  /** False for whoever made the order or decided the identity. */
  may_decide: boolean;
  asked_at: string | null;
  identity: IdentityView;
  customer: CustomerRecord | null;
}

export type ApprovalWord = "approved" | "refused";

export const approvals = (after = "") =>
  get<{ items: OpenApproval[]; next: string | null }>(`/approvals${after ? `?after=${encodeURIComponent(after)}` : ""}`);
export const decide = (order: string, decision: ApprovalWord, reason: string) =>
  post<OrderView>(`/orders/${order}/approval`, { decision, reason });
