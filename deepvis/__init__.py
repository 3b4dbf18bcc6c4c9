"""deepvis: see what every unit of a convolutional network sees, live."""

import os

__version__ = "0.1.0"

# OpenMP's threads spin for milliseconds between parallel regions unless told otherwise. Where they share the cores
# with a window and a video decoder, that costs more than it saves: GoogLeNet's pass took 10 times as long. Some
# microseconds are the best for all: 100000 gave the camera a twentieth more, and took a third from the passes beside
# the live optimizer. To be said before torch is loaded, so it stands here.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
