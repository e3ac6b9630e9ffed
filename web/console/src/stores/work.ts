/** The action in hand: chosen, prepared, put to the customer, settled. */
import { computed, reactive } from "vue";

import * as api from "../api/orders";
import type { ActionView, OrderState, OrderView } from "../api/views";
import { takeOrder, visit } from "./visit";

export const work = reactive({
  actions: [] as ActionView[],
  actionId: "",
  orderId: "",
});

export const action = computed(() => work.actions.find((one) => one.id === work.actionId) ?? null);
export const order = computed(() => visit.view?.orders.find((one) => one.id === work.orderId) ?? null);

const OPEN: readonly OrderState[] = ["draft", "awaiting_customer", "confirmed", "awaiting_approval", "submitted", "unknown"];
export const isOpen = (state: OrderState): boolean => OPEN.includes(state);

export async function loadActions(): Promise<void> {
  if (!work.actions.length) {
    work.actions = (await api.actions()).filter((one) => one.implemented !== false);
  }
}

export function choose(id: string): void {
  work.actionId = id;
  work.orderId = "";
}

export function putAway(): void {
  work.actionId = "";
  work.orderId = "";
}

/** Show an order of this visit again, such as from the timeline. */
export function open(found: OrderView): void {
  work.actionId = found.action_id;
  work.orderId = found.id;
}

/** After a reload: the order that is still open, else the last one that came to something. */
export function resume(): void {
  const orders = [...(visit.view?.orders ?? [])].reverse();
  const found = orders.find((one) => isOpen(one.state)) ?? orders.find((one) => one.state !== "cancelled");
  if (found && !work.actionId) open(found);
}

export async function prepare(inputs: Record<string, unknown>): Promise<void> {
  const id = visit.view?.visit.id;
  if (!id || !work.actionId) return;
  const made = await api.prepare(id, work.actionId, inputs);
  takeOrder(made);
  work.orderId = made.id;
}

export async function present(found: OrderView): Promise<void> {
  takeOrder({ ...found, ...(await api.present(found.id)) });
}

/** Draft the taking back of a done order, and have it in hand. */
export async function undo(found: OrderView): Promise<void> {
  const made = await api.reverse(found.id);
  takeOrder(made);
  open(made);
}

/** Take a draft back to change it, or call off what the customer has not confirmed. */
export async function cancel(found: OrderView): Promise<void> {
  takeOrder({ ...found, ...(await api.cancel(found.id)) });
  work.orderId = "";
}
