"use strict";
const $ = (name) => document.getElementById(name);
const canvas = $("picture"), stage = $("stage"), pen = canvas.getContext("2d", {alpha: false});
const token = new URLSearchParams(location.search).get("token") || "";
const viewer = ownName();
const CLOSED = {4000: "deepvis has ended. Start it again, and open the address that it prints.",
  4001: "This page is open in another tab.", 4003: "Too many pages look at this window; close one, and load this page again."};
let socket = null, facts = {}, tries = 0, ratio = 1, veilTimer = 0, isOver = false;

function ownName() {  // which a page has after it is loaded anew, too
  const random = crypto.getRandomValues(new Uint32Array(3)).join("-");
  try {
    return sessionStorage.viewer || (sessionStorage.viewer = random);
  } catch { return window.name || (window.name = random); }  // a frame in a page of another site may store nothing
}

function address(path, more = {}) {
  return path + "?" + new URLSearchParams({token, viewer, ...more});
}

function send(message) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// ------------------------------------------------------------------ connection

function connect() {
  const where = new URL(address("ws", {rate: pageRate()}), location.href);
  where.protocol = where.protocol.replace("http", "ws");
  socket = new WebSocket(where);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { tries = 0; sendSize(); if (stream) send({type: "camera", on: true}); };
  socket.onmessage = ({data}) => typeof data === "string" ? take(JSON.parse(data)) : draw(data);
  socket.onclose = ({code}) => {
    framesAsked = 0;
    if (CLOSED[code]) { isOver = true; veil(CLOSED[code]); stopCamera(); return; }
    clearTimeout(veilTimer);
    veilTimer = setTimeout(() => veil("The connection is lost; trying again ..."), 600);
    setTimeout(tries ? connectUnlessRefused : connect, Math.min(250 * 2 ** tries++, 4000));
  };
}

function pageRate() {  // bytes a second with which this page was loaded; "" where that was too quick to tell
  const [page] = performance.getEntriesByType("navigation"), seconds = page ? (page.responseEnd - page.responseStart) / 1000 : 0;
  return seconds > 0.1 ? Math.round(page.transferSize / seconds) : "";
}

async function connectUnlessRefused() {  // a socket does not say why it failed: a page does
  const words = await refusal();
  if (!words) { connect(); return; }
  isOver = true;
  veil(words);
  stopCamera();
}

async function refusal() {  // the server's sentence, or "" where it is not there, or would let the page in
  try {
    const answer = await fetch(address(location.pathname), {cache: "no-store", signal: AbortSignal.timeout(5000)});
    if (![401, 403].includes(answer.status)) return "";
    const words = (await answer.text()).trim().slice(0, 200);
    return words.charAt(0).toUpperCase() + words.slice(1) + ".";
  } catch { return ""; }
}

function veil(words) {
  clearTimeout(veilTimer);
  $("veil").hidden = !words;
  $("veil").firstElementChild.textContent = words;
}

function notice(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { $("notice").hidden = true; }, 7000);
}

function take(message) {
  if (message.type === "frames") { askedForFrames(message.count); return; }
  const before = facts;
  facts = message;
  document.body.classList.toggle("watches", !facts.controls);
  const others = facts.viewers - 1, and = others > 0 ? `, ${others} ${facts.controls ? "watching" : "more"}` : "";
  $("state").replaceChildren(Object.assign(document.createElement("b"), {textContent: "deepvis"}),
    facts.controls ? and.replace(",", " \u00b7") : ` \u00b7 ${facts.is_free && facts.may_control ? "nobody controls" : "you are watching"}${and}`);
  $("take").hidden = facts.controls || !facts.may_control;
  for (const name of ["keyboard", "moves", "palette", "camera", "photo", "record"]) $(name).hidden = !facts.controls;
  $("camera").setAttribute("aria-pressed", String(facts.camera_is_on));
  $("record").setAttribute("aria-pressed", String(facts.recording));
  if (facts.controls && !before.controls) sendSize();
  if (before.controls && !facts.controls && stream) stopCamera();
  if (facts.camera_wanted && !before.camera_wanted && !stream) startCamera();
  if (recordsHere && facts.recorded > (before.recorded || 0)) { recordsHere = false; download("recording.mp4"); }
  if (before.recording && !facts.recording) recordsHere = false;
  if (facts.is_busy && !before.is_busy) notice("The window is busy; what is pressed meanwhile may be left out.");
  if (facts.recording_error && facts.recording_error !== before.recording_error) { recordsHere = false; notice(facts.recording_error); }
  fit();
}

// -------------------------------------------------------------------- pictures

let drawing = Promise.resolve();  // of the pictures that came before

async function draw(data) {
  const came = performance.now(), from = socket, before = drawing;
  let drawn = null;
  drawing = new Promise((done) => { drawn = done; });
  const view = new DataView(data), version = view.getUint32(0, true);
  const height = view.getUint16(4, true), width = view.getUint16(6, true), count = view.getUint16(8, true);
  const pieces = [];
  let at = 10, body = 10 + 12 * count;
  for (let i = 0; i < count; i++, at += 12) {
    const size = view.getUint32(at + 8, true);
    pieces.push({x: view.getUint16(at, true), y: view.getUint16(at + 2, true), wide: view.getUint16(at + 4, true),
      tall: view.getUint16(at + 6, true),
      image: createImageBitmap(new Blob([new Uint8Array(data, body, size)], {type: "image/jpeg"}))});
    body += size;
  }
  try {
    for (const piece of pieces) piece.image = await piece.image;
    await before;
  } catch { from.close(); return; } finally { drawn(); }
  if (from !== socket || isOver) return;
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; fit(); }
  for (const {x, y, wide, tall, image} of pieces) { pen.drawImage(image, x, y, wide, tall); image.close(); }
  send({type: "drawn", version, milliseconds: Math.min(Math.round(performance.now() - came), 60000)});
  veil("");
}

function sendSize() {
  if (!stage.clientHeight || !stage.clientWidth || facts.controls === false) return;
  ratio = window.devicePixelRatio || 1;
  send({type: "size", height: Math.floor(stage.clientHeight * ratio), width: Math.floor(stage.clientWidth * ratio), ratio});
}

function fit() {
  const shrink = Math.min(stage.clientWidth / canvas.width, stage.clientHeight / canvas.height);
  const exact = 1 / ratio, isExact = facts.controls && Math.abs(shrink / exact - 1) < 0.02;
  const scale = isExact ? exact : shrink;
  canvas.style.width = canvas.width * scale + "px";
  canvas.style.height = canvas.height * scale + "px";
}

let sizeTimer = 0;
function resized() {
  fit();
  clearTimeout(sizeTimer);
  sizeTimer = setTimeout(sendSize, 80);
}
new ResizeObserver(resized).observe(stage);
addEventListener("resize", resized);

// ------------------------------------------------------------------------ keys

function nameOf(event) {
  const isCharacter = [...event.key].length === 1;
  if (event.metaKey || (event.altKey && !event.getModifierState("AltGraph"))) return "";
  if (event.ctrlKey && !event.getModifierState("AltGraph")) {
    const name = "ctrl+" + (KEY_NAMES[event.key] || event.key.toLowerCase());
    return CTRL_KEYS.includes(name) ? name : "";
  }
  return KEY_NAMES[event.key] || (isCharacter ? event.key : "");
}

document.addEventListener("keydown", (event) => {
  const onButton = event.target.tagName === "BUTTON" && ["Enter", " ", "Tab"].includes(event.key);
  if (event.isComposing || onButton || (event.key === "Tab" && event.shiftKey)) return;
  if (event.target === $("typing") && event.key !== "Enter" && !KEY_NAMES[event.key]) return;  // its letters come as input
  if (event.target === $("typing") && [" ", "Backspace"].includes(event.key)) return;
  const name = nameOf(event);
  if (!name) return;
  event.preventDefault();
  send({type: "key", key: name});
});

$("typing").addEventListener("beforeinput", (event) => {
  if (event.inputType === "deleteContentBackward") send({type: "key", key: "backspace"});
  if (event.inputType === "insertLineBreak") send({type: "key", key: "enter"});
});
$("typing").addEventListener("input", (event) => {
  if (event.isComposing) return;
  for (const letter of $("typing").value.replaceAll("\u200b", "")) send({type: "key", key: letter === " " ? "space" : letter});
  $("typing").value = "\u200b";  // something for backspace to remove
});
$("typing").addEventListener("focus", () => { $("typing").value = "\u200b"; });

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
  send({type: "mouse", kind: "press", ...place(event)});
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
  event.preventDefault();
  turned += event.deltaY * (event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 100 : 1);
  const steps = Math.trunc(turned / 60);
  if (!steps) return;
  turned = 0;
  send({type: "mouse", kind: "wheel", ...place(event), steps: -steps});
}, {passive: false});

// ---------------------------------------------------------------------- photos

async function upload(files) {
  if (!facts.may_control) { notice("This address is to look on, not to control."); return; }
  if (!facts.controls && !facts.is_free) { notice("You are watching; take control first."); return; }
  for (const file of files) {
    try {
      const answer = await fetch(address("photo", {name: file.name || "pasted.png"}), {method: "POST", body: file});
      if (!answer.ok) notice((await answer.text()).trim());
    } catch { notice(`${file.name} could not be sent.`); }
  }
}

addEventListener("dragover", (event) => { event.preventDefault(); $("drop").hidden = !event.dataTransfer.types.includes("Files"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").hidden = true; });
addEventListener("drop", (event) => { event.preventDefault(); $("drop").hidden = true; upload([...event.dataTransfer.files]); });
addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  event.preventDefault();
  if (files.length) upload(files);
  else send({type: "paste", text: event.clipboardData.getData("text").slice(0, 10000)});
});

// ---------------------------------------------------------------------- camera

let stream = null, isStarting = false, framesAsked = 0, isSending = false;
const video = $("video"), still = document.createElement("canvas");

async function startCamera() {
  if (!navigator.mediaDevices) {
    send({type: "camera", on: false, why: "the page needs https, or a tunnel that ends on localhost"});
    return;
  }
  if (isStarting) return;  // the browser still asks
  isStarting = true;
  let own = null;
  try {
    stream = own = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: 640}, height: {ideal: 480}}, audio: false});
    video.srcObject = own;
    await video.play();
    if (stream !== own) return;  // it was switched off meanwhile
    own.getVideoTracks()[0].onended = () => stopCamera("it was switched off");
    if (facts.controls && !isOver) send({type: "camera", on: true});
    else stopCamera();  // control was lost while the browser asked
  } catch (error) {
    if (stream === own) stopCamera(`${error.name}: ${error.message}`);
  } finally { isStarting = false; }
}

function stopCamera(why = "") {
  for (const track of stream ? stream.getTracks() : []) { track.onended = null; track.stop(); }
  stream = null;
  framesAsked = 0;
  video.srcObject = null;
  send({type: "camera", on: false, why: why.slice(0, 200)});
}

function askedForFrames(count) {
  framesAsked = Math.min(framesAsked + count, 4);
  if (!isSending) sendFrames();
}

function nextFrame() {
  return new Promise((done) => {
    const timer = setTimeout(done, 250);  // a hidden page shows no frames
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => { clearTimeout(timer); done(); });
  });
}

async function sendFrames() {
  isSending = true;
  while (framesAsked > 0 && stream) {
    await nextFrame();
    if (!stream || !video.videoWidth) break;
    const shrink = Math.min(1, 1280 / Math.max(video.videoWidth, video.videoHeight));
    still.width = Math.round(video.videoWidth * shrink);
    still.height = Math.round(video.videoHeight * shrink);
    still.getContext("2d").drawImage(video, 0, 0, still.width, still.height);
    const coded = await new Promise((done) => still.toBlob(done, "image/jpeg", 0.85));
    framesAsked--;
    if (coded && socket.readyState === WebSocket.OPEN) socket.send(coded);
  }
  isSending = false;
}

// --------------------------------------------------------------------- buttons

let recordsHere = false;

async function download(name) {
  try {
    const answer = await fetch(address(name));
    if (!answer.ok) { notice((await answer.text()).trim()); return; }
    const file = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    const href = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement("a"), {href, download: file ? file[1] : name}).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  } catch { notice(`${name} could not be downloaded.`); }
}

function button(name, act) {
  $(name).addEventListener("click", (event) => { if (name !== "keyboard") canvas.focus({preventScroll: true}); act(event); });
}
button("take", () => send({type: "control"}));
button("keyboard", () => $("typing").focus());
for (const each of document.querySelectorAll("#moves button")) {
  each.addEventListener("mousedown", (event) => event.preventDefault());  // what has the focus keeps it, so the keyboard stays
  each.addEventListener("click", () => send({type: "key", key: each.dataset.key}));
}
button("palette", () => { send({type: "key", key: "/"}); if (matchMedia("(pointer: coarse)").matches) $("typing").focus(); });
button("camera", () => stream ? stopCamera() : startCamera());
button("photo", () => $("files").click());
button("screenshot", () => download("screenshot.png"));
button("record", () => { recordsHere = true; send({type: "record", on: !facts.recording}); });
button("full", () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
$("files").addEventListener("change", () => { upload([...$("files").files]); $("files").value = ""; });
if (!document.fullscreenEnabled) $("full").hidden = true;

canvas.focus({preventScroll: true});
connect();
