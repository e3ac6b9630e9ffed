/** The page's language and text size, kept in the browser; `t` is reactive. */
import { ref } from "vue";
import { createI18n, preferredLocale, type Locale, type Vars } from "../../../shared/i18n";
import type { MessageKey } from "../locales/zh-CN";

/** Set by the build: where each language's texts lie. */
declare const __LOCALE_URLS__: Record<Locale, string>;

const RETRIES_MS = [0, 500, 1500, 3000];

async function load(locale: Locale): Promise<Record<string, string>> {
  for (const delay of RETRIES_MS) {
    if (delay > 0) await new Promise((done) => setTimeout(done, delay));
    try {
      const answer = await fetch(__LOCALE_URLS__[locale]);
      if (answer.ok) return (await answer.json()) as Record<string, string>;
    } catch {
      // A short lapse of the network: once more, the page without script is on the screen meanwhile.
    }
  }
  throw new Error(`no texts for ${locale}`);
}

export const SIZES = 3;
/** 137 % of the usual 16 px; our own largest step is 125 %. */
const LARGE_PX = 22;
const LANG_KEY = "vc.lang";
const SIZE_KEY = "vc.size";

function stored(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // Private mode: it holds for this page only.
  }
}

export function createTexts() {
  const saved = stored(LANG_KEY);
  const first: Locale = saved === "en" || saved === "zh-CN" ? saved : preferredLocale(navigator.languages || [navigator.language]);
  const i18n = createI18n({}, first);
  const loaded: Partial<Record<Locale, boolean>> = {};
  const lang = ref<Locale>(first);
  const size = ref(Math.min(SIZES - 1, Math.max(0, Number(stored(SIZE_KEY)) || 0)));

  let chosen = stored(SIZE_KEY) !== null;

  function show(): void {
    document.documentElement.lang = lang.value;
    document.documentElement.setAttribute("data-size", String(size.value));
    document.title = i18n.t("app.title");
    layout();
  }

  /** Very large text, by our own button or the browser's setting, gets a layout that flows (style/sizes.css, .large). */
  function layout(): void {
    const root = document.documentElement;
    root.classList.toggle("large", parseFloat(getComputedStyle(root).fontSize) >= LARGE_PX);
  }
  window.addEventListener("resize", layout);

  return {
    lang,
    size,
    first,
    /** The text for a key; the key's type is checked where it is written out. */
    t(key: MessageKey, vars?: Vars): string {
      return lang.value && i18n.t(key, vars);
    },
    /** The text for a key made at run time, else of the second key. */
    pick(key: string, otherwise: MessageKey): string {
      return lang.value && i18n.t(i18n.has(key) ? key : otherwise);
    },
    has: i18n.has,
    problem(error: unknown): string {
      return lang.value && i18n.problem(error);
    },
    /** Show this language, once its texts are here; rejects if they cannot be had. */
    async setLang(next: Locale): Promise<void> {
      if (!loaded[next]) i18n.add(next, await load(next));
      loaded[next] = true;
      lang.value = next;
      i18n.setLocale(next);
      store(LANG_KEY, next);
      show();
    },
    /** The largest step, for who asked for large print; a size chosen on this page comes before it. */
    enlarge(): void {
      if (chosen) return;
      size.value = SIZES - 1;
      show();
    },
    nextSize(): void {
      chosen = true;
      size.value = (size.value + 1) % SIZES;
      store(SIZE_KEY, String(size.value));
      show();
    },
  };
}

export type Texts = ReturnType<typeof createTexts>;
