/** Folds what the room says into the view, without side effects; the caller speaks and draws. */
import type { CustomerView, MessageView, Place, ReceiptView, StepView } from "./types";

export type Screen = "waiting" | "call" | "ended" | "callback";

/** Which of the four kinds of screen a visit's state wants. */
export function screenOf(view: CustomerView): Screen {
  switch (view.visit.state) {
    case "waiting":
    case "offered":
    case "transferring":
      return "waiting";
    case "serving":
      return "call";
    case "call_back":
      return "callback";
    default:
      return "ended";
  }
}

/** A step is on the screen only while it waits for an answer. */
export function activeStep(step: StepView | null | undefined): StepView | null {
  return step && step.state === "pushed" ? step : null;
}

/** Whether a step puts the last receipt away. What an order still shows stands before its receipt, which then follows. */
export function putsAway(step: StepView | null | undefined, receipt: ReceiptView | null): boolean {
  const active = activeStep(step);
  return active !== null && active.order_id !== receipt?.order_id;
}

function withMessage(messages: MessageView[], message: MessageView): MessageView[] {
  return messages.some((known) => known.id === message.id) ? messages : [...messages, message];
}

function withReceipt(receipts: ReceiptView[], receipt: ReceiptView): ReceiptView[] {
  return [...receipts.filter((known) => known.order_id !== receipt.order_id), receipt];
}

/** The view after one event of the visit's room. Unknown kinds change nothing: an older page must go on. */
export function apply(view: CustomerView, kind: string, body: Record<string, unknown>): CustomerView {
  switch (kind) {
    case "snapshot":
    case "visit": {
      const fresh = body as Partial<CustomerView>;
      return { ...view, ...fresh, messages: fresh.messages ?? view.messages, receipts: fresh.receipts ?? view.receipts };
    }
    case "step":
      return { ...view, step: (body["step"] as StepView | null | undefined) ?? null };
    case "message":
      return { ...view, messages: withMessage(view.messages, body as unknown as MessageView) };
    case "receipt":
      return { ...view, receipts: withReceipt(view.receipts, body as unknown as ReceiptView) };
    case "place":
      return { ...view, place: body as unknown as Place };
    default:
      return view;
  }
}
