// ---------------------------------------------------------------------- photos

const AGAIN_SECONDS = 1, MOST_TRIES = 60, MOST_NAMED = 4;
let uploads = Promise.resolve();  // what was dropped before goes first

function upload(files) {
  const why = whyNotInControl();
  notice(why);  // "" puts away what was said of earlier photos
  if (why) return;
  uploads = uploads.then(() => uploadAll(files));
}

async function uploadAll(files) {
  const failed = [], count = files.length;
  let sent = 0;
  for (const file of files) {
    if (count > 1) notice(`Sending photos: ${sent + failed.length + 1} of ${count} ...`, 60);
    const {status, why} = await uploadOne(file);
    if (status === 403) { failed.push(why); break; }  // control was taken meanwhile
    if (why) failed.push(why.includes(file.name) ? why : `${file.name}: ${why}`);
    else sent++;
  }
  const more = failed.length - MOST_NAMED, reasons = [...failed.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
  if (count > 1) notice(`${sent} of ${count} photos were sent${reasons ? `. Not sent: ${reasons}` : "."}`, reasons ? 20 : 7);
  else if (reasons) notice(reasons);
}

async function uploadOne(file) {  // {status, why}: why: "" once it is there. Where there is no room for it now, it waits
  for (let tried = 1; ; tried++) {
    try {
      const answer = await fetch(address("photo", {name: file.name || "pasted.png"}), {method: "POST", body: file});
      if (answer.ok) return {status: answer.status, why: ""};
      const why = (await answer.text()).trim();
      if (![429, 503].includes(answer.status) || tried === MOST_TRIES || isOver) return {status: answer.status, why};
      const seconds = Number(answer.headers.get("Retry-After")) || AGAIN_SECONDS;
      await new Promise((done) => setTimeout(done, 1000 * Math.min(seconds, 10)));
    } catch { return {status: 0, why: `${file.name} could not be sent`}; }
  }
}

addEventListener("dragover", (event) => { event.preventDefault(); $("drop").hidden = !event.dataTransfer.types.includes("Files"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").hidden = true; });
addEventListener("drop", (event) => { event.preventDefault(); $("drop").hidden = true; upload([...event.dataTransfer.files]); });
addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  event.preventDefault();
  if (files.length) upload(files);
  else sendPress({type: "paste", text: event.clipboardData.getData("text").slice(0, 10000)});
});

// ---------------------------------------------------------------------- camera

let stream = null, isStarting = false, framesAsked = 0, isSending = false;
const video = $("video"), still = document.createElement("canvas");

async function startCamera() {
  if (!navigator.mediaDevices) { cameraFailed("the page needs https, or a tunnel that ends on localhost"); return; }
  if (isStarting) return;  // the browser still asks
  isStarting = true;
  let own = null;
  try {
    stream = own = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: 640}, height: {ideal: 480}}, audio: false});
    video.srcObject = own;
    await video.play();
    if (stream !== own) return;  // it was switched off meanwhile
    own.getVideoTracks()[0].onended = () => cameraFailed("it was switched off");
    if (facts.controls && !isOver) send({type: "camera", on: true});
    else stopCamera();  // control was lost while the browser asked
  } catch (error) {
    if (stream === own) cameraFailed(error.message || error.name);
  } finally { isStarting = false; }
}

function cameraFailed(why) {  // the window's own line says so only where it shows the camera
  notice(`The camera gives no pictures: ${why.replace(/\.$/, "")}.`);
  stopCamera(why);
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
