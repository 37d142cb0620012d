"""Splitters forward in time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from ..metrics._inputs import numbers_of, vector
from ._folds import Fold, Splitter, rows_of, whole

_c = _core.splits


class TimeSeriesSplit(Splitter):
    """Folds forward in time over rows in the order of time: fold i is tested on the block after those it learns from.

    `test_size` rows are tested each time, default rows // (n_splits + 1); `gap` rows before them are left out, and at
    most `max_train_size` are learned from. For times of their own distances see TimeFolds.
    """

    def __init__(
        self, n_splits: int = 5, *, max_train_size: int | None = None, test_size: int | None = None, gap: int = 0
    ) -> None:
        self.n_splits = whole(n_splits, "n_splits")
        if self.n_splits < 2:
            raise ParameterError(
                "folds forward in time: cross-validation requires at least one train/test split by setting n_splits=2 "
                f"or more, got n_splits={n_splits}"
            )
        self.max_train_size, self.test_size, self.gap = max_train_size, test_size, whole(gap, "gap", 0)

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        folds = self.n_splits + 1
        if folds > rows:
            raise DataError(f"Cannot have number of folds={folds} greater than the number of samples={rows}.")
        size = rows // folds if self.test_size is None else whole(self.test_size, "test_size", 1)
        if rows - self.gap - size * self.n_splits <= 0:
            raise DataError(
                f"Too many splits={self.n_splits} for number of samples={rows} with test_size={size} and "
                f"gap={self.gap}."
            )
        order = np.arange(rows)
        for start in range(rows - self.n_splits * size, rows, size):
            end = start - self.gap
            begin = 0 if self.max_train_size is None else max(0, end - self.max_train_size)
            yield order[begin:end], order[start : start + size]


class TimeFolds(Splitter):
    """Folds forward in the order of `times`, one number or date per row: each is tested on a block of time and learns
    from all rows before it but those nearer than `gap` (the unit of `times`; seconds for dates). Rows of one time stay
    together."""

    def __init__(self, times: Any, n_splits: int = 5, *, gap: float = 0.0) -> None:
        self.times, self.n_splits, self.gap = times, whole(n_splits, "n_splits", 1), gap

    def __repr__(self) -> str:
        return f"TimeFolds({rows_of(self.times)} times, n_splits={self.n_splits}, gap={self.gap!r})"

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        times = vector(self.times, "times")
        if times.dtype.kind == "M":
            if np.isnat(times).any():
                raise DataError("times holds a missing date; leave such rows out")
            times = (times - times.min()) / np.timedelta64(1, "s")
        if len(times) != rows:
            raise DataError(f"times has {len(times)} entries for {rows} rows; there must be one per row")
        return _c.time_folds(numbers_of(times, "times"), self.n_splits, float(self.gap))
