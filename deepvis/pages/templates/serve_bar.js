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
  each.addEventListener("click", () => sendPress({type: "key", key: each.dataset.key}));
}
button("palette", () => {
  sendPress({type: "key", key: "ctrl+p"});  // "/" would be a letter in the help
  if (matchMedia("(pointer: coarse)").matches) $("typing").focus();
});
button("camera", () => stream ? stopCamera() : startCamera());
button("photo", () => $("files").click());
button("screenshot", () => download("screenshot.png"));
button("record", () => { recordsHere = true; send({type: "record", on: !facts.recording}); });
button("full", () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
$("files").addEventListener("change", () => { upload([...$("files").files]); $("files").value = ""; });
if (!document.fullscreenEnabled) $("full").hidden = true;

if (window === top) canvas.focus({preventScroll: true});
else document.documentElement.classList.add("framed");  // a notebook keeps its keyboard until the frame is clicked
document.addEventListener("DOMContentLoaded", connect);  // by then it is known how fast the page has come
