"""What reading a damaged or foreign file raises, as one table and as words.

Whoever reads a file catches ``CONTENT_ERRORS`` (and OSError where a missing file is told apart) around everything that
turns its bytes into values, and says ``reason(error)``. Some of these errors are our own mistakes as well: where they
were raised is logged as well, for those who ask with ``--verbose``, or with the level DEBUG of this module's logger.
"""

from __future__ import annotations

import logging
import struct
import tokenize
import zipfile
import zlib

from deepvis.core.user_error import one_line

# of json, yaml, numpy, zipfile, zlib, and of taking apart what they give
CONTENT_ERRORS = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, MemoryError, EOFError),
    *(SyntaxError, tokenize.TokenError, struct.error, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error),
)
MOST_CHARACTERS = 200  # of a reason
log = logging.getLogger(__name__)


def reason(error: BaseException) -> str:
    """What is wrong with a file, in one line for the parentheses of a sentence; its traceback is logged at DEBUG."""
    log.debug("refused, because of this error:", exc_info=error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it declares more than fits into memory"
    if isinstance(error, KeyError) and error.args:
        return one_line(f"it has no {error.args[0]!r}", MOST_CHARACTERS)
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return one_line(str(words), MOST_CHARACTERS)
