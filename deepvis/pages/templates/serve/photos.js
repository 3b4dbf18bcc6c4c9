// Photos of this device: chosen, dropped on the page or pasted. Text that is pasted goes to the window.
import {address} from "address.js";
import {isOver} from "connection.js";
import {$} from "elements.js";
import {sendPress, whyNotInControl} from "facts.js";
import {notice} from "notices.js";

const AGAIN_SECONDS = 1, MOST_TRIES = 60, MOST_NAMED = 4;
const SENDING_SECONDS = 3600;  // what is being sent is said until it is there
export let uploads = Promise.resolve();  // what was dropped before goes first

export function upload(files) {
  const why = whyNotInControl();
  notice(why);  // "" puts away what was said of earlier photos
  if (why) return;
  uploads = uploads.then(() => uploadAll(files));
}

async function uploadAll(files) {
  const failed = [], count = files.length;
  let sent = 0;
  for (const file of files) {
    notice(count > 1 ? `Sending photos: ${sent + failed.length + 1} of ${count} ...` : `Sending ${file.name || "a photo"} ...`, SENDING_SECONDS);
    const {status, why} = await uploadOne(file);
    if (status === 403) { failed.push(why); break; }  // control was taken meanwhile
    if (why) failed.push(why.includes(file.name) ? why : `${file.name}: ${why}`);
    else sent++;
  }
  const more = failed.length - MOST_NAMED, reasons = [...failed.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
  if (count > 1) notice(`${sent} of ${count} photos were sent${reasons ? `. Not sent: ${reasons}` : "."}`, reasons ? 20 : 7);
  else notice(reasons);
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
