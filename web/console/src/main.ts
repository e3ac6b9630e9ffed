import { createApp } from "vue";

import "../../shared/tokens.css";
import "./ui/base.css";
import App from "./App.vue";
import { lang, setLang } from "./locales";
import { unlockSound } from "./stores/ring";

setLang(lang.value);
for (const first of ["pointerdown", "keydown"]) {
  window.addEventListener(first, unlockSound, { once: true });
}
createApp(App).mount("#app");
