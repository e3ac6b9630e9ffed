import { blob, get, newKey, post, put } from "./http";
import type { ActionView, OrderView } from "./views";

export const actions = () => get<ActionView[]>("/actions");
export const prepare = (visit: string, action_id: string, inputs: Record<string, unknown>) =>
  post<OrderView>(`/visits/${visit}/orders`, { action_id, inputs }, { key: newKey() });
export const present = (id: string) => post<OrderView>(`/orders/${id}/present`);
/** Prepare the taking back of a done order, of this visit or an earlier one of the same number. */
export const reverse = (id: string) => post<OrderView>(`/orders/${id}/reversal`, undefined, { key: newKey() });
/** Ask the second holder, by SMS, to join from a phone of their own. */
export const invite = (id: string) => post<{ sent_to: string }>(`/orders/${id}/invite`);
export const presentSecond = (id: string) => post<OrderView>(`/orders/${id}/present_second`);
export const cancel = (id: string) => post<OrderView>(`/orders/${id}/cancel`);
export const order = (id: string) => get<OrderView>(`/orders/${id}`);
/** The receipt of a done order in large print, as PDF. */
export const receiptPaper = (id: string) => blob(`/orders/${id}/receipt`);

/** An order that was asked about in vain, or left half undone: a person has to look at it. */
export interface DeadOrder {
  order: OrderView;
  visit_id: string;
  attempts: number;
  dead_since: string | null;
}
export const dead = () => get<{ items: DeadOrder[]; next: string | null }>("/orders/dead");
export const retry = (id: string) => post<OrderView>(`/orders/${id}/retry`);

/** When and to whom an action is offered; without hours, around the clock. */
export interface Switch {
  role: "all" | "agent" | "team_lead";
  enabled: boolean;
  opens: string | null;
  closes: string | null;
  set_at: string | null;
}
export const switches = (action: string) => get<Switch[]>(`/action_switches/${action}`);
export const setSwitch = (action: string, wanted: Omit<Switch, "set_at">) => put<Switch[]>(`/action_switches/${action}`, wanted);
