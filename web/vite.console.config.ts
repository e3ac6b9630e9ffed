import { fileURLToPath } from "node:url";

import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Nothing is inlined into the page: it is served under a policy that allows scripts, styles and
// images from its own origin only.
export default defineConfig({
  root: here("./console"),
  base: "/console/",
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: "true", // parts of the UI kit still use it
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
  build: {
    outDir: here("./dist/console"),
    emptyOutDir: true,
    target: "es2020",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
