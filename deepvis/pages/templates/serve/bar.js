// The bar: what it shows of the facts, and its buttons.
import {startCamera, stopCamera, stream} from "camera.js";
import {send} from "connection.js";
import {download, switchRecording} from "downloads.js";
import {$, canvas} from "elements.js";
import {facts, isFree, sendPress} from "facts.js";
import {upload} from "photos.js";

export function showFacts() {
  document.body.classList.remove("off");
  document.body.classList.toggle("watches", !facts.controls);
  const others = facts.viewers - 1;
  const words = [facts.controls ? "" : isFree() ? "nobody controls" : "you are watching",
    others > 0 ? `${others} ${facts.controls ? "watching" : "more"}` : ""].filter(Boolean).join(", ");
  $("state").replaceChildren(Object.assign(document.createElement("b"), {textContent: words ? "deepvis \u00b7 " : "deepvis"}), words);
  $("take").hidden = facts.controls || !facts.may_control;
  for (const name of ["keyboard", "moves", "palette", "camera", "photo", "record"]) $(name).hidden = !facts.controls;
  $("camera").setAttribute("aria-pressed", String(facts.camera_is_on));
  $("recorded").hidden = !facts.controls || facts.recording || !facts.recorded;
  $("record").setAttribute("aria-pressed", String(facts.recording));
}

function button(name, act) {
  $(name).addEventListener("click", (event) => { if (name !== "keyboard") canvas.focus({preventScroll: true}); act(event); });
}
button("take", () => send({type: "control"}));
button("keyboard", () => $("typing").focus());
for (const each of document.querySelectorAll("#moves button")) {
  each.addEventListener("mousedown", (event) => event.preventDefault());  // what has the focus keeps it, so the keyboard stays
  each.addEventListener("click", () => sendPress({type: "key", key: each.dataset.key}));
}
button("palette", () => {
  sendPress({type: "key", key: "ctrl+p"});  // "/" would be a letter in the help
  if (matchMedia("(pointer: coarse)").matches) $("typing").focus();
});
button("camera", () => stream ? stopCamera() : startCamera());
button("photo", () => $("files").click());
button("screenshot", () => download("screenshot.png"));
button("record", switchRecording);
button("recorded", () => download("recording.mp4"));
button("full", () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
$("files").addEventListener("change", () => { upload([...$("files").files]); $("files").value = ""; });
if (!document.fullscreenEnabled) $("full").hidden = true;
