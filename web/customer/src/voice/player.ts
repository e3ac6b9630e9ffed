/** The browser's side of the voice: one audio element, and speech where the browser has it. */
import type { Player } from "./voice";

/** Slower than usual speech: elder.md asks for 0.8-0.85. */
const RATE = 0.85;
/** A voice that never says that it has ended is given up after this long. */
const SPEECH_BASE_MS = 2500;
const SPEECH_PER_CHARACTER_MS = 420;
const FILE_MS = 30_000;

function limited(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(resolve, ms);
    work.then(
      () => {
        window.clearTimeout(timer);
        resolve();
      },
      (error: unknown) => {
        window.clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

export class BrowserPlayer implements Player {
  private readonly audio = new Audio();
  private unlocked = false;
  private settle: (() => void) | null = null;

  private get synth(): SpeechSynthesis | null {
    return "speechSynthesis" in window ? window.speechSynthesis : null;
  }

  canSpeak(lang: string): boolean {
    const synth = this.synth;
    if (!synth || typeof SpeechSynthesisUtterance === "undefined") return false;
    const language = lang.slice(0, 2).toLowerCase();
    return synth.getVoices().some((voice) => voice.lang.toLowerCase().indexOf(language) === 0);
  }

  play(url: string): Promise<void> {
    const { audio } = this;
    audio.src = url;
    const ended = new Promise<void>((resolve, reject) => {
      this.settle = resolve;
      audio.onended = () => resolve();
      audio.onerror = () => reject(new Error("sound did not load"));
    });
    // Old browsers return nothing from play().
    const started = Promise.resolve(audio.play() as Promise<void> | undefined);
    return limited(started.then(() => ended), FILE_MS);
  }

  speak(text: string, lang: string): Promise<void> {
    const synth = this.synth;
    if (!synth) return Promise.resolve();
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = lang === "en" ? "en-US" : lang;
    utterance.rate = RATE;
    const done = new Promise<void>((resolve) => {
      this.settle = resolve;
      utterance.onend = () => resolve();
      utterance.onerror = () => resolve();
    });
    synth.speak(utterance);
    return limited(done, SPEECH_BASE_MS + text.length * SPEECH_PER_CHARACTER_MS);
  }

  stop(): void {
    this.audio.pause();
    this.synth?.cancel();
    this.settle?.();
    this.settle = null;
  }

  unlock(): void {
    if (this.unlocked) return;
    this.unlocked = true;
    if (!this.audio.src) this.audio.load();
    // Chrome fills the list of voices late; asking once starts that.
    this.synth?.getVoices();
  }
}
