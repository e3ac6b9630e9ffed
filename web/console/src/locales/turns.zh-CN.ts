/** What the desk says when something was refused, is under way, or has to be told to a lead. */
const turns: Record<string, string> = {
  "assurance.refused_lead": "值班长不予通过",
  "assurance.refused_agent": "您已下结论：不通过",
  "assurance.outdated": "有新的材料，请再下一次结论",
  "assurance.outdated_referee": "有新的材料，请再请值班长裁定",
  "decision_why.refused_lead": "值班长不予通过，不能再往下办；补新材料（重拍证件或重做人脸）后才能再请裁定，或请客户去营业厅。",
  "decision_why.refused_agent": "您已下结论：不通过。补新材料（重拍证件或重做人脸）后才能再下结论，或请客户去营业厅。",
  "decision_why.capturing": "客户正在拍，拍好了再下结论。",
  "refused.cards": "重拍证件",
  "refused.hall": "请客户去营业厅",
  "evidence.under_way": "客户正在做，做好就显示在这里。",
  "answer.no_tries_left": "三次都不对",
  "step.other": "一个步骤",
  "noface_state.asking": "问着呢",
  "noface.no_contact": "没有登记备用联系人，联系码发不了，这条路走不通：只能请客户去营业厅。",
  "script.refused.1": "这次核对没有通过，我不能往下办。",
  "script.refused.2": "可以再拍一次证件、再看一次镜头；也可以带证件去就近的营业厅。",
  "script.deciding.1": "材料都收到了，谢谢您。",
  "script.deciding.2": "请看着镜头稍等，我核对一下。",
  "script.checking.1": "还差一点就好，您跟着手机做，不用着急。",
  "referral.looking": "正在再看一眼客户的画面…",
  "referral.saving": "正在提交…",
  "problem.wrong_state.refused": "已经不予通过，还没有新材料：先重拍证件或重做人脸，再请裁定；或请客户去营业厅。",
  "problem.wrong_state.capturing": "客户正在拍，拍好了再下结论。",
};

export default turns;
