"""deepvis: see what every unit of a convolutional network sees, live."""

__version__ = "0.1.0"
