/** What the pages about orders say: approvals, what went wrong for good, taking back. */
const orders: Record<string, string> = {
  "rail.approvals": "Approve",
  "approval.title": "To approve",
  "approval.new": "An order waits for your approval",
  "approval.none": "Nothing waits for approval now.",
  "approval.yes": "Approve",
  "approval.no": "Refuse",
  "approval.approved": "Approved; it is being carried out",
  "approval.refused": "Refused; the agent and the customer are told",
  "approval.not_mine": "You made this order or decided the identity: another team lead must approve it.",
  "approval.confirmed_at": "Customer confirmed at {at}",
  "approval.signed": "Signed by the customer",
  "approval.level": "Identity {level}",
  "step.sign": "Signature",
  "order.undo": "Take this order back",
  "order.undo_asked": "The customer came by the undo link to take back “{what}”:",
  "order.approving": "The customer has confirmed. It waits for a team lead and is carried out at once when approved.",
  "order.scheduled_for": "Booked for {at}; it is submitted by itself then.",
  "order.signing": "The customer is signing on their own screen.",
  "order.paying": "The customer is on the operator's page.",
};
export default orders;
