/** Keeps the screen lit during a visit; the lock is lost in the background and taken again on return. */

interface LockLike {
  release(): Promise<void>;
}

export class WakeLock {
  private lock: LockLike | null = null;
  private wanted = false;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (this.wanted && document.visibilityState === "visible") void this.take();
    });
  }

  keep(wanted: boolean): void {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (wanted) void this.take();
    else void this.drop();
  }

  private async take(): Promise<void> {
    const api = (navigator as Navigator & { wakeLock?: { request(type: "screen"): Promise<LockLike> } }).wakeLock;
    if (!api) return;
    try {
      this.lock = await api.request("screen");
    } catch {
      // Low battery or hidden again: the call goes on, the screen may dim.
      this.lock = null;
    }
  }

  private async drop(): Promise<void> {
    const held = this.lock;
    this.lock = null;
    await held?.release().catch(() => undefined);
  }
}
