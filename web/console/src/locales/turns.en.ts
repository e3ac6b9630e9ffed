/** What the desk says when something was refused, is under way, or has to be told to a lead. */
const turns: Record<string, string> = {
  "assurance.refused_lead": "Refused by the team lead",
  "assurance.refused_agent": "You refused this",
  "assurance.outdated": "Newer material came: please decide again",
  "assurance.outdated_referee": "Newer material came: please ask the team lead again",
  "decision_why.refused_lead": "The team lead refused, so this cannot go on. Only with new material (card or face taken again) may you ask again; else send the customer to a hall.",
  "decision_why.refused_agent": "You refused this. Only with new material (card or face taken again) may it be decided again; else send the customer to a hall.",
  "decision_why.capturing": "The customer is taking a picture: decide when it is done.",
  "refused.cards": "Take the card again",
  "refused.hall": "Send to a hall",
  "evidence.under_way": "The customer is at it; what is found shows here.",
  "answer.no_tries_left": "wrong three times",
  "step.other": "a step",
  "noface_state.asking": "being asked",
  "noface.no_contact": "No other contact is enrolled, so no code can be sent: only a hall can help.",
  "script.refused.1": "The check did not pass, so I cannot go on.",
  "script.refused.2": "We can take the pictures once more, or you can go to a hall near you with your card.",
  "script.deciding.1": "I have everything, thank you.",
  "script.deciding.2": "Please look at the camera for a moment while I check.",
  "script.checking.1": "Nearly done: follow your phone, take your time.",
  "referral.looking": "Looking at the customer's picture once more…",
  "referral.saving": "Sending…",
  "problem.wrong_state.refused": "It was refused and nothing new has come: take the card or the face again first, or send the customer to a hall.",
  "problem.wrong_state.capturing": "The customer is taking a picture: decide when it is done.",
};

export default turns;
