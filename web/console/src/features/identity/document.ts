/** The resident identity card's number and dates, checked while they are typed (GB 11643, GA 490). */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS = "10X98765432";

export type NumberFault = "short" | "shape" | "birth" | "digit";
export interface NumberFacts {
  fault: NumberFault | null;
  birth: string; // YYYY-MM-DD
  sex: "female" | "male" | null;
}

/** Full-width digits become plain ones, `x` becomes `X`, blanks go. */
export function tidyNumber(text: string): string {
  return text.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase();
}

function isDay(iso: string): boolean {
  const at = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso);
}

/** What an 18-digit number says by itself. The operator's record has the last word on the server. */
export function readNumber(text: string): NumberFacts {
  const number = tidyNumber(text);
  const none = { birth: "", sex: null };
  if (!/^\d{0,17}[\dX]?$/.test(number)) return { fault: "shape", ...none };
  if (number.length < 18) return { fault: "short", ...none };
  const birth = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  if (!isDay(birth) || birth < "1890-01-01") return { fault: "birth", ...none };
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(number[at]), 0);
  const facts = { birth, sex: Number(number[16]) % 2 ? ("male" as const) : ("female" as const) };
  return { fault: CHECK_DIGITS[sum % 11] === number[17] ? null : "digit", ...facts };
}

/** `20150312`, `2015.03.12` or `2015-3-12` -> `2015-03-12`; empty when it is no day. */
export function readDay(text: string): string {
  const plain = text.normalize("NFKC").trim();
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(plain) ?? /^(\d{4})[.\-/年](\d{1,2})[.\-/月](\d{1,2})日?$/.exec(plain);
  if (!parts) return "";
  const iso = `${parts[1]}-${parts[2]?.padStart(2, "0")}-${parts[3]?.padStart(2, "0")}`;
  return isDay(iso) ? iso : "";
}

/** Whole years from a birth day to an instant, in the desk's own calendar. */
export function ageOn(birth: string, today: Date): number {
  const [y = 0, m = 1, d = 1] = birth.split("-").map(Number);
  const before = today.getMonth() + 1 < m || (today.getMonth() + 1 === m && today.getDate() < d);
  return today.getFullYear() - y - (before ? 1 : 0);
}
