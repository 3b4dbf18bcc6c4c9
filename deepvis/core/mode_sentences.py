"""The words and the sentences of the modes (core/modes.py), for someone who reads them for the first time."""

from __future__ import annotations

from deepvis.core.compared import TilesOf
from deepvis.core.state import BackFilter, ColourMap, Look, Order, Show, Zoom
from deepvis.core.types import Fit

BACK_FILTERS = {
    BackFilter.RAW: ("raw", "Raw: the back projection as it is, gray where it is 0, in the picture's three colours"),
    BackFilter.GRAY: ("gray", "Gray: the mean of the back projection's three colours, brighter above 0, darker below"),
    BackFilter.NORM: ("norm", "Norm: how large the back projection is at each pixel, over the three colours; no sign"),
    BackFilter.NORMBLUR: ("norm, blurred", "Norm, blurred: its size at each pixel, smoothed over the neighbours"),
}
SHOWS = {
    Show.ACTIVATIONS: ("activations", "Activations: what each unit answers to the picture, at every place of its map"),
    Show.DIFFS: ("diffs", "Diffs: the back projection on its way, at every unit of this layer; gray where it is 0"),
}
ZOOMS = {
    Zoom.OFF: ("off", "No zoom: all units of the layer, a tile each"),
    Zoom.UNIT: ("the selected unit", "Zoom: the selected unit's map in the place of the tiles"),
    Zoom.BACK: ("the back projection", "Zoom: the back projection in the place of the tiles"),
    Zoom.PREFERRED: ("the preferred image", "Zoom: the picture that the unit prefers in the place of the tiles"),
    Zoom.SIDE_BY_SIDE: (
        "side by side",
        "Side by side: gradient, deconv, guided backprop and an attribution of this unit",
    ),
    Zoom.PHOTOS: (
        "over photos",
        "Over photos: this unit's map beneath each of the open photos, the largest value first",
    ),
    Zoom.CHANGES: ("colour or shape", "Colour or shape: what the unit's value becomes where the picture is changed"),
}
COMPARED = {
    TilesOf.CURRENT: (
        "the tiles are of the current one",
        "Pinned frame: it stands below the input, to compare others with; Q: its tiles, then the difference",
    ),
    TilesOf.PINNED: (
        "the tiles are of the pinned one",
        "Pinned frame: the tiles are of it; Q shows the difference from the current frame",
    ),
    TilesOf.DIFFERENCE: (
        "the tiles are the difference",
        "Pinned frame: the tiles are current minus pinned, orange is more now, blue is less",
    ),
}
ORDERS = {
    Order.NUMBER: ("by number", "Order: the tiles stand by the units' numbers"),
    Order.STRENGTH: ("by strength", "Order: the unit that fires strongest now comes first, silent ones are hidden"),
    Order.DIFFERENCE: ("by difference", "Order: the unit that differs most from the pinned frame comes first"),
}
COLOUR_MAPS = {
    ColourMap.GRAY: ("gray", "Gray: black is 0, or the least value, white the largest"),
    ColourMap.VIRIDIS: (
        "viridis",
        "Viridis: dark blue is low, yellow high; even steps for every kind of colour vision",
    ),
    ColourMap.CIVIDIS: ("cividis", "Cividis: blue is low, yellow high; it looks alike with red-green colour blindness"),
    ColourMap.MAGMA: ("magma", "Magma: black is low, then purple, orange, pale yellow"),
    ColourMap.SIGNED: ("signed", "Signed: black is 0, orange above it, blue below"),
}
LOOKS = {
    Look.READABLE: ("readable", "The readable look: each layer's brightness is spread so that most units can be seen"),
    Look.PLAIN_2015: ("2015", "The look of 2015: brightness is linear from 0 to the layer's largest value"),
}
FITS = {
    Fit.CROP: ("crop", "Crop: the middle of the picture in the network's shape, nothing is distorted"),
    Fit.STRETCH: ("stretch", "Stretched: the whole picture pressed into the network's shape"),
}
DEBUG = (
    "Debug level 0: nothing is drawn for developers",
    "Debug level 1: borders and names of the panes",
    "Debug level 2: borders, names, and how long each pane took to draw",
)
# key -> (title, sentence); of options that are on or off, or that have a value of their own
SWITCHES = {
    "back_off": ("back off", "Back off: nothing is projected back; b shows what in the picture drives the unit"),
    "pinned": ("frozen origin", "Frozen origin: the back projection starts at that unit, wherever you go; d frees it"),
    "why": (
        "why",
        "Why: units of earlier layers by contribution (activation times diff), green for it, dashed against",
    ),
    "pattern": ("patterns", "Patterns: each tile is the picture that its unit prefers, not its map"),
    "interventions": (
        "what if",
        "What if: units are switched off, clamped or amplified as long as it stands here; X, or / clear",
    ),
    "change": ("change", "Change: the tiles are after minus before the what-if, orange is more now, blue is less"),
    "place": ("pinned place", "Pinned place: the tiles are sorted by what fires at that place of the input"),
    "individual_boost": ("boost", "Boost, first number: each unit is brightened by its own largest value; 1: wholly"),
    "gamma_boost": ("gamma", "Boost, second number: the layer's gamma is multiplied by it; less is brighter"),
    "fixed_scale": ("fixed scale", "Fixed scale: the same value is as bright in every picture; E frees it"),
    "overlay": ("overlay", "Overlay: the back projection, or the attribution, lies over the input; A changes how much"),
    "label_predictions": (
        "class names",
        "Class names: the most probable classes, and the class that a unit stands for",
    ),
    "unit_images": ("unit images", "Unit images: what a unit prefers, optimized, and the photos that excite it most"),
    "receptive_field": ("field", "Receptive field: the yellow frame is all that the unit sees at its strongest place"),
    "scores": ("scores", "Scores: the value that the unit reached on each of the nine patches, and the file"),
    "looked_back": (
        "history",
        "History: an earlier picture of the optimization; the wheel goes through them, Esc to the newest",
    ),
    "all_layers": ("all operators", "All operators: the layer list has every step of the network, not stages alone"),
    "opened": ("open blocks", "Open block: the layers within it stand in the list; Enter closes it"),
    "help": ("help", "Help: all keys; type to search them"),
    "presenting": ("presenter", "Presenter mode: large text, and each key that is pressed is said at the lower edge"),
    "frozen": ("frozen", "Frozen: the camera or video stands still; f goes on"),
    "moving": ("input", "Input: pictures come from the camera or a video, or from files; c changes it"),
    "mirror": ("mirror", "Mirror: the camera is shown as a mirror does; M shows it as others see you"),
}
OPTIMIZER_PRESETS = {
    "1": "Preset 1, the paper's first: a little blur, and half of the pixels, those of small norm, are set to 0",
    "2": "Preset 2, the paper's second: strong decay, and the fifth of the pixels with the smallest norm is set to 0",
    "3": "Preset 3, the paper's third: blur at every fourth step: smooth shapes",
    "4": "Preset 4, the paper's fourth: only the tenth of the pixels that contributes most is left: sparse shapes",
    "robust": "Preset robust: the picture is shifted, scaled and turned at each step; whole things come out",
    "lucid": "Preset lucid: frequencies of a picture in colours that do not vary together; quick, fine detail",
    "maco": "Preset maco: the strength of each frequency is that of photos, its phase alone is changed",
    "accentuate": "Preset accentuate: small steps from a photo towards what the unit wants to see",
    "dream": "Preset dream: a photo in which the whole layer sees more of what it sees",
    "invert": "Preset invert: the picture whose values in this layer are the photo's: what the layer has left of it",
}
