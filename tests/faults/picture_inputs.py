"""The readers of photos, videos and lists of photos."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms

from deepvis.core.user_error import UsageError
from deepvis.sources.base import Play, SourceError
from deepvis.sources.directory import images_problem, photos_at
from deepvis.sources.photos import PhotoError, load_photo
from deepvis.sources.small_photo import load_thumbnail
from deepvis.sources.video import Video
from deepvis.sources.video_frames import frames_of
from tests.faults import structured
from tests.faults.input_reader import Files, reader
from tests.formats.caffe import fuzzing

FRAMES = 12  # of each video: the seeds have ten


def _pixels(height: int = 40, width: int = 60, channels: int = 3) -> np.ndarray:
    """Smooth colours with a little noise, so that every coder has something to do."""
    rows, cols = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin((rows * (n + 1) + cols * 2) / 9) for n in range(channels)]
    noise = np.random.default_rng(0).normal(0, 6, (height, width, channels))
    return np.clip(np.stack(planes, 2) + noise, 0, 255).astype(np.uint8)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _photos(folder: Path) -> Sequence[Files]:
    rgb = Image.fromarray(_pixels())
    rgba, gray = Image.fromarray(_pixels(channels=4)), rgb.convert("L")
    deep = Image.fromarray(gray_16 := (np.asarray(gray).astype(np.uint16) * 250))
    floats = Image.fromarray(gray_16.astype(np.float32) / 65535)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = {
        "a.jpg": _saved(rgb, "JPEG", quality=90, exif=exif, icc_profile=profile),
        "b.jpg": _saved(rgb, "JPEG", progressive=True),
        "c.jpg": _saved(rgb.convert("CMYK"), "JPEG", icc_profile=profile),
        "a.png": _saved(rgba, "PNG"),
        "b.png": _saved(rgb.convert("P"), "PNG", transparency=3),
        "c.png": _saved(deep, "PNG"),
        "d.png": _saved(rgb, "PNG", save_all=True, append_images=[rgb.rotate(90)]),
        "a.gif": _saved(rgb, "GIF", save_all=True, append_images=[rgb.rotate(180)]),
        "a.bmp": _saved(rgb, "BMP"),
        "b.bmp": _saved(rgb.convert("P"), "BMP"),
        "a.tif": _saved(rgb, "TIFF", compression="tiff_lzw"),
        "b.tif": _saved(deep, "TIFF"),
        "c.tif": _saved(floats, "TIFF"),
        "d.tif": _saved(rgb.convert("LAB"), "TIFF", compression="tiff_adobe_deflate"),
        "e.tif": _saved(rgb, "TIFF", compression="jpeg"),
        "a.webp": _saved(rgba, "WEBP", exif=exif),
        "b.webp": _saved(rgb, "WEBP", lossless=True, save_all=True, append_images=[rgb.rotate(90)]),
        "a.avif": _saved(rgb, "AVIF", speed=10),
        "a.ppm": _saved(rgb, "PPM"),
        "a.pgm": b"P2\n3 2\n255\n0 1 2\n253 254 255\n",
        "a.tga": _saved(rgba, "TGA", compression="tga_rle"),
        "a.jp2": _saved(rgb, "JPEG2000"),
        "a.ico": _saved(rgba, "ICO", sizes=[(16, 16), (32, 32)]),
    }
    return [{name: content} for name, content in found.items()]


@reader("image", _photos, [*structured.BYTES, fuzzing.other_length, fuzzing.flip, fuzzing.flip], PhotoError)
def photo(file: Path) -> None:
    load_thumbnail(file, 96)
    load_photo(file)


# --- videos ----------------------------------------------------------------------------------------


def _video(folder: Path, name: str, code: str) -> Files:
    path = folder / name
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 25.0, (64, 48))
    for n in range(10):
        writer.write(np.roll(_pixels(48, 64), 3 * n, axis=1))
    writer.release()
    return {name: path.read_bytes()}


def _av_video(folder: Path, name: str, codec: str) -> Files:
    import av

    with av.open(str(folder / name), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(10):
            frame = av.VideoFrame.from_ndarray(np.roll(_pixels(48, 64), 3 * n, axis=1), "rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return {name: (folder / name).read_bytes()}


def _videos(folder: Path) -> Sequence[Files]:
    made = [_video(folder, "a.mp4", "mp4v"), _video(folder, "a.avi", "MJPG"), _video(folder, "b.avi", "XVID")]
    others = (("b.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.mov", "mpeg4"))
    return [*made, *(_av_video(folder, *each) for each in others)]


class UnplayedVideo(Exception):
    """What the window says of a video."""


@reader("video", _videos, [*structured.BYTES, fuzzing.other_length, fuzzing.flip, fuzzing.flip], UnplayedVideo)
def video(file: Path) -> None:
    """As the window plays it, then as ``steadiness`` reads it."""
    clock = iter(range(10**6))
    source = Video(str(file), clock=lambda: float(next(clock)))
    for _ in range(FRAMES):
        source.turn(Play.PLAY)
        found = source.frames.take(0.0)
        if isinstance(found, SourceError):
            raise UnplayedVideo(found.sentence)
    source._release()
    for _ in islice(frames_of(str(file)), FRAMES):
        pass


# --- lists -----------------------------------------------------------------------------------------

LIST = b"# photos\na.jpg\nsub/b c.png 281\n/absolute/d.tif\tlabel\n../e.webp;7\n~/f.jpg\n"


@reader("list", lambda folder: [{"list.txt": LIST, "a.jpg": b"x"}], structured.TEXT)
def photo_list(file: Path) -> None:
    if problem := images_problem(str(file)):
        raise UsageError(problem)
    photos_at(str(file))
