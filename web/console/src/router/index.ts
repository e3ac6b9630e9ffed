/** Pages behind the hash, each loaded when first opened; no server route is needed. */
import { computed, defineAsyncComponent, ref, type Component } from "vue";

export interface Place {
  name: "desk" | "login" | "referrals" | "approvals" | "dead" | "switches" | "recording" | "orders" | "phone";
  id: string;
}

export const pages: Record<Place["name"], Component> = {
  login: defineAsyncComponent(() => import("../features/login/LoginPage.vue")),
  desk: defineAsyncComponent(() => import("../features/desk/DeskPage.vue")),
  referrals: defineAsyncComponent(() => import("../features/referral/ReferralPage.vue")),
  approvals: defineAsyncComponent(() => import("../features/approval/ApprovalPage.vue")),
  dead: defineAsyncComponent(() => import("../features/dead/DeadOrdersPage.vue")),
  switches: defineAsyncComponent(() => import("../features/switches/SwitchesPage.vue")),
  orders: defineAsyncComponent(() => import("../features/history/OrdersPage.vue")),
  phone: defineAsyncComponent(() => import("../features/demo/DemoPhone.vue")),
  recording: defineAsyncComponent(() => import("../features/recording/RecordingPage.vue")),
};

/** `#/recordings/vis_1` -> recording, vis_1; anything unknown is the desk. */
export function parsePlace(hash: string): Place {
  const [first = "", id = ""] = hash.replace(/^#\/?/, "").split("/");
  if (first === "login") return { name: "login", id: "" };
  if (first === "referrals") return { name: "referrals", id: decodeURIComponent(id) };
  if (first === "approvals") return { name: "approvals", id: decodeURIComponent(id) };
  if (first === "dead") return { name: "dead", id: "" };
  if (first === "switches") return { name: "switches", id: decodeURIComponent(id) };
  if (first === "orders") return { name: "orders", id: "" };
  if (first === "recordings" && id) return { name: "recording", id: decodeURIComponent(id) };
  return { name: "desk", id: "" };
}

const hash = ref(window.location.hash);
window.addEventListener("hashchange", () => {
  hash.value = window.location.hash;
});

export const place = computed(() => parsePlace(hash.value));

export function go(to: string): void {
  window.location.hash = to;
}
