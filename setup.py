"""Installs deepvis: the package, the model folders beside it, and the console command ``deepvis``."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).resolve().parent
VERSION = re.search(r'__version__ = "([^"]+)"', (ROOT / "deepvis" / "__init__.py").read_text())[1]
README = ROOT / "README.md"

# models/ lies beside the package in the repository and inside it once installed, as deepvis/_models. Of models other
# than the embedded one only the descriptions go along, whatever has been fetched here.
EMBEDDED = "caffenet-mini"
FOLDERS = [name for name in find_namespace_packages("models") if name.split(".")[0] == EMBEDDED or "." not in name]
MODELS = {
    f"deepvis._models.{name}": ["*"] if name.split(".")[0] == EMBEDDED else ["model.yaml", "*.prototxt", "*.txt"]
    for name in FOLDERS
}

setup(
    name="deepvis",
    version=VERSION,
    description="The Deep Visualization Toolbox: watch every unit of a network answer to a camera",
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.10",
    packages=[*find_namespace_packages(include=["deepvis", "deepvis.*"]), "deepvis._models", *MODELS],
    package_dir={"deepvis._models": "models"},
    package_data={
        "deepvis.formats.caffe": ["tables/*"],
        "deepvis.window.ui": ["fonts/*"],
        "deepvis.pages": ["templates/*", "templates/serve/*"],
        "deepvis.optimize": ["photo_statistics.npz"],
        **MODELS,
    },
    include_package_data=False,
    install_requires=[
        "torch>=2.4",
        "opencv-python>=4.10,<6",
        "numpy>=1.26",
        "scipy>=1.11",
        "scikit-image>=0.22",
        "pillow>=10.1",
        "pyyaml>=6",
        "pydantic>=2.10,<3",
        "jinja2>=3.1",
        "protobuf>=5",
        "tqdm>=4.60",
        "onnx>=1.18",
        "aiohttp>=3.11",
    ],
    extras_require={
        "cluster": ["distributed>=2024.1"],
        "hdf5": ["h5py>=3.8"],
        "statistics": ["matplotlib>=3.8"],
        "dictionary": ["scikit-learn>=1.3"],
        "record": ["av>=14"],
        "torchvision": ["torchvision>=0.19"],
        "timm": ["timm>=1.0"],
        "onnx": [],  # of versions in which onnx was not among what every installation has
        "test": [
            "pytest>=8",
            "pytest-xdist",
            "hypothesis>=6",
            "ruff",
            "mypy",
            "types-PyYAML",
            "psutil",
            "h5py",
            "scikit-learn",
            "onnx",
            "onnxruntime",
            "onnxscript",
            "distributed",
            "playwright",
            "matplotlib",
        ],
    },
    entry_points={"console_scripts": ["deepvis = deepvis.cli.main:entry"]},
)
