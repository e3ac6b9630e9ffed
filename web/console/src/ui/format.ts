/** Times, figures and numbers as they stand on the desk. */
import { lang, t } from "../locales";

const two = (n: number) => String(n).padStart(2, "0");

/** 252 -> "04:12"; hours only when there are any. Negative counts as zero. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const h = Math.floor(s / 3600);
  const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

/** The time of day of an instant, in the desk's own zone. */
export function timeOfDay(iso: string, seconds = false): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const short = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return seconds ? `${short}:${two(at.getSeconds())}` : short;
}

export function dateTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return at.toLocaleString(lang.value, { dateStyle: "medium", timeStyle: "short" });
}

/** "13800006021" -> "138 0000 6021": read in groups, as it is spoken. */
export function spokenNumber(msisdn: string): string {
  return /^\d{11}$/.test(msisdn)
    ? `${msisdn.slice(0, 3)} ${msisdn.slice(3, 7)} ${msisdn.slice(7)}`
    : msisdn;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

export function waited(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("time.seconds", { n: whole });
  return t("time.minutes", { n: Math.floor(whole / 60), s: whole % 60 });
}
