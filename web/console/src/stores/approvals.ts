/** How many orders wait for a second person: the figure on a team lead's desk. */
import { reactive } from "vue";

import { toast } from "../adapter/toast";
import * as api from "../api/approvals";
import type { OpenApproval } from "../api/approvals";
import { t } from "../locales";
import { session } from "./session";

export const waiting = reactive({ list: [] as OpenApproval[], more: false });

/** Read the list, for a lead only: others may not. */
export async function loadApprovals(): Promise<void> {
  if (session.me?.role !== "team_lead") return;
  const page = await api.approvals();
  waiting.list = page.items;
  waiting.more = page.next !== null;
}

/** The desk's room told that the list changed. A failure leaves what is known on the screen. */
export async function approvalChanged(state: string): Promise<void> {
  if (state === "awaiting_approval") toast("wait", t("approval.new"));
  try {
    await loadApprovals();
  } catch {
    // The page of approvals tells what went wrong when it is opened.
  }
}

export async function decideApproval(order: string, decision: api.ApprovalWord, reason: string): Promise<void> {
  await api.decide(order, decision, reason);
  waiting.list = waiting.list.filter((one) => one.order.id !== order);
}
