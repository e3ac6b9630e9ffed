/**
 * Remembers the visit of this browser, so that a reload, a closed tab or the link opened again goes on with it.
 *
 * The tab's own visit stands in sessionStorage; all visits of this browser stand in localStorage, keyed by
 * visit, with the link they came from.
 */

export interface StoredVisit {
  readonly visit_id: string;
  readonly credential: string;
  /** The link's token, or "" for the open page. */
  readonly link: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const TAB_KEY = "vc.visit";
const DEVICE = "vc.device";
const PREFIX = "vc.visit.";
/** A visit older than this is not gone back to by itself. */
export const KEEP_MS = 4 * 3600 * 1000;

function parse(text: string | null): StoredVisit | null {
  if (!text) return null;
  try {
    const value = JSON.parse(text) as Partial<StoredVisit>;
    if (typeof value.visit_id !== "string" || typeof value.credential !== "string") return null;
    return { visit_id: value.visit_id, credential: value.credential, link: value.link ?? "", at: value.at ?? 0 };
  } catch {
    return null;
  }
}

/** A Storage that refuses (private mode, blocked cookies) must not stop the visit. */
function quietly<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

export class ResumeStore {
  constructor(
    private readonly tab: Storage,
    private readonly browser: Storage,
    private readonly now: () => number = Date.now,
  ) {}

  /** The visit to go on with for this address: the tab's own, else the newest of this link. */
  find(link: string): StoredVisit | null {
    const own = parse(quietly(() => this.tab.getItem(TAB_KEY), null));
    if (own && own.link === link && this.fresh(own)) return own;
    let newest: StoredVisit | null = null;
    for (const key of this.keys()) {
      const entry = parse(quietly(() => this.browser.getItem(key), null));
      if (!entry || !this.fresh(entry)) quietly(() => this.browser.removeItem(key), undefined);
      else if (entry.link === link && (!newest || entry.at > newest.at)) newest = entry;
    }
    return newest;
  }

  save(visit: Omit<StoredVisit, "at">): void {
    const text = JSON.stringify({ ...visit, at: this.now() });
    quietly(() => this.tab.setItem(TAB_KEY, text), undefined);
    quietly(() => this.browser.setItem(PREFIX + visit.visit_id, text), undefined);
  }

  forget(visitId: string): void {
    quietly(() => this.tab.removeItem(TAB_KEY), undefined);
    quietly(() => this.browser.removeItem(PREFIX + visitId), undefined);
  }

  /** A random name of this browser, so that the same phone opening its link again needs no question. */
  device(create: () => string): string {
    const known = quietly(() => this.browser.getItem(DEVICE), null);
    if (known) return known;
    const fresh = create();
    quietly(() => this.browser.setItem(DEVICE, fresh), undefined);
    return fresh;
  }

  private fresh(visit: StoredVisit): boolean {
    return this.now() - visit.at < KEEP_MS;
  }

  private keys(): string[] {
    return quietly(() => {
      const found: string[] = [];
      for (let i = 0; i < this.browser.length; i += 1) {
        const key = this.browser.key(i);
        if (key && key.indexOf(PREFIX) === 0) found.push(key);
      }
      return found;
    }, []);
  }
}
