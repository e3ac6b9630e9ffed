/** Where an order stands on its way, for the row of marks above it. */
import type { OrderState } from "../../api/views";
import type { Tone } from "../../adapter/toast";

export interface Mark {
  state: OrderState;
  mark: "past" | "now" | "wait" | "bad" | "to_come";
}

const WAY: readonly OrderState[] = ["draft", "awaiting_customer", "submitted", "succeeded"];
const STOPPED_AT: Partial<Record<OrderState, number>> = {
  declined: 1,
  expired: 1,
  cancelled: 1,
  failed: 3,
  unknown: 2,
  reversed: 3,
};
const ON_THE_WAY: Partial<Record<OrderState, number>> = { confirmed: 2, awaiting_approval: 2, scheduled: 2 };

export function path(state: OrderState): Mark[] {
  const stopped = STOPPED_AT[state];
  const at = stopped ?? ON_THE_WAY[state] ?? WAY.indexOf(state);
  return WAY.map((one, index) => {
    if (index < at) return { state: one, mark: "past" };
    if (index > at) return { state: one, mark: "to_come" };
    if (state === "unknown" || state === "awaiting_customer") return { state, mark: "wait" };
    return { state: WAY.includes(state) ? one : state, mark: stopped === undefined ? "now" : "bad" };
  });
}

export function orderTone(state: OrderState): Tone {
  if (state === "succeeded") return "go";
  if (state === "failed" || state === "declined") return "stop";
  if (state === "cancelled" || state === "expired" || state === "reversed") return "plain";
  return "wait";
}
