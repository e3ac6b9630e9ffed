/** All 31 actions by number, so that those which are not available yet can be named as well. */

export interface Entry {
  no: number;
  id: string;
  zh: string;
  en: string;
  assurance: string;
  /** First letters of the syllables, as people type them. */
  initials: string;
}

const LINES: readonly (readonly [string, string, string, string, string])[] = [
  ["suspend_service", "停机保号/主动停机", "Suspend service", "L2", "tjbh zdtj"],
  ["resume_service", "复机", "Resume service", "L2", "fj"],
  ["emergency_resume", "紧急开机", "Emergency reactivation while in arrears", "L1", "jjkj"],
  ["report_loss", "挂失", "Report loss (24×7 fast path)", "L1a", "gs"],
  ["cancel_loss", "解挂", "Cancel loss report", "L2", "jg"],
  ["query_puk", "PUK码查询", "PUK lookup", "L2", "pukmcx"],
  ["reset_service_password", "移动服务密码重置", "Reset mobile service password", "L2", "ydfwmmcz"],
  ["remote_fault_tutoring", "远程故障视频辅导", "Remote fault video tutoring", "L0", "ycgzspfd"],
  ["iptv_troubleshoot", "网络电视(IPTV)故障排查", "IPTV no-signal troubleshooting", "L0", "wldsgzpc"],
  ["broadband_fault_ticket", "宽带故障报修派单", "Broadband fault ticket + home visit", "L1", "kdgzbxpd"],
  ["query_balance", "话费余额查询", "Balance query", "L1", "hfyecx"],
  ["query_bill", "账单查询与讲解", "Bill query and walk-through", "L1", "zdcxyjj"],
  ["query_usage_detail", "详单查询", "Call/data detail records", "L2", "xdcx"],
  ["query_allowance", "套餐余量查询", "Allowance (data/voice) query", "L1", "tcylcx"],
  ["dispute_charge", "费用争议受理/退费申请", "Dispute a charge / refund", "L1", "fyzysl tfsq"],
  ["top_up_payment", "充值缴费(代缴)", "Top-up / pay for someone", "L0", "czjf"],
  ["autopay_setup", "银行代扣签约/解约", "Direct-debit set-up / cancel", "L3", "yhdkqy"],
  ["change_plan", "套餐变更", "Change plan", "L2", "tcbg"],
  ["cancel_vas", "增值业务退订", "Cancel value-added service", "L1", "zzywtd"],
  ["toggle_roaming", "国际/港澳台漫游开通关闭", "Roaming on/off", "L2", "gjgatmyktgb"],
  ["toggle_feature", "基础功能开关(来显/呼转/流量/长途)", "Feature on/off", "L1", "jcgnkg"],
  ["enable_anti_fraud", "防诈防骚扰开通", "Anti-fraud / nuisance call guard", "L1", "fzfsrkt"],
  ["replace_sim", "补换卡申请(邮寄/预约)", "Replace SIM", "L3", "bhksq"],
  ["update_real_name_user", "副卡使用人/实名补登", "Real-name user update", "L3", "fksyr smbd"],
  ["update_contact", "联系方式/地址更新", "Update contact / address", "L2", "lxfs dzgx"],
  ["query_my_numbers", "名下号码核查与异议", "List numbers under my ID", "L2", "mxhmhcyyy"],
  ["terminate_service", "销户申请", "Close number", "L3", "xhsq"],
  ["book_ownership_transfer", "过户预约", "Book ownership transfer", "L2", "ghyy"],
  ["broadband_relocate", "宽带移机预约", "Broadband relocation", "L2", "kdyjyy"],
  ["set_elder_care_profile", "长辈关爱设置", "Elder-care profile", "L2", "zbgasz"],
  ["lodge_complaint", "投诉建议受理", "Complaint / suggestion", "L0", "tsjysl"],
];

/** The name of an action in the desk's language; an unknown id stands for itself. */
export function nameOf(id: string, chinese: boolean): string {
  const found = CATALOGUE.find((entry) => entry.id === id);
  return found ? (chinese ? found.zh : found.en) : id;
}

export const CATALOGUE: readonly Entry[] = LINES.map(([id, zh, en, assurance, initials], at) => ({
  no: at + 1,
  id,
  zh,
  en,
  assurance,
  initials,
}));
