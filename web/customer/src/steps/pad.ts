/** The number pad's rules, apart from its looks: digits only, a fixed or open length, secrets as dots. */

export interface PadRules {
  /** Digits wanted; 0 means any number from one. */
  readonly length: number;
  readonly secret: boolean;
  /** A new password is typed twice. */
  readonly twice: boolean;
}

export type PadOutcome = "more" | "full" | "again" | "differ";

const LONGEST = 20;

export function rulesFrom(params: Readonly<Record<string, string>>): PadRules {
  const length = Number.parseInt(params["length"] ?? "", 10);
  return {
    length: Number.isFinite(length) && length > 0 ? Math.min(length, LONGEST) : 0,
    secret: params["secret"] === "yes",
    twice: params["purpose"] === "new_password",
  };
}

export class Pad {
  private typed = "";
  private first: string | null = null;

  constructor(readonly rules: PadRules) {}

  get digits(): string {
    return this.typed;
  }

  get confirming(): boolean {
    return this.first !== null;
  }

  get complete(): boolean {
    return this.rules.length > 0 ? this.typed.length === this.rules.length : this.typed.length > 0;
  }

  press(digit: string): void {
    const limit = this.rules.length || LONGEST;
    if (/^[0-9]$/.test(digit) && this.typed.length < limit) this.typed += digit;
  }

  /** Digits from a paste or the phone's own SMS filling: everything that is no digit is dropped. */
  fill(text: string): void {
    this.typed = "";
    for (const character of text) this.press(character);
  }

  remove(): void {
    this.typed = this.typed.slice(0, -1);
  }

  clear(): void {
    this.typed = "";
  }

  /** What "done" means now: type more, type it again, they differ (starts over), or it is full. */
  done(): PadOutcome {
    if (!this.complete) return "more";
    if (!this.rules.twice) return "full";
    if (this.first === null) {
      this.first = this.typed;
      this.typed = "";
      return "again";
    }
    if (this.first === this.typed) return "full";
    this.first = null;
    this.typed = "";
    return "differ";
  }

  /** Forget everything, also in memory, once it is sent or refused. */
  wipe(): void {
    this.typed = "";
    this.first = null;
  }

  /** One sign for each place: the digit, a dot for a secret one, or empty. */
  places(): string[] {
    const signs = [...this.typed].map((digit) => (this.rules.secret ? "●" : digit));
    while (signs.length < this.rules.length) signs.push("");
    return signs;
  }
}
