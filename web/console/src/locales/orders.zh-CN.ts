/** What the pages about orders say: approvals, what went wrong for good, taking back. */
const orders: Record<string, string> = {
  "rail.approvals": "复核",
  "approval.title": "待复核",
  "approval.new": "有一笔业务等您复核",
  "approval.none": "现在没有待复核的业务。",
  "approval.yes": "同意办理",
  "approval.no": "不同意",
  "approval.approved": "已同意，正在办理",
  "approval.refused": "已退回，营业员和客户都会看到",
  "approval.not_mine": "这笔是您经办或您认定的身份，要由另一位值班长复核。",
  "approval.confirmed_at": "客户 {at} 已确认",
  "approval.signed": "客户已签名",
  "approval.level": "身份 {level}",
  "step.sign": "签名",
  "order.undo": "撤回这笔业务",
  "order.undo_asked": "客户点了撤回链接，要撤回“{what}”：",
  "order.approving": "客户已确认，等值班长复核；同意后马上办理。",
  "order.scheduled_for": "已约好 {at} 办理，到时自动提交。",
  "order.signing": "客户正在自己的屏幕上签名。",
  "order.paying": "客户正在运营商的页面上操作。",
};
export default orders;
