"use strict";
// The page's script is four files in one <script>, so they share their names. Their order in serve.html:
//   serve.js        connection and pictures; the others use its $, send, sendPress, notice, facts
//   serve_input.js  keys and mouse
//   serve_media.js  photos and camera
//   serve_bar.js    the buttons, which call all of these; its last line connects
// A function may call those of a later file: nothing of them runs before the last line. What stands outside of functions
// uses earlier files only.
const $ = (name) => document.getElementById(name);
const canvas = $("picture"), stage = $("stage"), pen = canvas.getContext("2d", {alpha: false});
const token = new URLSearchParams(location.search).get("token") || "";
let viewer = ownName();
const CLOSED = {4000: "deepvis has ended. Start it again, and open the address that it prints.",
  4003: "Too many pages look at this window; close one, and load this page again."};
const REPLACED = 4001;  // a page with the same name has come
let socket = null, facts = {}, tries = 0, ratio = 1, veilTimer = 0, isOver = false;

function ownName(isFresh = false) {  // which a page has after it is loaded anew, too
  const random = crypto.getRandomValues(new Uint32Array(3)).join("-");
  try {
    return (!isFresh && sessionStorage.viewer) || (sessionStorage.viewer = random);
  } catch { return (!isFresh && window.name) || (window.name = random); }  // a frame in a page of another site may store nothing
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
  socket.onmessage = ({data}) => typeof data === "string" ? received(JSON.parse(data)) : draw(data);
  socket.onclose = ({code}) => {
    framesAsked = 0;
    if (code === REPLACED) { viewer = ownName(true); connect(); return; }  // a browser's "Duplicate" copies the name, too
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
  if (isOver) document.body.classList.add("off");
  $("veil").firstElementChild.textContent = words;
}

function notice(words, seconds = 7) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { $("notice").hidden = true; }, 1000 * seconds);
}

function whyNotInControl() {  // in a sentence; "" where what is pressed counts, or gives control
  if (isOver || facts.controls !== false || (facts.is_free && facts.may_control)) return "";
  return facts.may_control ? "You are watching; take control first." : "This address is to look on, not to control.";
}

function sendPress(message) {  // of a key or a button, or text: who watches is told why nothing comes of it
  if (message.type === "mouse" || message.key === "esc") notice("");
  const why = whyNotInControl();
  if (why) notice(why);
  else send(message);
}

function received(message) {
  if (message.type === "frames") { askedForFrames(message.count); return; }
  const before = facts;
  facts = message;
  document.body.classList.remove("off");
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

const KINDS = {0xff: "image/jpeg", 0x52: "image/webp"};  // by the first byte
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
      image: createImageBitmap(new Blob([new Uint8Array(data, body, size)], {type: KINDS[view.getUint8(body)]}))});
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
