// This device's camera: on from its button, or a key in this page, until photos are shown. The server asks for its frames,
// as many as the network takes.
import {isOver, send, sendFrame} from "connection.js";
import {$} from "elements.js";
import {facts} from "facts.js";
import {notice, unsay} from "notices.js";

const WAITS = "The window waits for a camera: press Camera, or c for photos.";
const video = $("video"), still = document.createElement("canvas");
export let stream = null;  // while it is on
let given = null;  // the stream that the server knows of
let failed = "";  // what was said when it gave no pictures last
let isStarting = false, framesAsked = 0, isSending = false;

export async function startCamera(isWanted = () => true) {
  if (!navigator.mediaDevices) { cameraFailed("the page needs https, or a tunnel that ends on localhost"); return; }
  if (isStarting) return;  // the browser still asks
  unsay(failed);
  isStarting = true;
  let own = null;
  try {
    stream = own = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: 640}, height: {ideal: 480}}, audio: false});
    video.srcObject = own;
    await video.play();
    if (stream !== own) return;  // it was switched off meanwhile
    own.getVideoTracks()[0].onended = () => cameraFailed("it was switched off");
    if (facts.controls && !isOver && isWanted()) send({type: "camera", on: true});
    else stopCamera();  // control was lost, or photos were asked for, while the browser asked
  } catch (error) {
    if (stream === own) cameraFailed(error.message || error.name);
  } finally { isStarting = false; }
}

function cameraFailed(why) {  // the window's own line says so only where it shows the camera
  failed = `The camera gives no pictures: ${why.replace(/\.$/, "")}.`;
  notice(failed);
  stopCamera(why);
}

export function stopCamera(why = "") {
  letGo();
  send({type: "camera", on: false, why: why.slice(0, 200)});
}

function letGo() {
  for (const track of stream ? stream.getTracks() : []) { track.onended = null; track.stop(); }
  stream = null;
  forgetServer();
  video.srcObject = null;
}

export function followCamera(before) {  // before: the facts of before
  if (before.controls && !facts.controls && stream) stopCamera();
  if (facts.gives_camera) given = stream;
  else if (stream && stream === given) letGo();  // the window shows something else
  if (facts.camera_wanted && !before.camera_wanted && !stream) startCamera(() => facts.camera_wanted);
  if (!facts.camera_waits) unsay(WAITS);
  else if (!before.camera_waits && !stream) notice(WAITS);
}

export function sayCameraIsOn() {  // to a server that does not know it yet
  if (stream) send({type: "camera", on: true});
}

export function forgetServer() {  // what it knows of the camera, and has asked for
  given = null;
  framesAsked = 0;
}

export function askedForFrames(count) {
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
    framesAsked = Math.max(framesAsked - 1, 0);  // they were forgotten meanwhile, perhaps
    if (coded) sendFrame(coded);
  }
  isSending = false;
}
