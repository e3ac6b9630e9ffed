/** The Back button of the phone asks before it leaves: one extra history entry, put back each time. */

const MARK = { vc: "guard" };

export class BackGuard {
  private active = false;

  constructor(private readonly asked: () => void) {
    window.addEventListener("popstate", () => {
      if (!this.active) return;
      window.history.pushState(MARK, "");
      this.asked();
    });
  }

  arm(): void {
    if (this.active) return;
    this.active = true;
    window.history.pushState(MARK, "");
  }

  disarm(): void {
    this.active = false;
  }
}
