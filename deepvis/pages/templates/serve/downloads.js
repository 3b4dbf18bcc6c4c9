// What the page downloads: a screenshot, a recording.
import {address} from "address.js";
import {send} from "connection.js";
import {facts} from "facts.js";
import {notice} from "notices.js";

let endsHere = false;  // the recording was ended with this page's button

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
  endsHere = Boolean(facts.recording);
  send({type: "record", on: !facts.recording});
}

export function followRecording(before) {  // before: the facts of before. The page that began it is known by its name after a reload, too
  if ((facts.records_here || endsHere) && facts.recorded > before.recorded) download("recording.mp4");
  if (!facts.recording) endsHere = false;
  if (facts.recording_error && facts.recording_error !== before.recording_error) notice(facts.recording_error);
}
