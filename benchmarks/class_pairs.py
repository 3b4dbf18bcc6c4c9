"""Which classes of the embedded caffenet-mini (Caltech-101) are which of ILSVRC12, by the synsets' numbers of 0 to 999.

Where several are given, each of them counts. Classes of Caltech-101 that ILSVRC12 has not, or only as a part of
something wider or beside it (a helicopter, a ferry, a face), are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

ILSVRC12_OF: Mapping[str, tuple[int, ...]] = {
    "Leopards": (288,),  # leopard
    "Motorbikes": (665, 670),  # moped, motor scooter
    "accordion": (401,),
    "airplanes": (404, 895),  # airliner, warplane
    "ant": (310,),
    "barrel": (427, 756),  # barrel, rain barrel
    "beaver": (337,),
    "binocular": (447,),
    "butterfly": (321, 322, 323, 324, 325, 326),  # the six butterflies
    "camera": (732, 759),  # Polaroid camera, reflex camera
    "cannon": (471,),
    "car_side": (436, 468, 511, 656, 661, 751, 817),  # beach wagon, cab, convertible, minivan, Model T, racer, sports
    "cellphone": (487,),
    "chair": (423, 559, 765),  # barber chair, folding chair, rocking chair
    "cougar_body": (286,),
    "cougar_face": (286,),
    "crab": (118, 119, 120, 121, 125),  # Dungeness, rock, fiddler, king, hermit
    "crayfish": (124,),
    "crocodile": (49, 50),  # African crocodile, American alligator
    "crocodile_head": (49, 50),
    "cup": (504, 968),  # coffee mug, cup
    "dalmatian": (251,),
    "dragonfly": (319,),
    "electric_guitar": (546,),
    "elephant": (101, 385, 386),  # tusker, Indian elephant, African elephant
    "ewer": (725,),  # pitcher, ewer
    "flamingo": (130,),
    "flamingo_head": (130,),
    "gerenuk": (353,),  # gazelle
    "grand_piano": (579,),
    "hawksbill": (33, 34),  # the two sea turtles: loggerhead, leatherback
    "hedgehog": (334,),  # porcupine, hedgehog
    "kangaroo": (104,),  # wallaby, brush kangaroo
    "ketch": (780, 914),  # schooner, yawl: two masts too
    "lamp": (619, 846),  # lampshade, table lamp
    "laptop": (620, 681),  # laptop, notebook
    "llama": (355,),
    "lobster": (122, 123),  # American lobster, spiny lobster
    "nautilus": (117,),
    "panda": (388,),  # giant panda
    "pizza": (963,),
    "platypus": (103,),
    "revolver": (763,),
    "rooster": (7,),  # cock
    "saxophone": (776,),
    "schooner": (780,),
    "scorpion": (71,),
    "soccer_ball": (805,),
    "starfish": (327,),
    "stop_sign": (919,),  # street sign
    "strawberry": (949,),
    "tick": (78,),
    "trilobite": (69,),
    "umbrella": (879,),
    "watch": (409, 531, 826),  # analog clock, digital watch, stopwatch
}
