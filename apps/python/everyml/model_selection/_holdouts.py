"""Rows held out by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil, floor
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from .._run import seed_of
from ..metrics._inputs import array_of
from ._folds import Fold, Splitter, check_lengths, class_codes, whole

_c = _core.splits


def _stratum_codes(y: Any, who: str) -> np.ndarray:
    """As class_codes; of rows with several labels, each set of them is a class."""
    if y is not None:
        labels = array_of(y, "y")
        if labels.ndim == 2 and labels.shape[1] > 1:
            comparable = labels.astype(str) if labels.dtype.kind == "O" else labels
            _, codes = np.unique(comparable, axis=0, return_inverse=True)
            return np.ascontiguousarray(codes.ravel(), dtype=np.int32)
    return class_codes(y, who)


def _share(size: Any, rows: int, name: str, rounding: Any) -> int | None:
    """A share of the rows, or a number of them, as a number of rows."""
    if size is None:
        return None
    if isinstance(size, (float, np.floating)):
        if not 0 < size < 1:
            raise ParameterError(f"{name}={size} should be a share between 0 and 1, or a whole number of rows")
        return int(rounding(size * rows))
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
        raise ParameterError(f"{name} must be a share between 0 and 1 or a whole number of rows, got {size!r}")
    if not 0 < size < rows:
        raise DataError(f"{name}={size} should be positive and smaller than the number of samples {rows}")
    return int(size)


def _check_shares(test_size: Any, train_size: Any) -> None:
    if isinstance(test_size, (float, np.floating)) and isinstance(train_size, (float, np.floating)):
        if test_size + train_size > 1:
            raise ParameterError(
                f"The sum of test_size and train_size = {test_size + train_size}, should be in the (0, 1) range"
            )


def _sizes(rows: int, test_size: Any, train_size: Any, default: float) -> tuple[int, int]:
    """Rows to train and to test on; ValueError when there are not so many."""
    if test_size is None and train_size is None:
        test_size = default
    _check_shares(test_size, train_size)
    test = _share(test_size, rows, "test_size", ceil)
    train = _share(train_size, rows, "train_size", floor)
    test = rows - train if test is None else test
    train = rows - test if train is None else train
    if train + test > rows:
        raise DataError(
            f"The sum of train_size and test_size = {train + test}, should be at most the number of samples {rows}"
        )
    if train == 0:
        raise DataError(
            f"With n_samples={rows}, test_size={test_size} and train_size={train_size}, the resulting train set "
            "will be empty; hold out fewer rows"
        )
    return train, test


def _held_out(rows: int, train: int, test: int, codes: np.ndarray, seed: int, index: int) -> Fold:
    rest, tested = _c.holdout(rows, test / rows, codes, seed, 2 * index)
    if train == len(rest):
        return rest, tested
    kept = codes[rest] if len(codes) else codes
    return rest[_c.holdout(len(rest), train / len(rest), np.ascontiguousarray(kept), seed, 2 * index + 1)[1]], tested


class _Shuffles(Splitter):
    def __init__(
        self, n_splits: int = 10, *, test_size: Any = None, train_size: Any = None, random_state: Any = None
    ) -> None:
        self.n_splits = whole(n_splits, "n_splits", 1)
        for size, name in ((test_size, "test_size"), (train_size, "train_size")):
            _share(size, 2**62, name, ceil)
        _check_shares(test_size, train_size)
        self.test_size, self.train_size, self.random_state = test_size, train_size, random_state

    def _held(self, rows: int, codes: np.ndarray) -> Iterable[Fold]:
        train, test = _sizes(rows, self.test_size, self.train_size, 0.1)
        _check_class_room(codes, train, test)
        seed = seed_of(self.random_state)
        for index in range(self.n_splits):
            yield _held_out(rows, train, test, codes, seed, index)


class ShuffleSplit(_Shuffles):
    """`n_splits` times a share of the rows drawn for testing; default a tenth, the rest to train on.

    Sizes are shares between 0 and 1 or numbers of rows. Test sets of different splits may share rows.
    """

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        return self._held(rows, np.empty(0, dtype=np.int32))


class StratifiedShuffleSplit(_Shuffles):
    """As ShuffleSplit with the shares of the classes of y on both sides."""

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[Fold]:
        """Yields (train, test), arrays of row numbers; `y` is needed."""
        return super().split(X, y, groups)

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        return self._held(rows, _stratum_codes(y, "StratifiedShuffleSplit"))


def _check_class_room(codes: np.ndarray, train: int, test: int) -> None:
    """Stratified halves need at least two rows of each class and a place for each class on both sides."""
    if len(codes) == 0:
        return
    sizes = np.bincount(codes)
    if sizes.min() < 2:
        raise DataError(
            "The least populated classes in y have only 1 member, which is too few: a class on both sides needs 2 rows"
        )
    for size, name in ((train, "train"), (test, "test")):
        if size < len(sizes):
            raise DataError(
                f"The {name}_size = {size} should be greater or equal to the number of classes = {len(sizes)}"
            )


def _taken(data: Any, rows: np.ndarray) -> Any:
    """These rows of a table or list, in its own type."""
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    if hasattr(data, "tocsr"):
        return data.tocsr()[rows]
    if hasattr(data, "take") and not isinstance(data, np.ndarray) and hasattr(data, "schema") | hasattr(data, "type"):
        return data.take(rows)
    if isinstance(data, np.ndarray) or hasattr(data, "shape"):
        return data[rows]
    taken = [data[row] for row in rows.tolist()]
    return tuple(taken) if isinstance(data, tuple) else taken


def train_test_split(
    *arrays: Any,
    test_size: Any = None,
    train_size: Any = None,
    random_state: Any = None,
    shuffle: bool = True,
    stratify: Any = None,
) -> list[Any]:
    """Each of the arrays as a part to train on and a part to test on, in its own type: [a_train, a_test, b_train, ...].

    Sizes are shares between 0 and 1 or numbers of rows, default a quarter for testing. Rows keep their order. Without
    `shuffle` the test part is the last rows. `stratify` holds labels whose shares both parts keep.
    """
    if not arrays:
        raise ParameterError("train_test_split needs at least one array as input")
    arrays = tuple(list(one) if isinstance(one, range) else one for one in arrays)
    rows = check_lengths(*arrays, stratify)
    train, test = _sizes(rows, test_size, train_size, 0.25)
    if not shuffle:
        if stratify is not None:
            raise ParameterError(
                "a stratified split draws its rows, and shuffle=False leaves nothing to draw: leave one of them out"
            )
        parts = np.arange(train), np.arange(train, train + test)
    else:
        codes = np.empty(0, dtype=np.int32) if stratify is None else _stratum_codes(stratify, "train_test_split")
        _check_class_room(codes, train, test)
        parts = _held_out(rows, train, test, codes, seed_of(random_state), 0)
    return [None if one is None else _taken(one, part) for one in arrays for part in parts]
