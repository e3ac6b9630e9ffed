import "../../shared/tokens.css";
import "./style/index.css";
import { createApp } from "vue";
import App from "./App.vue";
import { COUNTER, Counter } from "./call/counter";

const early = document.getElementById("early") as HTMLInputElement | null;
const tapped = early !== null && early.checked;
const counter = new Counter();
/** The page without script stays until the texts are here. */
async function main(): Promise<void> {
  await counter.texts.setLang(counter.texts.first);
  createApp(App).provide(COUNTER, counter).mount("#app");
  await counter.begin(tapped || (early !== null && early.checked));
}

void main();
