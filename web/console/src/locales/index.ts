/** Texts in the agent's language, by flat dotted keys; `{name}` in a text takes a parameter. */
import { computed, ref } from "vue";

import { createI18n, preferredLocale, type Locale, type Vars } from "../../../shared/i18n";
import en from "./en";
import zhCN from "./zh-CN";

export type { Vars };

const STORED = "vcounter.console.lang";
const kept = localStorage.getItem(STORED);
const first: Locale = kept === "zh-CN" || kept === "en" ? kept : preferredLocale(navigator.languages);
const texts = createI18n({ "zh-CN": zhCN, en }, first);

/** The agent's language; every text below follows it. */
export const lang = ref<Locale>(first);

export function setLang(next: Locale): void {
  texts.setLocale(next);
  lang.value = next;
  localStorage.setItem(STORED, next);
  document.documentElement.lang = next;
}

/** Reading the ref is what makes a template follow a change of language. */
function inLang(): typeof texts {
  return lang.value === texts.locale ? texts : texts;
}

export const has = (key: string): boolean => inLang().has(key);
export const t = (key: string, vars: Vars = {}): string => inLang().t(key, vars);

/** The text of a code from the server; one that this page does not know is shown in words. */
export function told(prefix: string, code: string, fallback?: string): string {
  const key = `${prefix}.${code}`;
  return has(key) ? t(key) : (fallback ?? code.replace(/[_.]/g, " "));
}

export const isChinese = computed(() => lang.value === "zh-CN");
