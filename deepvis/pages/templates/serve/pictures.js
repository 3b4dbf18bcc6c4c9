// The window's picture, which comes in pieces, and the size that the window is to have.
import {isOver, send, socket} from "connection.js";
import {canvas, stage} from "elements.js";
import {facts} from "facts.js";
import {veil} from "notices.js";

const LEAST_SIDE = 60;  // in pixels of the page: a narrower one, as behind a notebook's splitter, asks for no picture
const KINDS = {0xff: "image/jpeg", 0x52: "image/webp"};  // by the first byte
const pen = canvas.getContext("2d", {alpha: false});
let drawing = Promise.resolve();  // of the pictures that came before
let ratio = 1, sizeTimer = 0;

export async function draw(data) {
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

export function sendSize() {
  if (Math.min(stage.clientHeight, stage.clientWidth) < LEAST_SIDE || facts.controls === false) return;
  ratio = window.devicePixelRatio || 1;
  send({type: "size", height: Math.floor(stage.clientHeight * ratio), width: Math.floor(stage.clientWidth * ratio), ratio});
}

export function fit() {
  const shrink = Math.min(stage.clientWidth / canvas.width, stage.clientHeight / canvas.height);
  const exact = 1 / ratio, isExact = facts.controls && Math.abs(shrink / exact - 1) < 0.02;
  const scale = isExact ? exact : shrink;
  canvas.style.width = canvas.width * scale + "px";
  canvas.style.height = canvas.height * scale + "px";
}

function resized() {
  fit();
  clearTimeout(sizeTimer);
  sizeTimer = setTimeout(sendSize, 80);
}
new ResizeObserver(resized).observe(stage);
addEventListener("resize", resized);
