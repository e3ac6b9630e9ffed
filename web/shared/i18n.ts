/** Texts by key, with {name} places. No framework: a page subscribes to `onChange`. */

import { problemKeys } from './errors'

export type Locale = 'zh-CN' | 'en'
export type Messages = Record<string, string>
export type Vars = Record<string, string | number>

export interface I18n {
  readonly locale: Locale
  setLocale(locale: Locale): void
  /** Add texts to a locale: pages load their second language when it is asked for. */
  add(locale: Locale, messages: Messages): void
  has(key: string): boolean
  /** The text in the current locale, else in the other one, else the key itself. */
  t(key: string, vars?: Vars): string
  /** The clearest text there is for an error. */
  problem(error: unknown): string
  /** Called after each change of locale or texts; returns how to stop. */
  onChange(listener: () => void): () => void
}

export function createI18n(texts: Partial<Record<Locale, Messages>>, locale: Locale = 'zh-CN'): I18n {
  const all: Record<Locale, Messages> = { 'zh-CN': { ...texts['zh-CN'] }, en: { ...texts.en } }
  const listeners: Array<() => void> = []
  const changed = () => listeners.slice().forEach((listener) => listener())
  const find = (key: string): string | undefined =>
    all[i18n.locale][key] ?? all[i18n.locale === 'en' ? 'zh-CN' : 'en'][key]

  const i18n = {
    locale,
    setLocale(next: Locale) {
      i18n.locale = next
      changed()
    },
    add(to: Locale, messages: Messages) {
      Object.assign(all[to], messages)
      changed()
    },
    has: (key: string) => find(key) !== undefined,
    t(key: string, vars: Vars = {}) {
      return (find(key) ?? key).replace(/\{(\w+)\}/g, (place, name: string) =>
        name in vars ? String(vars[name]) : place,
      )
    },
    problem(error: unknown) {
      const keys = problemKeys(error)
      const fields = (error as { fields?: Vars })?.fields
      return i18n.t(keys.find(i18n.has) || keys[0]!, fields)
    },
    onChange(listener: () => void) {
      listeners.push(listener)
      return () => {
        const at = listeners.indexOf(listener)
        if (at >= 0) listeners.splice(at, 1)
      }
    },
  }
  return i18n
}

/** The locale a browser asks for; Chinese unless it prefers English. */
export function preferredLocale(languages: readonly string[]): Locale {
  return /^en\b/i.test(languages[0] || '') ? 'en' : 'zh-CN'
}
