// ------------------------------------------------------------------------ keys

const SIGN = /^[^\p{L}\p{M}\p{N}\p{Z}\p{C}]$/u;  // one character, neither letter nor digit nor space

function nameOf(event) {
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

// ----------------------------------------------------------------------- mouse

let waiting = null, touch = null, turned = 0;

function place(event) {
  const area = canvas.getBoundingClientRect();
  return {row: Math.floor((event.clientY - area.top) / area.height * canvas.height),
    col: Math.floor((event.clientX - area.left) / area.width * canvas.width)};
}

function moved(event) {
  if (!waiting) requestAnimationFrame(() => { if (waiting) send({type: "mouse", kind: "move", ...waiting}); waiting = null; });
  waiting = place(event);
}

function press(event) {
  waiting = null;
  sendPress({type: "mouse", kind: "press", ...place(event)});
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.focus({preventScroll: true});
  if (event.pointerType !== "touch") {
    if (event.button === 0) press(event);
    return;
  }
  if (touch) { clearTimeout(touch.timer); touch = {id: -1}; return; }  // a second finger: the browser zooms
  touch = {id: event.pointerId, x: event.clientX, y: event.clientY, kind: "tap"};
  touch.timer = setTimeout(() => { touch.kind = "hover"; moved(event); }, 450);
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerType !== "touch") { moved(event); return; }
  if (!touch || touch.id !== event.pointerId) return;
  const far = event.clientY - touch.y;
  if (touch.kind === "hover") { moved(event); return; }
  if (touch.kind === "tap" && Math.hypot(event.clientX - touch.x, far) > 12) { clearTimeout(touch.timer); touch.kind = "turn"; }
  if (touch.kind === "turn" && Math.abs(far) > 26) {
    send({type: "mouse", kind: "wheel", ...place({clientX: touch.x, clientY: touch.y}), steps: far > 0 ? 1 : -1});
    touch.y = event.clientY;
  }
});
function touchEnds(event) {
  if (event.pointerType !== "touch") return;
  if (touch && touch.id === event.pointerId) {
    clearTimeout(touch.timer);
    if (touch.kind === "tap" && event.type === "pointerup") press(event);
  }
  touch = null;
}
canvas.addEventListener("pointerup", touchEnds);
canvas.addEventListener("pointercancel", touchEnds);
canvas.addEventListener("pointerleave", (event) => {
  if (event.pointerType === "touch") return;
  waiting = null;
  send({type: "mouse", kind: "leave"});
});
canvas.addEventListener("contextmenu", (event) => event.preventDefault());
canvas.addEventListener("wheel", (event) => {
  if (event.ctrlKey) return;  // the browser's zoom
  if (window !== top && !document.hasFocus()) return;  // the notebook scrolls until the frame is clicked
  event.preventDefault();
  turned += event.deltaY * (event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 100 : 1);
  const steps = Math.trunc(turned / 60);
  if (!steps) return;
  turned = 0;
  send({type: "mouse", kind: "wheel", ...place(event), steps: -steps});
}, {passive: false});
