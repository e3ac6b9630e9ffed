/** Builds the customer's page: one script and one style sheet, both linked, nothing inline (strict CSP). */
import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("./customer"),
  base: "/",
  publicDir: here("./customer/public"),
  plugins: [vue({ features: { optionsAPI: false, prodDevtools: false } })],
  define: { __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  build: {
    outDir: here("./dist/customer"),
    emptyOutDir: true,
    target: ["chrome61", "ios12"],
    cssTarget: ["chrome61", "ios12"],
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
