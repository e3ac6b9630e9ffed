/** Two holders at one desk: whom the agent speaks with, and how the second one comes. */
import * as orders from "../api/orders";
import * as visits from "../api/visits";
import type { OrderView } from "../api/views";
import { enterVisit } from "./live";
import { show, takeOrder, visit } from "./visit";

/** Speak with this holder: the page, the room and the media follow. The other one is asked to wait. */
export async function turnTo(id: string): Promise<void> {
  if (visit.view?.visit.id === id) return;
  await visits.turnTo(id);
  show(await visits.visit(id));
  enterVisit(id);
}

/** The number, masked, that the invitation went to. */
export async function invite(order: OrderView): Promise<string> {
  return (await orders.invite(order.id)).sent_to;
}

/** Put the order on the second holder's screen, and be with them while they read it. */
export async function askSecond(order: OrderView, beside: string): Promise<void> {
  takeOrder(await orders.presentSecond(order.id));
  await turnTo(beside);
}
