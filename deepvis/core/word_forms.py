"""Other forms of a typed word, and other words for the same: "recording", "movie". For looking in help texts. Pure."""

from __future__ import annotations

from deepvis.core.fuzzy import WORD_START, Match, folded, match

LEAST_STEM = 3  # letters that are left of a word without its ending
DISCOUNT = 8.0  # points that another form of the word costs
# ending -> what stands in its place; the first that fits
ENDINGS = {"iness": "", "ifier": "ify", "ified": "ify", "ying": "y", "ation": "", "ness": "", "ings": "", "ing": "",
           "ers": "", "er": "", "ies": "y", "ied": "y", "ed": "", "ions": "", "ion": "", "es": "", "s": "",
           "y": ""}  # fmt: skip
# what people say -> the words of the help
SAME = {
    "ablat": "what if", "alarm": "freeze when", "alert": "freeze when", "bigger": "enlarge", "bookmark": "star",
    "chart": "over time", "csv": "numbers", "curve": "over time", "dataset": "open photos", "exit": "quit",
    "explain": "why", "export": "numbers", "favourit": "star", "favorit": "star", "flicker": "steadiness",
    "flip": "mirror", "folder": "open photos", "frozen": "freeze", "fullscreen": "enlarge", "graph": "over time",
    "heatmap": "attribution", "jitter": "steadiness", "lesion": "what if", "movi": "video", "nois": "steadiness",
    "occlu": "attribution", "optimis": "optimize", "plot": "over time", "presentation": "presenter", "reason": "why",
    "cause": "why", "revert": "undo", "salien": "attribution", "screenshot": "save picture", "search": "find",
    "session": "command path", "slideshow": "autoplay", "snapshot": "save picture", "sort": "order",
    "textur": "colour shape", "threshold": "exceeds", "track": "follow", "visualiz": "preferred",
    "watch": "follow", "webcam": "camera",
}  # fmt: skip


def stem(word: str) -> str:
    """A small word without its ending: "steady" and "steadiness" both to "stead", "pinning" to "pin"."""
    for ending, instead in ENDINGS.items():
        rest = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(rest) >= LEAST_STEM:
            is_double = not instead and len(rest) > LEAST_STEM and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if is_double else rest
    return word


def other_words(word: str) -> str:
    """What the help calls it, for what people say; "" where it has no other name."""
    return next((words for said, words in SAME.items() if word.startswith(said)), "")


def match_forms(query: str, name: str) -> Match | None:
    """As ``match``; where other forms of the query's words fit better, by those: they must begin words of the name."""
    found = match(query, name)
    words = folded(query).split()
    for forms in ([stem(word) for word in words], [other_words(word) or word for word in words]):
        if forms == words:
            continue
        other = match(" ".join(forms), name)
        if other is not None and other.points >= WORD_START:
            points = other.points - DISCOUNT
            if found is None or found.points < points:
                found = Match(points, other.marks)
    return found
