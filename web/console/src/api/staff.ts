import { get, post } from "./http";
import type { DeskView, Me, NotReadyReason, OfferView, AgentView } from "./views";

export interface Login {
  login: string;
  password: string;
  otp?: string;
  tenant?: string;
}

export const login = (form: Login) => post<Me>("/staff/login", form);
export const logout = () => post<void>("/staff/logout");
export const whoAmI = () => get<Me>("/staff/me");
export const setState = (state: "ready" | "not_ready", reason?: NotReadyReason) =>
  post<Me>("/staff/state", reason ? { state, reason } : { state });
export const ticket = () => post<{ ticket: string; ws: string }>("/staff/ticket");
export const desk = () => get<DeskView>("/desk");
export const acceptOffer = (offer: OfferView) => post<AgentView>(`/offers/${offer.visit_id}/accept`);
export const declineOffer = (offer: OfferView) => post<void>(`/offers/${offer.visit_id}/decline`);
