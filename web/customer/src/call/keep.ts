/** Keeping a file on the phone: a made-up link that is tapped once. */
import { inApp } from "./browser";

/** Inside another app a download leads nowhere; before iOS 13 it leaves the page. */
export function canKeep(userAgent: string, scope: { URL: unknown; HTMLAnchorElement?: { prototype: object } }): boolean {
  const anchor = scope.HTMLAnchorElement;
  const urls = scope.URL as { createObjectURL?: unknown } | undefined;
  return !inApp(userAgent) && !!anchor && "download" in anchor.prototype && typeof urls?.createObjectURL === "function";
}

const LATER_MS = 60_000;

export function keep(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.appendChild(link);
  link.click();
  document.body.removeChild(link);
  window.setTimeout(() => URL.revokeObjectURL(url), LATER_MS);
}
