// What the page downloads: a screenshot, a recording.
import {address} from "address.js";
import {send} from "connection.js";
import {facts} from "facts.js";
import {notice} from "notices.js";

let recordsHere = false;  // the recording was begun, or ended, with this page's button

export async function download(name) {
  try {
    const answer = await fetch(address(name));
    if (!answer.ok) { notice((await answer.text()).trim()); return; }
    const file = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    const href = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement("a"), {href, download: file ? file[1] : name}).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  } catch { notice(`${name} could not be downloaded.`); }
}

export function switchRecording() {
  recordsHere = true;
  send({type: "record", on: !facts.recording});
}

export function followRecording(before) {  // before: the facts of before
  if (recordsHere && facts.recorded > (before.recorded || 0)) { recordsHere = false; download("recording.mp4"); }
  if (before.recording && !facts.recording) recordsHere = false;
  if (facts.recording_error && facts.recording_error !== before.recording_error) { recordsHere = false; notice(facts.recording_error); }
}
