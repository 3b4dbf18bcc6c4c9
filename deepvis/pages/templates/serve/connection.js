// The socket to the server. Where it is lost the page tries again, until the server says that it is over. A network that
// falls silent closes nothing: the server sends something every few seconds, and where nothing comes the socket counts as lost.
import {address, takeNewName} from "address.js";
import {veil, veilLater} from "notices.js";

const CLOSED = {4000: "deepvis has ended. Start it again, and open the address that it prints."};
const REPLACED = 4001;  // a page with the same name has come
const FULL = 4003, FULL_MILLISECONDS = 2000;  // too many pages look; until it asks again whether there is room
export let socket = null, isOver = false;
const SILENT_MILLISECONDS = 8000, MOST_DOUBLINGS = 2;  // twice as long after each silence: a slow link may need it for a picture
let hands = null, tries = 0, heardAt = 0, silences = 0;

// handsOn: {opened(), closed(), ended(), facts(message), frames(count), picture(bytes)}, called where that happens, or comes.
export function connect(handsOn) {
  hands = handsOn;
  open();
}

export function send(message) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

export function sendFrame(coded) {  // of the camera, a JPEG file
  if (socket.readyState === WebSocket.OPEN) socket.send(coded);
}

function open() {
  const where = new URL(address("ws", {rate: pageRate()}), location.href);
  where.protocol = where.protocol.replace("http", "ws");
  socket = new WebSocket(where);
  socket.binaryType = "arraybuffer";
  heardAt = performance.now();
  socket.onopen = () => { tries = 0; heard(); hands.opened(); };
  socket.onmessage = ({data}) => { heard(); received(data); };
  socket.onclose = ({code}) => {
    socket.onclose = null;
    hands.closed();
    if (code === REPLACED) { takeNewName(); open(); return; }
    if (code === FULL) {
      say("Too many pages look at this window. Close one, and this page opens by itself.");
      setTimeout(open, FULL_MILLISECONDS);
      return;
    }
    if (CLOSED[code]) { end(CLOSED[code]); return; }
    lost(600);
  };
}

function lost(milliseconds) {  // until it is said
  veilLater("The connection is lost; trying again ...", milliseconds);
  setTimeout(tries ? openUnlessRefused : open, Math.min(250 * 2 ** tries++, 4000));
}

function heard() {
  heardAt = performance.now();
}

setInterval(() => {
  const most = SILENT_MILLISECONDS * 2 ** Math.min(silences, MOST_DOUBLINGS);
  if (!socket || !socket.onclose || performance.now() - heardAt < most) return;  // without: it has ended already
  silences++;
  socket.onopen = socket.onmessage = socket.onclose = null;  // its end may come late, or never
  socket.close();
  hands.closed();
  lost(0);
}, 1000);

function received(data) {
  if (typeof data !== "string") { silences = 0; hands.picture(data); return; }
  const message = JSON.parse(data);
  if (message.type === "frames") hands.frames(message.count);
  else if (message.type === "facts") hands.facts(message);  // else it only says that the server is there
}

function end(words) {
  isOver = true;
  say(words);
}

function say(words) {  // and show no buttons, until facts come
  veil(words);
  document.body.classList.add("off");
  hands.ended();
}

function pageRate() {  // bytes a second with which this page was loaded; "" where that was too quick to tell
  const [page] = performance.getEntriesByType("navigation"), seconds = page ? (page.responseEnd - page.responseStart) / 1000 : 0;
  return seconds > 0.04 ? Math.round(page.transferSize / seconds) : "";
}

async function openUnlessRefused() {  // a socket does not say why it failed: a page does
  const words = await refusal();
  if (words) end(words);
  else open();
}

async function refusal() {  // the server's sentence, or "" where it is not there, or would let the page in
  try {
    const answer = await fetch(address(location.pathname), {cache: "no-store", signal: AbortSignal.timeout(5000)});
    if (![401, 403].includes(answer.status)) return "";
    const words = (await answer.text()).trim().slice(0, 200);
    return words.charAt(0).toUpperCase() + words.slice(1) + ".";
  } catch { return ""; }
}
