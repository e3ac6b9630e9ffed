import { blob, get, newKey, post } from "./http";
import type { ActionView, OrderView } from "./views";

export const actions = () => get<ActionView[]>("/actions");
export const prepare = (visit: string, action_id: string, inputs: Record<string, unknown>) =>
  post<OrderView>(`/visits/${visit}/orders`, { action_id, inputs }, { key: newKey() });
export const present = (id: string) => post<OrderView>(`/orders/${id}/present`);
/** Prepare the taking back of a done order, of this visit or an earlier one of the same number. */
export const reverse = (id: string) => post<OrderView>(`/orders/${id}/reversal`, undefined, { key: newKey() });
export const cancel = (id: string) => post<OrderView>(`/orders/${id}/cancel`);
export const order = (id: string) => get<OrderView>(`/orders/${id}`);
/** The receipt of a done order in large print, as PDF. */
export const receiptPaper = (id: string) => blob(`/orders/${id}/receipt`);
