"""From what a text says to the letters that are drawn, one after the other from left to right.

Letters that no font here has become a readable substitute, Arabic letters take the forms that join them, and what is
read from the right is turned around. Source of the order: the Unicode Bidirectional Algorithm (UAX 9) without
embeddings; of the forms: the decompositions in the blocks of Arabic presentation forms. Scripts that reorder within a
syllable (Devanagari) are drawn letter by letter.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from deepvis.window.ui.faces import is_drawable

MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
FORMS = ("<isolated>", "<final>", "<initial>", "<medial>")


@lru_cache(maxsize=8192)
def drawn(text: str) -> str:
    """The letters to draw for a line, in the order from left to right."""
    if text.isascii():
        return text
    line = substituted(joined(composed(text)))
    return ordered(line) if any(_direction(letter) == "R" for letter in line) else line


def composed(text: str) -> str:
    """Accents as part of their letters, and without the marks that are not to be seen (joiners, variations)."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if not _is_invisible(c))


def _is_invisible(letter: str) -> bool:
    code = ord(letter)
    is_variation = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x1F3FB <= code <= 0x1F3FF
    return is_variation or unicodedata.category(letter) == "Cf"


# ---------------------------------------------------------------- substitutes


def substituted(text: str) -> str:
    """The text with what no font has spelled out."""
    result, spells_name = "", False
    for letter in text:
        if is_drawable(letter):
            result, spells_name = result + letter, False
            continue
        text_part, drops_vowel = substitute(letter)
        if drops_vowel and result.endswith("a"):  # an Indic consonant's own a gives way to the vowel that is written
            result = result[:-1]
        is_name = _direction(letter) == "R"  # of these letters whole names are spelled: kept apart
        result += f"-{text_part}" if is_name and spells_name else text_part
        spells_name = is_name
    return result


@lru_cache(maxsize=4096)
def substitute(letter: str) -> tuple[str, bool]:
    """What stands for a letter that cannot be drawn, by its name in Unicode; True if it takes the vowel before it away.

    か: ka; 😺: :smiling cat face with open mouth:; 猫: [U+732B].
    """
    plain = unicodedata.normalize("NFKC", letter)
    if plain != letter and all(map(is_drawable, plain)):
        return plain, False
    name, kind = unicodedata.name(letter, ""), unicodedata.category(letter)
    if not name or name.startswith("CJK"):
        return f"[U+{ord(letter):04X}]", False
    if kind[0] == "S":
        return f":{name.lower()}:", False
    for word in (" VOWEL SIGN ", " LETTER ", " SYLLABLE ", " DIGIT ", " CHARACTER "):
        if word in name:
            spelled = name.partition(word)[2].removeprefix("SMALL ").partition(" WITH ")[0]
            is_capital = " CAPITAL LETTER " in name
            return (spelled.capitalize() if is_capital else spelled.lower()), word == " VOWEL SIGN "
    if kind[0] == "M":
        return "", "VIRAMA" in name
    if "PROLONGED SOUND MARK" in name:
        return "-", False
    return {"P": "."}.get(kind[0], f"[U+{ord(letter):04X}]"), False


# --------------------------------------------------------------- Arabic forms


@lru_cache(maxsize=1)
def _forms() -> dict[tuple[str, str], str]:
    """(what is written, form) -> the letter of the presentation blocks."""
    table: dict[tuple[str, str], str] = {}
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)):
        form, *parts = unicodedata.decomposition(chr(code)).split()[:3] or [""]
        if form in FORMS:
            table.setdefault(("".join(chr(int(part, 16)) for part in parts), form), chr(code))
    return table


def joined(text: str) -> str:
    """Arabic letters in the forms that join their neighbours, where the fonts have these; lam and alef as one."""
    forms, result, i = _forms(), "", 0
    while i < len(text):
        joins_before = i > 0 and _joins_after(text[i - 1])
        pair = text[i : i + 2]
        size = 2 if len(pair) == 2 and (pair, "<isolated>") in forms and pair[0] == "\u0644" else 1
        text_part = text[i : i + size]
        joins_next = size == 1 and _joins_after(text_part) and i + 1 < len(text) and _joins_before(text[i + 1])
        form = FORMS[2 * joins_next + joins_before]
        shaped = forms.get((text_part, form), text_part)
        result += shaped if all(map(is_drawable, shaped)) else text_part
        i += size
    return result


def _joins_after(letter: str) -> bool:
    return (letter, "<initial>") in _forms() or letter == "\u0640"


def _joins_before(letter: str) -> bool:
    return (letter, "<final>") in _forms() or letter == "\u0640"


# ---------------------------------------------------------------------- order


def ordered(text: str) -> str:
    """A line with parts read from the right, as it looks from the left; its first letter says which way it runs."""
    letters = [c for c in text if unicodedata.bidirectional(c) != "NSM"]
    kinds = [_direction(c) for c in letters]
    base = 1 if next((kind for kind in kinds if kind in "LR"), "L") == "R" else 0
    levels = _levels(kinds, base)
    turned = [c.translate(MIRRORED) if level % 2 else c for c, level in zip(letters, levels, strict=True)]
    for level in range(max(levels, default=0), 0, -1):
        start = None
        for i in range(len(turned) + 1):
            if i < len(turned) and levels[i] >= level:
                start = i if start is None else start
            elif start is not None:
                turned[start:i] = turned[start:i][::-1]
                levels[start:i] = levels[start:i][::-1]
                start = None
    return "".join(turned)


def _direction(letter: str) -> str:
    """L, R, N (a digit) or - (neither: it follows its neighbours)."""
    kind = unicodedata.bidirectional(letter)
    return "R" if kind in ("R", "AL") else "N" if kind in ("EN", "AN") else "L" if kind == "L" else "-"


def _levels(kinds: list[str], base: int) -> list[int]:
    """How deep each letter is turned: even from the left, odd from the right. base: of the line, 0 or 1."""
    line = strong = "LR"[base]
    directions: list[str | None] = []
    for kind in kinds:
        strong = kind if kind in "LR" else strong
        directions.append(None if kind == "-" else strong if kind == "N" and strong == "L" else kind)
    levels = []
    for i, own in enumerate(directions):
        kind = own or ""
        if not kind:  # it goes with its neighbours if they agree, else with the line; numbers count as R here
            before = next((near for near in directions[i::-1] if near), line).replace("N", "R")
            after = next((near for near in directions[i:] if near), line).replace("N", "R")
            kind = before if before == after else line
        levels.append({"L": 2 * base, "R": 1, "N": 2}[kind])
    return levels
