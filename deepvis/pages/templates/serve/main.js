// The page's script begins here. Each module says in its imports what it needs, and imports run one way:
//
//   elements.js, address.js   what stands on the page; the token, and the page's name
//   notices.js                what the page says
//   connection.js             the socket to the server
//   facts.js                  what the server says of this page; whether what is pressed counts
//   pictures.js               the window's picture, and its size
//   keys.js, mouse.js         what goes to the window
//   photos.js, camera.js      what the window is to show
//   downloads.js              screenshot and recording
//   bar.js                    the buttons
//
// What comes over the socket is handed on here alone.
import {showFacts} from "bar.js";
import {askedForFrames, followCamera, forgetServer, sayCameraIsOn, stopCamera} from "camera.js";
import {connect} from "connection.js";
import {followRecording} from "downloads.js";
import {canvas} from "elements.js";
import {facts, setFacts} from "facts.js";
import "keys.js";
import "mouse.js";
import {notice} from "notices.js";
import {draw, fit, sendSize} from "pictures.js";

function factsCame(message) {
  const before = facts;
  setFacts(message);
  showFacts();
  if (facts.controls && !before.controls) sendSize();
  followCamera(before);
  followRecording(before);
  if (facts.is_busy && !before.is_busy) notice("The window is busy; what is pressed meanwhile may be left out.");
  fit();
}

if (window === top) canvas.focus({preventScroll: true});
else document.documentElement.classList.add("framed");  // a notebook keeps its keyboard until the frame is clicked
connect({
  opened() { sendSize(); sayCameraIsOn(); },
  closed: forgetServer,
  ended: stopCamera,
  facts: factsCame,
  frames: askedForFrames,
  picture: draw,
});
