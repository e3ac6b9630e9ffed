/** The ticks, and the result that what happened suggests. */
import type { AgentView } from "../../api/views";

export const DISPOSITIONS = ["done", "partly_done", "not_done", "customer_left", "referred", "abusive"] as const;
export const TAGS = ["elder_guided", "dialect", "poor_network", "family_helped", "fraud_suspected", "complaint"] as const;

/** Done when every order that was put to the customer succeeded; the agent may tick otherwise. */
export function likely(view: AgentView): (typeof DISPOSITIONS)[number] | "" {
  const put = view.orders.filter((order) => !["draft", "cancelled", "expired"].includes(order.state));
  // Nothing could be done because the referee did not let it pass: the customer was sent to a hall.
  if (!put.length) return view.identity.referral?.state === "failed" ? "referred" : "";
  const good = put.filter((order) => order.state === "succeeded" || order.state === "scheduled").length;
  if (good === put.length) return "done";
  return good ? "partly_done" : "not_done";
}
