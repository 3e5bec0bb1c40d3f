"""Compress text with a model: what a model expects need not be written down.

A demonstration that a model is a compressor, and an instrument: the size of the compressed
file is the model's bits per byte, header included, and it proves itself by coming back.
It is no archiver: a file opens with nothing but what made it, at the speed of an answer.

chunks.py       a file cut into chunks of text, and what to do with the rest
frequencies.py  from logits to whole numbers
coder.py        ... and from these to bytes: arithmetic coding
lanes.py        several chunks side by side
codec.py        all of it with a loaded model, and what else may decode it
container.py    the file
files.py        compress and decompress files; rivals.py: beside zlib, xz and zstd
"""

from hearth.measure.zip.codec import Codec
from hearth.measure.zip.container import Container
from hearth.measure.zip.files import SUFFIX, ZipOptions, Zipped, unzip_file, zip_file

__all__ = ["SUFFIX", "Codec", "Container", "ZipOptions", "Zipped", "unzip_file", "zip_file"]
