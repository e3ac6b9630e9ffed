/**
 * Reads the page aloud. Fixed prompts are audio files; what varies is spoken by the browser where it can.
 * Whatever cannot be heard is on the screen anyway: nothing here throws, nothing waits for a voice for ever.
 *
 * One audio element is used throughout: iOS lets it sound later only if it was started by a touch once.
 */

/** A fixed prompt by its id, or words that vary. */
export type Line = { readonly id: string } | { readonly text: string };

export interface Player {
  /** Resolves when the sound has ended; rejects if it cannot be played. */
  play(url: string): Promise<void>;
  speak(text: string, lang: string): Promise<void>;
  canSpeak(lang: string): boolean;
  stop(): void;
  /** Called in a touch, so that later sounds are allowed. */
  unlock(): void;
}

export interface VoiceDeps {
  readonly player: Player;
  /** Locale text of a prompt, spoken by the browser when there is no file for it. */
  readonly textOf: (id: string) => string;
  readonly lang: () => string;
}

/** `now` cuts what is being said; `next` waits for it; `idle` is dropped when anything is being said. */
export type Manner = "now" | "next" | "idle";

export type Manifest = Readonly<Record<string, readonly string[]>>;

export class Voice {
  private manifest: Manifest = {};
  private queue: Line[] = [];
  private last: Line[] = [];
  private turn = 0;
  private busy = false;

  constructor(private readonly deps: VoiceDeps) {}

  setManifest(manifest: Manifest): void {
    this.manifest = manifest;
  }

  get speaking(): boolean {
    return this.busy;
  }

  /** Say these lines. Resolves when the last of them is over, or was cut or dropped. */
  async say(lines: readonly Line[], manner: Manner = "now"): Promise<void> {
    if (lines.length === 0) return;
    if (manner === "idle" && this.busy) return;
    if (manner === "next" && this.busy) {
      this.queue.push(...lines);
      return;
    }
    this.stop();
    this.last = [...lines];
    await this.run(lines);
  }

  /** Say the last instruction once more; made for the button beside it. */
  again(): Promise<void> {
    this.deps.player.unlock();
    return this.say(this.last);
  }

  unlock(): void {
    this.deps.player.unlock();
  }

  stop(): void {
    this.turn += 1;
    this.queue = [];
    this.busy = false;
    this.deps.player.stop();
  }

  private async run(lines: readonly Line[]): Promise<void> {
    const turn = this.turn;
    this.busy = true;
    this.queue = [...lines];
    for (let line = this.queue.shift(); line; line = this.queue.shift()) {
      await this.sayOne(line);
      if (turn !== this.turn) return;
    }
    this.busy = false;
  }

  private async sayOne(line: Line): Promise<void> {
    const lang = this.deps.lang();
    const { player } = this.deps;
    const turn = this.turn;
    if ("id" in line && (this.manifest[lang] ?? []).indexOf(line.id) >= 0) {
      try {
        await player.play(`/voice/${lang}/${line.id}.mp3`);
        return;
      } catch {
        // Not allowed before a touch, or the file does not load: the browser's own voice is next.
        if (turn !== this.turn) return;
      }
    }
    const text = "id" in line ? this.deps.textOf(line.id) : line.text;
    if (!text || !player.canSpeak(lang)) return;
    try {
      await player.speak(text, lang);
    } catch {
      // No voice for it: the words are on the screen.
    }
  }
}
