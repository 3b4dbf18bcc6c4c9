// The token, without which the server answers nothing, and this page's name among those that look at the window.
const token = new URLSearchParams(location.search).get("token") || "";
export let viewer = ownName();

function ownName(isFresh = false) {  // which a page has after it is loaded anew, too
  const random = crypto.getRandomValues(new Uint32Array(3)).join("-");
  if (window === top) {
    try { return (!isFresh && sessionStorage.viewer) || (sessionStorage.viewer = random); } catch { /* it may store nothing */ }
  }
  return (!isFresh && window.name) || (window.name = random);  // of a frame: the page around it gives the same each time
}

export function takeNewName() {  // a browser's "Duplicate" copies the name, too
  viewer = ownName(true);
}

export function address(path, more = {}) {
  return path + "?" + new URLSearchParams({token, viewer, ...more});
}
