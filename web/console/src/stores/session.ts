/** Who sits at the desk. A login that ends takes the agent to the login page and back again. */
import { reactive } from "vue";

import { ApiError, whenSignedOut } from "../api/http";
import * as staff from "../api/staff";
import type { Me, NotReadyReason } from "../api/views";
import { place, go } from "../router";

export const session = reactive({
  me: null as Me | null,
  known: false, // whether the server has been asked who we are
  expired: false, // the login ended while working
  back: "", // where to return to after a new login
});

whenSignedOut(() => {
  if (!session.me) return;
  session.expired = true;
  session.me = null;
  session.back = place.value.name === "login" ? "" : window.location.hash;
  go("/login");
});

/** Ask the server who we are; an answer that is not about the login is raised. */
export async function recall(): Promise<void> {
  try {
    session.me = await staff.whoAmI();
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 401) throw cause;
    session.me = null;
    if (place.value.name !== "login") session.back = window.location.hash;
    go("/login");
  } finally {
    session.known = true;
  }
}

export async function signIn(form: staff.Login): Promise<void> {
  session.me = await staff.login(form);
  session.expired = false;
  go(session.back.replace(/^#/, "") || "/");
  session.back = "";
}

export async function signOut(): Promise<void> {
  await staff.logout();
  session.me = null;
  go("/login");
}

/** What the desk's room says of me; whether this is the demo only the login tells. */
export function takeMe(me: Me): void {
  session.me = { ...me, demo: session.me?.demo ?? me.demo };
}

export async function switchState(state: "ready" | "not_ready", reason?: NotReadyReason): Promise<void> {
  takeMe(await staff.setState(state, reason));
}
