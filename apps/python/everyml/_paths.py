"""Paths as callers give them."""

from __future__ import annotations

import os
from typing import Any

from ._errors import ParameterError


def _wrong(sentence: str) -> ParameterError:
    error = ParameterError(sentence)
    error.code = "read.path"
    return error


def path_of(path: Any) -> str:
    """A text, bytes or a path as text. ParameterError, a ValueError, for anything else and for what no file can have."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise _wrong(f"a path must be a text or a path, not {type(path).__name__!r}")
    text = os.fsdecode(path)
    if "\0" in text:
        raise _wrong(f"a path cannot hold a zero byte, got {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _wrong(f"a path must be UTF-8, got {text!r}") from None
    return text
