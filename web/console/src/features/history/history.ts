/** Words and tones of what was before. */
import type { Tone } from "../../adapter/toast";
import type { HistoryVisit, OrderSearch } from "../../api/history";
import { readDay } from "../../ui/dates";
import { CATALOGUE } from "../actions/catalogue";

export const KINDS = ["visit", "order", "ticket"] as const;

export function actionName(id: string, chinese: boolean): string {
  const entry = CATALOGUE.find((one) => one.id === id);
  return entry ? (chinese ? entry.zh : entry.en) : id.replace(/_/g, " ");
}

export function visitTone(item: Pick<HistoryVisit, "disposition" | "state">): Tone {
  if (item.disposition === "done") return "go";
  if (item.disposition === "abusive") return "stop";
  return item.disposition ? "wait" : "plain";
}

export interface SearchForm {
  msisdn: string;
  action: string;
  state: string;
  since: string;
  until: string;
  agent: string;
}
export const emptyForm = (): SearchForm => ({ msisdn: "", action: "", state: "", since: "", until: "", agent: "" });

/** The first field that cannot be looked for as it stands, or null. */
export function faultOf(form: SearchForm): "msisdn" | "since" | "until" | null {
  const digits = form.msisdn.replace(/[\s-]/g, "");
  if (digits && !/^(\+86)?1[3-9]\d{9}$/.test(digits)) return "msisdn";
  if (form.since.trim() && !readDay(form.since)) return "since";
  if (form.until.trim() && !readDay(form.until)) return "until";
  if (readDay(form.since) && readDay(form.until) && readDay(form.since) > readDay(form.until)) return "until";
  return null;
}

export function searchOf(form: SearchForm): OrderSearch {
  return {
    msisdn: form.msisdn.replace(/[\s-]/g, ""),
    action_id: form.action,
    state: form.state,
    since: readDay(form.since) || null,
    until: readDay(form.until) || null,
    agent: form.agent.trim(),
  };
}
