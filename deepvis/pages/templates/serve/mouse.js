// Mouse and touch: a tap is a click, a finger that stays hovers, one that is dragged turns the wheel.
import {send} from "connection.js";
import {canvas} from "elements.js";
import {sendPress} from "facts.js";

const PACE = 16;  // milliseconds between two messages: screens and mice of 360 Hz are no reason for more
let waiting = null, touch = null, turned = 0, turnedAt = null, timer = 0, sentAt = -PACE;

function place(event) {
  const area = canvas.getBoundingClientRect();
  return {row: Math.floor((event.clientY - area.top) / area.height * canvas.height),
    col: Math.floor((event.clientX - area.left) / area.width * canvas.width)};
}

function moved(event) {
  waiting = place(event);
  sendSoon();
}

function sendSoon() {  // the newest place, and all that the wheel was turned, at once or when it is time
  if (!timer) timer = setTimeout(sendNow, Math.max(sentAt + PACE - performance.now(), 0));
}

function sendNow() {
  timer = 0;
  sentAt = performance.now();
  if (waiting) send({type: "mouse", kind: "move", ...waiting});
  waiting = null;
  const steps = Math.trunc(turned / 60);
  if (!steps) return;
  turned = 0;
  sendPress({type: "mouse", kind: "wheel", ...turnedAt, steps: -steps});
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
    sendPress({type: "mouse", kind: "wheel", ...place({clientX: touch.x, clientY: touch.y}), steps: far > 0 ? 1 : -1});
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
  turnedAt = place(event);
  sendSoon();
}, {passive: false});
