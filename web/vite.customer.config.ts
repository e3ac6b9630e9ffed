/** Builds the customer's page: one script and one style sheet, both linked, nothing inline (strict CSP). */
import vue from "@vitejs/plugin-vue";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { en } from "./customer/src/locales/en.ts";
import { zhCN } from "./customer/src/locales/zh-CN.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const locales = Object.entries({ "zh-CN": zhCN, en }).map(([lang, texts]) => {
  const source = JSON.stringify(texts);
  const hash = createHash("sha256").update(source).digest("hex").slice(0, 8);
  return { lang, source, fileName: `assets/${lang}-${hash}.json` };
});

/** A phone carries only the language that it shows: each is a file of its own, Chinese is fetched early. */
const localeFiles: Plugin = {
  name: "locale-files",
  generateBundle() {
    for (const { fileName, source } of locales) this.emitFile({ type: "asset", fileName, source });
  },
  transformIndexHtml: () => [
    { tag: "link", attrs: { rel: "preload", as: "fetch", crossorigin: "", href: `/${locales[0]!.fileName}` }, injectTo: "head" },
  ],
};

export default defineConfig({
  root: here("./customer"),
  base: "/",
  publicDir: here("./customer/public"),
  plugins: [vue({ features: { optionsAPI: false, prodDevtools: false } }), localeFiles],
  define: {
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    __LOCALE_URLS__: JSON.stringify(Object.fromEntries(locales.map(({ lang, fileName }) => [lang, `/${fileName}`]))),
  },
  build: {
    outDir: here("./dist/customer"),
    emptyOutDir: true,
    target: ["chrome61", "ios12"],
    cssTarget: ["chrome61", "ios12"],
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { treeshake: { propertyReadSideEffects: false, unknownGlobalSideEffects: false } },
  },
});
