// What the server says of this page: whether it controls, who else looks, what is on. What is pressed counts by that.
import {isOver, send} from "connection.js";
import {notice, unsay} from "notices.js";

const WATCHING = "You are watching; take control first.";
export let facts = {};  // as Hub.facts gives them

export function setFacts(message) {
  facts = message;
  if (facts.controls) unsay(WATCHING);
}

export function isFree() {  // nobody controls, and this page may
  return facts.is_free && facts.may_control;
}

export function whyNotInControl() {  // in a sentence; "" where what is pressed counts, or gives control
  if (isOver || facts.controls !== false || isFree()) return "";
  return facts.may_control ? WATCHING : "This address is to look on, not to control.";
}

export function sendPress(message) {  // of a key, a button or the wheel, or text: who watches is told why nothing comes of it
  if (message.kind === "press" || message.key === "esc") notice("");
  const why = whyNotInControl();
  if (why) notice(why);
  else send(message);
}
