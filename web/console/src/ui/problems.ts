/** A refusal in words: what happened and what to do. */
import { asApiError, problemKeys } from "../../../shared/errors";
import { has, t, told, type Vars } from "../locales";
import { visit } from "../stores/visit";
import { waited } from "./format";

function listed(value: unknown): string {
  const codes = Array.isArray(value) ? value : String(value).split(",");
  return codes.map((code) => told("missing", String(code))).join(t("list.comma"));
}

function varsOf(fields: Record<string, unknown>): Vars {
  const vars: Vars = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === "missing") vars[name] = listed(value);
    else if (typeof value === "string" || typeof value === "number") vars[name] = value;
  }
  return vars;
}

/** What was tried too often, and when it may be tried again, where the server says so. */
function tooMany(fields: Record<string, unknown>): string {
  const what = `problem.too_many.${String(fields["what"] ?? "")}`;
  const seconds = Number(fields["retry_after_s"] ?? 0);
  const words = t(has(what) ? what : "problem.too_many");
  return seconds > 0 ? `${words} ${t("problem.too_many.after", { time: waited(seconds) })}` : words;
}

/** `problem.<code>.<reason>`, `problem.<code>`, or the general text, whichever is there first. */
export function problemText(error: unknown): string {
  const { code, fields } = asApiError(error);
  const reason = typeof fields["reason"] === "string" ? fields["reason"] : "";
  if (code === "precondition_failed" && reason && has(`check.${reason}`)) {
    const failing = Array.isArray(fields["failing"]) ? fields["failing"].map(String) : [reason];
    return t("problem.precondition_failed.because", { why: failing.map((one) => told("check", one)).join(t("list.comma")) });
  }
  // Strong enough, but matched with the card's portrait alone: say what is really wanted.
  if (code === "assurance_too_low" && fields["held"] === fields["needed"]) {
    return t(`problem.assurance_too_low.${visit.view?.identity.path === "no_face" ? "no_face" : "reference"}`);
  }
  if (code === "too_many") return tooMany(fields);
  const state = typeof fields["state"] === "string" ? [`problem.${code}.${fields["state"]}`] : [];
  const key = [...state, ...problemKeys(error)].find(has) ?? "problem.unknown";
  return t(key, varsOf(fields));
}
