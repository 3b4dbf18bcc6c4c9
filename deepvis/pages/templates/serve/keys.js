// Keys, from a keyboard and from one on a screen.
import {$} from "elements.js";
import {sendPress} from "facts.js";

// names: of keys, by what a browser calls them. ctrl: those with Ctrl that the window takes.
const {names: KEY_NAMES, ctrl: CTRL_KEYS} = JSON.parse($("keys").textContent);
const SIGN = /^[^\p{L}\p{M}\p{N}\p{Z}\p{C}]$/u;  // one character, neither letter nor digit nor space

export function nameOf(event) {
  const isCharacter = [...event.key].length === 1;
  if (event.metaKey) return "";
  if (event.altKey && !event.getModifierState("AltGraph")) {  // Option of a Mac, which types [ ] { } | @ in many languages
    return !event.ctrlKey && SIGN.test(event.key) ? event.key : "";
  }
  if (event.ctrlKey && !event.getModifierState("AltGraph")) {
    const name = "ctrl+" + (KEY_NAMES[event.key] || event.key.toLowerCase());
    return CTRL_KEYS.includes(name) ? name : "";
  }
  return KEY_NAMES[event.key] || (isCharacter ? event.key : "");
}

document.addEventListener("keydown", (event) => {
  const onButton = event.target.tagName === "BUTTON" && ["Enter", " ", "Tab"].includes(event.key);
  const isOfKeyboard = event.isComposing && (event.key !== "Enter" || event.keyCode === 229);  // which makes a word of it
  if (isOfKeyboard || onButton || (event.key === "Tab" && event.shiftKey)) return;
  if (event.target === typing && event.key !== "Enter" && !KEY_NAMES[event.key]) return;  // its letters come as input
  if (event.target === typing && [" ", "Backspace"].includes(event.key)) return;
  const name = nameOf(event);
  if (!name) return;
  event.preventDefault();
  if (event.target === typing) sendTyped();
  sendPress({type: "key", key: name});
});

// The field for keyboards on a screen. Those that compose words change what they have typed before: what differs is sent.
const typing = $("typing"), EMPTY = "\u200b";  // something for backspace to remove
let typed = EMPTY;  // the field's value for which keys were sent

function sendTyped() {
  const before = [...typed], now = [...typing.value];
  let same = 0;
  while (same < before.length && before[same] === now[same]) same++;
  typed = typing.value;
  for (let i = same; i < before.length; i++) sendPress({type: "key", key: "backspace"});
  for (const letter of now.slice(same)) if (letter !== EMPTY) sendPress({type: "key", key: letter === " " ? "space" : letter});
}

function emptyTyping() {
  typing.value = typed = EMPTY;
}

typing.addEventListener("beforeinput", (event) => {
  if (event.inputType !== "insertLineBreak") return;
  sendTyped();
  sendPress({type: "key", key: "enter"});
});
typing.addEventListener("input", (event) => {
  sendTyped();
  if (!event.isComposing) emptyTyping();
});
typing.addEventListener("compositionend", () => { sendTyped(); emptyTyping(); });
typing.addEventListener("focus", emptyTyping);
