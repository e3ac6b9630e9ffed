/** Taking or refusing the ring; both are safe to repeat. */
import { ApiError } from "../api/http";
import * as staff from "../api/staff";
import type { OfferView } from "../api/views";
import { desk } from "./desk";
import { enterVisit } from "./live";
import { show } from "./visit";

/** Raises ApiError; an offer that is over is taken off the screen either way. */
export async function accept(offer: OfferView): Promise<void> {
  desk.pane = "identity"; // at once: the visit may be on the desk before the answer is
  try {
    show(await staff.acceptOffer(offer));
    desk.missed = "";
    desk.offer = null;
    enterVisit(offer.visit_id);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 409) desk.offer = null;
    throw cause;
  }
}

export async function decline(offer: OfferView): Promise<void> {
  try {
    await staff.declineOffer(offer);
  } finally {
    desk.offer = null;
  }
}
