/** The resident identity card's number, checked while it is typed (GB 11643). */
import { isDay } from "../../ui/dates";

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

/** The number of any other document: letters and digits; what it means the referee sees on its picture. */
export function readOther(text: string): NumberFacts {
  const number = tidyNumber(text);
  const none = { birth: "", sex: null };
  if (!/^[0-9A-Z]*$/.test(number)) return { fault: "shape", ...none };
  return { fault: number.length < 5 ? "short" : null, ...none };
}

/** Whole years from a birth day to an instant, in the desk's own calendar. */
export function ageOn(birth: string, today: Date): number {
  const [y = 0, m = 1, d = 1] = birth.split("-").map(Number);
  const before = today.getMonth() + 1 < m || (today.getMonth() + 1 === m && today.getDate() < d);
  return today.getFullYear() - y - (before ? 1 : 0);
}
