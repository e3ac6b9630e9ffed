/** Makes a waiting customer heard and seen: a two-tone bell, the tab's title, a notification. */
import { t } from "../locales";

let context: AudioContext | null = null;
let timer = 0;
let plainTitle = "";
let note: Notification | null = null;

/** Browsers let sound start only after a touch or a key: call from any of them. */
export function unlockSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

function tone(at: number, hertz: number): void {
  if (!context) return;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.16, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.45);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.5);
}

function bell(): void {
  if (context?.state !== "running") return;
  tone(context.currentTime, 784);
  tone(context.currentTime + 0.28, 659);
}

export function startRinging(): void {
  if (timer) return;
  plainTitle = document.title;
  let odd = true;
  bell();
  timer = window.setInterval(() => {
    document.title = odd ? `● ${t("ring.title")}` : plainTitle;
    odd = !odd;
    bell();
  }, 1200);
  if ("Notification" in window && Notification.permission === "granted" && document.hidden) {
    note = new Notification(t("ring.title"), { tag: "vcounter-ring", requireInteraction: true });
    note.onclick = () => window.focus();
  }
}

export function stopRinging(): void {
  if (!timer) return;
  window.clearInterval(timer);
  timer = 0;
  document.title = plainTitle;
  note?.close();
  note = null;
}

/** Ask once for notifications, from a click; a refusal is kept by the browser. */
export function askToNotify(): void {
  if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
}
