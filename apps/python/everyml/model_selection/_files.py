"""Files of folds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .. import _core
from .._errors import DataError
from .._paths import path_of
from ._folds import Fold, whole

_c = _core.splits


def write_folds(path: str | os.PathLike[str], folds: Iterable[Fold]) -> None:
    """Writes (train, test) pairs as CSV with the header fold,role,row; the file appears whole or not at all."""
    pairs = [tuple(np.ascontiguousarray(side, dtype=np.int64) for side in fold) for fold in folds]
    if any(len(side) and side.min() < 0 for pair in pairs for side in pair):
        raise DataError("rows of a fold are counted from 0; there is a negative one")
    text = _c.write_folds(pairs)
    path = Path(path_of(path))
    handle, name = tempfile.mkstemp(dir=path.parent or ".", prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def read_folds(path: str | os.PathLike[str], n_samples: int) -> list[Fold]:
    """The (train, test) pairs of a fold file for `n_samples` rows; the list may stand as ``cv=``.

    ValueError naming the line for a file that is not one, and for rows outside or on both sides.
    """
    try:
        text = Path(path_of(path)).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a fold file: it is not UTF-8 text") from error
    return _c.read_folds(text, whole(n_samples, "n_samples", 0))
