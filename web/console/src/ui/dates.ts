/** Days and moments as they are typed: YYYY-MM-DD, in every browser the same. */

const two = (n: number) => String(n).padStart(2, "0");

export function isDay(iso: string): boolean {
  const at = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso);
}

/** `20150312`, `2015.03.12`, `2015-3-12` or `2015年3月12日` -> `2015-03-12`; empty when it is no day. */
export function readDay(text: string): string {
  const plain = text.normalize("NFKC").trim();
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(plain) ?? /^(\d{4})[.\-/年](\d{1,2})[.\-/月](\d{1,2})日?$/.exec(plain);
  if (!parts) return "";
  const iso = `${parts[1]}-${parts[2]?.padStart(2, "0")}-${parts[3]?.padStart(2, "0")}`;
  return isDay(iso) ? iso : "";
}

/** `2026-11-21 15:00`, also with `T` or a full-width colon -> `2026-11-21T15:00`; empty when it is no moment. */
export function readMoment(text: string): string {
  const plain = text.normalize("NFKC").trim();
  const parts = /^(.+?)[T\s]+(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(plain);
  const day = readDay(parts?.[1] ?? "");
  if (!parts || !day || Number(parts[2]) > 23 || Number(parts[3]) > 59) return "";
  return `${day}T${two(Number(parts[2]))}:${parts[3]}`;
}

/** The desk's own day and time, as they would be typed. */
export const dayOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
export const momentOf = (at: Date): string => `${dayOf(at)} ${two(at.getHours())}:${two(at.getMinutes())}`;
