/** Marks of coercion or fraud that a team lead has not seen to: they stay on the desk until the mark is lifted. */
import { reactive } from "vue";

import { toast } from "../adapter/toast";
import * as visits from "../api/visits";
import type { ReferralView } from "../api/views";
import { t } from "../locales";
import { session } from "./session";

export type Alarm = "duress" | "fraud";
export const isAlarm = (ask: string | undefined): ask is Alarm => ask === "duress" || ask === "fraud";

export interface Alert {
  visitId: string;
  ask: Alarm;
  /** Empty until the queue has told whose visit it is. */
  agent: string;
}

export const alerts = reactive({ list: [] as Alert[] });

/** What the leads' queue says now takes the place of what was known. */
export function takeAlerts(queue: readonly ReferralView[]): void {
  alerts.list = queue.flatMap((one) =>
    isAlarm(one.ask) ? [{ visitId: one.visit_id, ask: one.ask, agent: `${one.agent.name} ${one.agent.badge}` }] : [],
  );
}

/** Read the queue, for a lead only: others may not. A failure leaves what is known on the screen. */
export async function refreshAlerts(): Promise<void> {
  if (session.me?.role !== "team_lead") return;
  try {
    takeAlerts(await visits.referrals());
  } catch {
    // The alert stands without the name; the referral page tells what went wrong.
  }
}

/** The desk's room told of a mark that was set or lifted. */
export async function alarm(ask: Alarm, visitId: string, on: boolean): Promise<void> {
  alerts.list = alerts.list.filter((one) => one.visitId !== visitId || one.ask !== ask);
  if (on) {
    alerts.list.unshift({ visitId, ask, agent: "" });
    toast("stop", t(`referral.${ask}`));
  }
  await refreshAlerts();
}
