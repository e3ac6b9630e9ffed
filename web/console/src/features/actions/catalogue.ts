/** All 31 actions by number, so that those which are not available yet can be named as well. */

export interface Entry {
  no: number;
  id: string;
  zh: string;
  en: string;
  assurance: string;
}

const LINES: readonly (readonly [string, string, string, string])[] = [
  ["suspend_service", "停机保号/主动停机", "Suspend service", "L2"],
  ["resume_service", "复机", "Resume service", "L2"],
  ["emergency_resume", "紧急开机", "Emergency reactivation while in arrears", "L1"],
  ["report_loss", "挂失", "Report loss (24×7 fast path)", "L1a"],
  ["cancel_loss", "解挂", "Cancel loss report", "L2"],
  ["query_puk", "PUK码查询", "PUK lookup", "L2"],
  ["reset_service_password", "移动服务密码重置", "Reset mobile service password", "L2"],
  ["remote_fault_tutoring", "远程故障视频辅导", "Remote fault video tutoring", "L0"],
  ["iptv_troubleshoot", "网络电视(IPTV)故障排查", "IPTV no-signal troubleshooting", "L0"],
  ["broadband_fault_ticket", "宽带故障报修派单", "Broadband fault ticket + home visit", "L1"],
  ["query_balance", "话费余额查询", "Balance query", "L1"],
  ["query_bill", "账单查询与讲解", "Bill query and walk-through", "L1"],
  ["query_usage_detail", "详单查询", "Call/data detail records", "L2"],
  ["query_allowance", "套餐余量查询", "Allowance (data/voice) query", "L1"],
  ["dispute_charge", "费用争议受理/退费申请", "Dispute a charge / refund", "L1"],
  ["top_up_payment", "充值缴费(代缴)", "Top-up / pay for someone", "L0"],
  ["autopay_setup", "银行代扣签约/解约", "Direct-debit set-up / cancel", "L3"],
  ["change_plan", "套餐变更", "Change plan", "L2"],
  ["cancel_vas", "增值业务退订", "Cancel value-added service", "L1"],
  ["toggle_roaming", "国际/港澳台漫游开通关闭", "Roaming on/off", "L2"],
  ["toggle_feature", "基础功能开关(来显/呼转/流量/长途)", "Feature on/off", "L1"],
  ["enable_anti_fraud", "防诈防骚扰开通", "Anti-fraud / nuisance call guard", "L1"],
  ["replace_sim", "补换卡申请(邮寄/预约)", "Replace SIM", "L3"],
  ["update_real_name_user", "副卡使用人/实名补登", "Real-name user update", "L3"],
  ["update_contact", "联系方式/地址更新", "Update contact / address", "L2"],
  ["query_my_numbers", "名下号码核查与异议", "List numbers under my ID", "L2"],
  ["terminate_service", "销户申请", "Close number", "L3"],
  ["book_ownership_transfer", "过户预约", "Book ownership transfer", "L2"],
  ["broadband_relocate", "宽带移机预约", "Broadband relocation", "L2"],
  ["set_elder_care_profile", "长辈关爱设置", "Elder-care profile", "L2"],
  ["lodge_complaint", "投诉建议受理", "Complaint / suggestion", "L0"],
];

export const CATALOGUE: readonly Entry[] = LINES.map(([id, zh, en, assurance], at) => ({
  no: at + 1,
  id,
  zh,
  en,
  assurance,
}));
