/** The practice customers that the server can send, by the situation of their number. */
export const CASES = [
  "active_elder_woman",
  "active_elder_man",
  "reported_lost",
  "suspended_by_customer",
  "no_enrolment",
  "long_term_card",
  "no_alternate_contact",
  "suspended_for_debt",
  "suspended_for_fraud",
  "reset_today",
  "two_numbers_first",
  "two_numbers_second",
  "active_younger",
  "open_order",
  "foreign_passport",
] as const;
