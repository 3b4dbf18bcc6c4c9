"""run_toolbox.py, where camera 0 is a stream at $CAMERA_ADDRESS: OpenCV's capture opens it for real, as a camera."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2

from deepvis.cli.main import entry
from deepvis.sources import camera

WAIT_MS = 8000  # to open and for the next picture, as Linux's driver waits 10 seconds


def opened(index: int) -> cv2.VideoCapture:
    camera.quiet_opencv()
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, WAIT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, WAIT_MS]
    return cv2.VideoCapture(os.environ["CAMERA_ADDRESS"], cv2.CAP_FFMPEG, limits)


if __name__ == "__main__":
    camera._open = opened
    entry()
