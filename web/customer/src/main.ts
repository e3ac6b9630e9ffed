import "../../shared/tokens.css";
import "./style.css";
import { createApp } from "vue";
import App from "./App.vue";
import { COUNTER, Counter } from "./call/counter";

const early = document.getElementById("early") as HTMLInputElement | null;
const tapped = early !== null && early.checked;
const counter = new Counter();
createApp(App).provide(COUNTER, counter).mount("#app");
void counter.begin(tapped);
