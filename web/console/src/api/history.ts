/** What was before: a number's history, orders found, and their export. */
import { get, post, postForBlob } from "./http";
import type { OrderState } from "./views";

export interface Person {
  name: string;
  badge: string;
}
export interface HistoryVisit {
  kind: "visit";
  id: string;
  at: string;
  state: string;
  desk_zh: string;
  desk_en: string;
  agent: Person | null;
  disposition: string | null;
  length_s: number | null;
  recorded: boolean;
}
export interface OrderRow {
  kind: "order";
  id: string;
  at: string;
  visit_id: string;
  action_id: string;
  msisdn_masked: string;
  state: OrderState;
  settled_at: string | null;
  failure: string | null;
  assurance: string;
  agent: Person | null;
}
export interface HistoryTicket {
  kind: "ticket";
  id: string;
  at: string;
  what: string;
  state: string;
  title: string;
  due_at: string | null;
}
export type HistoryItem = HistoryVisit | OrderRow | HistoryTicket;
export interface HistoryView {
  msisdn_masked: string | null;
  tickets_known: boolean;
  items: HistoryItem[];
}
/** Empty fields ask for nothing; days are `YYYY-MM-DD`, the last one counts. */
export interface OrderSearch {
  msisdn: string;
  action_id: string;
  state: string;
  since: string | null;
  until: string | null;
  agent: string;
}

export const history = (visit: string) => get<HistoryView>(`/visits/${visit}/history`);
export const searchOrders = (search: OrderSearch, cursor = "") =>
  post<{ rows: OrderRow[]; next: string | null }>("/orders/search", { ...search, cursor });
export const exportOrders = (search: OrderSearch, lang: string) => postForBlob("/orders/export", { ...search, lang });
