// What the page says: a notice for some seconds, and a veil over all while there is no picture.
import {$} from "elements.js";

let noticeTimer = 0, veilTimer = 0;

export function notice(words, seconds = 7) {  // "" takes it away
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { $("notice").hidden = true; }, 1000 * seconds);
}

export function unsay(words) {  // where they are still said, and are true no more
  if ($("notice").textContent === words) notice("");
}

export function veil(words) {  // "" takes it away
  clearTimeout(veilTimer);
  $("veil").hidden = !words;
  $("veil").firstElementChild.textContent = words;
}

export function veilLater(words, milliseconds) {  // unless another veil, or none, is asked for before
  clearTimeout(veilTimer);
  veilTimer = setTimeout(veil, milliseconds, words);
}
