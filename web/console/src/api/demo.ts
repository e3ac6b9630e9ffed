/** Helpers that exist only where the server runs the demonstration; elsewhere they are `not_found`. */
import { get, post } from "./http";

export interface DemoSubscriber {
  msisdn: string;
  name: string;
  note: string;
}

export interface InboxMessage {
  to: string;
  text: string;
  at: string;
}

export const subscribers = () => get<DemoSubscriber[]>("/demo/subscribers");
export const createLink = (msisdn: string | null, lang: string) =>
  post<{ url: string }>("/demo/links", msisdn ? { msisdn, lang } : { lang });
export const simulateCustomer = (kind: string) => post<unknown>("/demo/customers", { case: kind });
export const inbox = (msisdn: string) => get<InboxMessage[]>(`/demo/inbox?msisdn=${encodeURIComponent(msisdn)}`);
