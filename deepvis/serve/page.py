"""The page, whole in one answer: its JavaScript modules lie in it, as addresses that hold their content.

So a slow link is asked once, and there is no further file that the server would have to guard. A module is imported by
its file's name, which the import map makes such an address of.
"""

from __future__ import annotations

import json
import secrets
from functools import lru_cache
from urllib.parse import quote

from deepvis.pages.render import FOLDER, render
from deepvis.serve.browser_keys import KEY_NAMES, ctrl_keys

MODULES = FOLDER / "serve"
UNQUOTED = " !\"$&'()*+,/:;<=>?@[\\]^`{|}"  # in an address that holds content all but %, #, and ends of lines


def page() -> tuple[str, str]:
    """(the page, its Content-Security-Policy): scripts and styles are those alone that stand in it."""
    nonce = secrets.token_urlsafe(16)
    keys = {"names": KEY_NAMES, "ctrl": ctrl_keys()}
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data: blob:; media-src blob:; base-uri 'none'; form-action 'none'"
    )
    return render("serve.html", nonce=nonce, keys=keys, modules=import_map()), policy


@lru_cache(maxsize=1)
def import_map() -> str:
    """The import map of all modules, a JSON text that may stand in a script element as it is: nothing ends it early."""
    addresses = {path.name: _address(path.name, path.read_text("utf-8")) for path in sorted(MODULES.glob("*.js"))}
    return json.dumps({"imports": addresses}).replace("<", "\\u003c")


def _address(name: str, source: str) -> str:
    """The sourceURL is the name in a browser's tools, and in what it says of errors."""
    return "data:text/javascript;charset=utf-8," + quote(f"{source}//# sourceURL={name}", safe=UNQUOTED)
