"""Key codes of OpenCV's ``waitKeyEx`` -> key names, on every platform.

A key name is the character itself ("a", "J", "0", "<") or a word ("left", "pgdn", "esc").

Measured with the opencv-python wheels 4.14 and 5.0 on Linux (Qt): a letter gives the code of
its small letter, with Shift or without, and so does Ctrl + letter; hence a binding on a capital
letter cannot be reached there and each needs a second key. Characters such as ``! [ { < > + -``
are distinct. (Where there is an X server the window also asks it for the keys, ui/key_listener.py, and does get
``J``.) A modifier pressed alone arrives as a key of its own and is no key here. The
wheels for Windows and macOS tell ``J`` from ``j``; their codes for the keys without a character
are the virtual key shifted by 16 bits (window_w32.cpp) and AppKit's function-key code points
(window_cocoa.mm, NSEvent.h).
"""

from __future__ import annotations

import sys
import unicodedata

NO_KEY = frozenset({-1, 255, 0})

# the same on every platform: control characters
_CONTROL = {0x08: "backspace", 0x09: "tab", 0x0A: "enter", 0x0D: "enter", 0x1B: "esc", 0x20: "space"}

_MOVES = ("home", "left", "up", "right", "down", "pgup", "pgdn", "end")

# X11 keysyms (keysymdef.h); those of the keypad come from GTK builds only
_LINUX = {
    **{0xFF50 + i: name for i, name in enumerate(_MOVES)},
    0xFF63: "insert",
    0xFFFF: "delete",
    0x7F: "delete",
    0xFF08: "backspace",
    0xFF09: "tab",
    0xFF0D: "enter",
    0xFF1B: "esc",
    0xFF8D: "enter",
    **{0xFF95 + i: name for i, name in enumerate(_MOVES)},
    **{0xFFAA + i: c for i, c in enumerate("*+,-./0123456789")},
    **{0xFFBE + i: f"f{i + 1}" for i in range(12)},
}
_WINDOWS = {
    **{(0x21 + i) << 16: name for i, name in enumerate(("pgup", "pgdn", "end", *_MOVES[:5]))},
    0x2D << 16: "insert",
    0x2E << 16: "delete",
    **{(0x70 + i) << 16: f"f{i + 1}" for i in range(12)},
}
_MACOS = {
    0x7F: "backspace",
    0xF700: "up",
    0xF701: "down",
    0xF702: "left",
    0xF703: "right",
    0xF728: "delete",
    0xF729: "home",
    0xF72B: "end",
    0xF72C: "pgup",
    0xF72D: "pgdn",
    **{0xF704 + i: f"f{i + 1}" for i in range(12)},
}
_GTK_CTRL, _GTK_ALT = (
    0x40000,
    0x80000,
)  # the bits that GTK builds and the window's key listener (ui/key_listener.py) set


def key_name(code: int, platform: str = sys.platform) -> str | None:
    """The name of the key with this code of ``waitKeyEx``; None for none, a lone modifier or an unknown one.

    platform: as ``sys.platform`` has it.
    """
    if code in NO_KEY:
        return None
    if platform == "win32":
        special = _WINDOWS
    elif platform == "darwin":
        special = _MACOS
    else:
        special = _LINUX
        if code > 0xFFFF:  # the modifiers stand above the key
            if code & _GTK_ALT or code > 0xFFFFFF:
                return None
            if code & _GTK_CTRL:
                plain = key_name(code & 0xFFFF, platform)
                return plain and f"ctrl+{plain.lower()}"
            code &= 0xFFFF
    name = special.get(code) or _CONTROL.get(code)
    if name:
        return name
    return chr(code) if 0x21 <= code <= 0x7E else None


# the upper byte of X's older keysyms (keysymdef.h) -> the character set that has the lower one
_CHARACTER_SETS = {0: "iso8859-1", 1: "iso8859-2", 2: "iso8859-3", 3: "iso8859-4", 5: "iso8859-6", 6: "koi8-r",
                   7: "iso8859-7", 12: "iso8859-8", 13: "tis-620"}  # fmt: skip
_EURO = 0x20AC
_UNICODE = 0x01000000  # keysyms of Unicode's own numbers stand above this
# keysyms of the keys that put an accent on the next letter -> Unicode's combining characters
_DEAD = {0xFE50: "\u0300", 0xFE51: "\u0301", 0xFE52: "\u0302", 0xFE53: "\u0303", 0xFE54: "\u0304", 0xFE55: "\u0306",
         0xFE56: "\u0307", 0xFE57: "\u0308", 0xFE58: "\u030a", 0xFE59: "\u030b", 0xFE5A: "\u030c", 0xFE5B: "\u0327",
         0xFE5C: "\u0328"}  # fmt: skip


def character(code: int, platform: str = sys.platform) -> str | None:
    """The character that a key types, in any script; None for a key that types none, or with Ctrl or Alt.

    A key for an accent alone gives Unicode's combining character: ``accented`` puts it on the next letter.
    code, platform: as for ``key_name``.
    """
    if platform in ("win32", "darwin"):
        return chr(code) if 0x20 <= code < 0xF700 and code != 0x7F and chr(code).isprintable() else None
    if code in _DEAD:
        return _DEAD[code]
    if _UNICODE + 0x20 <= code <= _UNICODE + 0x10FFFF:
        return chr(code - _UNICODE)
    if 0xFFAA <= code <= 0xFFB9:  # of the keypad
        return key_name(code, "linux")
    if code == _EURO:
        return "\N{EURO SIGN}"
    low = code & 0xFF
    if not 0 <= code <= 0xFFFF or not (0x20 <= low <= 0x7E or low >= 0xA0) or code >> 8 not in _CHARACTER_SETS:
        return None
    try:
        return bytes([low]).decode(_CHARACTER_SETS[code >> 8])
    except UnicodeDecodeError:
        return None


def accented(accent: str, letter: str) -> str:
    """A letter with an accent in front of which it was typed; the letter alone where there is no such letter."""
    one = unicodedata.normalize("NFC", letter + accent)
    return one if len(one) == 1 else letter


WORDS = frozenset({*_CONTROL.values(), *_LINUX.values(), *_WINDOWS.values(), *_MACOS.values()})


def is_key_name(name: str) -> bool:
    """True for a name that ``key_name`` can give on some platform."""
    name = name.removeprefix("ctrl+") if len(name) > 5 else name
    return name in WORDS or (len(name) == 1 and 0x21 <= ord(name) <= 0x7E)


_ALIASES = {
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "page_up": "pgup",
    "page_down": "pgdn",
    "prior": "pgup",
    "next": "pgdn",
    "return": "enter",
    " ": "space",
}


def canonical(name: str) -> str:
    """The name that this module uses for a key that people and X11 also call otherwise ("Escape", "Left")."""
    if len(name) == 1:
        return _ALIASES.get(name, name)
    if name.lower().startswith("ctrl+") and len(name) > 5:
        return "ctrl+" + canonical(name[5:]).lower()
    return _ALIASES.get(name.lower(), name.lower())


def key_code(name: str, platform: str = sys.platform) -> int | None:
    """The inverse: the code of a key for one who has its name only, as a browser has; None for a key that has none.

    name: a character of any script, a word ("left", "pgdn"), or ctrl+ and one of these.
    """
    if len(name) == 1 and name != " ":
        code = ord(name)
        if not name.isascii() and platform not in ("win32", "darwin"):
            code += _UNICODE
        return code if name.isprintable() and character(code, platform) == name else None
    name = canonical(name)
    codes = _codes(platform)
    if name.startswith("ctrl+"):
        plain = name[5:]
        code = ord(plain) if len(plain) == 1 else codes.get(plain, 0x10000)
        return code | _GTK_CTRL if key_name(code | _GTK_CTRL, platform) == name else None
    return codes.get(name)


def _codes(platform: str) -> dict[str, int]:
    """Name -> code of the keys without a character; of several codes of one key the first of the table."""
    special = {"win32": _WINDOWS, "darwin": _MACOS}.get(platform, _LINUX)
    found: dict[str, int] = {}
    for code, name in (*special.items(), *_CONTROL.items()):
        if len(name) > 1:
            found.setdefault(name, code)
    return found
