"""Splitters with scikit-learn's manners on the engine's divisions of rows, and files of folds.

Each splitter's ``split(X, y, groups)`` yields (train, test), two ascending arrays of row numbers without a row in common;
it may stand as ``cv=`` wherever scikit-learn takes one. The same seed gives the same folds on every machine; they are the
engine's and so differ from scikit-learn's of that seed.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from inspect import signature
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from ._errors import DataError, ParameterError
from ._estimator import seed_of
from ._metric_inputs import array_of, codes_of, numbers_of, plain, vector

__all__ = [
    "GroupKFold",
    "KFold",
    "QuantileKFold",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeFolds",
    "TimeSeriesSplit",
    "read_folds",
    "train_test_split",
    "write_folds",
]

_c = _core.splits
Fold = tuple[np.ndarray, np.ndarray]


def _rows_of(data: Any) -> int:
    shape = getattr(data, "shape", None)
    if shape is not None and len(shape) > 0:
        return int(shape[0])
    if hasattr(data, "num_rows"):
        return int(data.num_rows)
    if hasattr(data, "__len__"):
        return len(data)
    raise DataError(f"Expected a table or a list with one entry per row, got {data!r}")


def _check_lengths(*lists: Any) -> int:
    """Number of rows, the same in all that are not None."""
    lengths = [_rows_of(one) for one in lists if one is not None]
    if not lengths:
        raise DataError("X, y and groups are all None: there are no rows to divide")
    if len(set(lengths)) > 1:
        raise DataError(f"Found input variables with inconsistent numbers of samples: {lengths}")
    return lengths[0]


def _whole(value: Any, name: str, least: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ParameterError(f"{name} must be a whole number (Integral), got {value!r} of type {type(value).__name__}")
    if least is not None and value < least:
        raise ParameterError(f"{name} must be at least {least}, got {name}={value}")
    return int(value)


def _class_codes(y: Any, who: str) -> np.ndarray:
    if y is None:
        raise DataError(f"{who} needs y: the classes to spread over the folds")
    labels = array_of(y, "y")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(
            f"Supported target types are: ('binary', 'multiclass'). Got 'multilabel' or other labels of shape "
            f"{labels.shape} instead, which {who} cannot spread."
        )
    try:
        (codes,), _ = codes_of([plain(labels, "y")])
    except DataError as error:
        raise DataError(f"Supported target types are: ('binary', 'multiclass'). {who}: {error}") from error
    return codes


def _stratum_codes(y: Any, who: str) -> np.ndarray:
    """As _class_codes; of rows with several labels, each set of them is a class."""
    if y is not None:
        labels = array_of(y, "y")
        if labels.ndim == 2 and labels.shape[1] > 1:
            _, codes = np.unique(labels if labels.dtype.kind != "O" else labels.astype(str), axis=0, return_inverse=True)
            return np.ascontiguousarray(codes.ravel(), dtype=np.int32)
    return _class_codes(y, who)


def _by_first_row(codes: np.ndarray) -> np.ndarray:
    """Codes in the order in which their rows come."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int32)
    place[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return np.ascontiguousarray(place[inverse])


def _warn_groups(groups: Any, who: str) -> None:
    if groups is not None:
        warnings.warn(f"The groups parameter is ignored by {who}: GroupKFold heeds groups", UserWarning, stacklevel=3)


class _Splitter:
    """Settings as attributes; shown as they were given. `split` checks its rows when the first pair is asked for."""

    def __repr__(self) -> str:
        names = sorted(name for name in signature(type(self).__init__).parameters if name != "self")
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yields (train, test), arrays of row numbers. `X` tells the number of rows; see the class for `y`, `groups`."""
        _warn_groups(groups, type(self).__name__)
        return self._pairs(X, y, groups)

    def _pairs(self, X: Any, y: Any, groups: Any) -> Iterator[Fold]:
        yield from self._folds(_check_lengths(X, y, groups), y, groups)

    def get_metadata_routing(self) -> Any:
        """For scikit-learn's routing of metadata: none is asked for."""
        from sklearn.utils.metadata_routing import MetadataRequest

        return MetadataRequest(owner=type(self).__name__)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many pairs `split` yields; the arguments are for compatibility."""
        return self.n_splits

    n_splits: int

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        raise NotImplementedError


class _Folds(_Splitter):
    def __init__(self, n_splits: int, *, shuffle: bool, random_state: Any) -> None:
        self.n_splits = _whole(n_splits, "n_splits")
        if self.n_splits < 2:
            raise ParameterError(
                f"k-fold cross-validation requires at least one train/test split by setting n_splits=2 or more, got "
                f"n_splits={n_splits}"
            )
        if not isinstance(shuffle, bool):
            raise ParameterError(f"shuffle must be True or False; got {shuffle!r}")
        if not shuffle and random_state is not None:
            raise ParameterError(
                "random_state has no effect since shuffle is False: leave it at None, or set shuffle=True"
            )
        self.shuffle = shuffle
        self.random_state = random_state

    def _pairs(self, X: Any, y: Any, groups: Any) -> Iterator[Fold]:
        rows = _check_lengths(X, y, groups)
        if self.n_splits > rows:
            raise DataError(
                f"Cannot have number of splits n_splits={self.n_splits} greater than the number of samples: "
                f"n_samples={rows}."
            )
        yield from self._folds(rows, y, groups)


class KFold(_Folds):
    """`n_splits` folds whose sizes differ by at most one: neighbours without `shuffle`, else drawn by chance."""

    def __init__(self, n_splits: int = 5, *, shuffle: bool = False, random_state: Any = None) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        if self.shuffle:
            return _c.random_folds(rows, self.n_splits, seed_of(self.random_state))
        return _c.block_folds(rows, self.n_splits)


class StratifiedKFold(_Folds):
    """Folds over which each class of y spreads evenly: per class, their numbers differ by at most one.

    ValueError when every class has fewer rows than there are folds; a warning when some class has.
    """

    def __init__(self, n_splits: int = 5, *, shuffle: bool = False, random_state: Any = None) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[Fold]:
        """Yields (train, test), arrays of row numbers; `y` is needed."""
        return super().split(X, y, groups)

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        codes = _by_first_row(_class_codes(y, "StratifiedKFold"))
        sizes = np.bincount(codes)
        if (sizes < self.n_splits).all():
            raise DataError(
                f"n_splits={self.n_splits} cannot be greater than the number of members in each class: the largest has "
                f"{sizes.max()}"
            )
        if sizes.min() < self.n_splits:
            warnings.warn(
                f"The least populated class in y has only {sizes.min()} members, which is less than "
                f"n_splits={self.n_splits}: some test sets have none of it",
                UserWarning,
                stacklevel=3,
            )
        if self.shuffle:
            return _c.stratified_folds(codes, self.n_splits, seed_of(self.random_state))
        return _c.stratified_block_folds(codes, self.n_splits)


class QuantileKFold(_Folds):
    """Folds with like distributions of a numeric y: each takes one of every `n_splits` neighbours in its order."""

    def __init__(self, n_splits: int = 5, *, random_state: Any = None) -> None:
        super().__init__(n_splits, shuffle=True, random_state=random_state)
        del self.shuffle

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[Fold]:
        """Yields (train, test), arrays of row numbers; `y` is needed."""
        return super().split(X, y, groups)

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        if y is None:
            raise DataError("QuantileKFold needs y: the numbers whose distribution the folds share")
        target = numbers_of(vector(y, "y"), "y")
        return _c.quantile_folds(target, self.n_splits, seed_of(self.random_state))


class GroupKFold(_Folds):
    """Folds of which none has a group on both sides; balanced by size, the largest groups first.

    `groups` holds a label of any kind per row. Groups of one size are dealt by chance with `shuffle`, else always alike.
    """

    def __init__(self, n_splits: int = 5, *, shuffle: bool = False, random_state: Any = None) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yields (train, test), arrays of row numbers; `groups` is needed."""
        return self._pairs(X, y, groups)

    def set_split_request(self, *, groups: bool | str | None = True) -> GroupKFold:
        """For scikit-learn's routing of metadata: whether, or under which name, the groups are asked for."""
        self._groups_request = groups
        return self

    def get_metadata_routing(self) -> Any:
        """For scikit-learn's routing of metadata: the groups are asked for."""
        request = super().get_metadata_routing()
        request.split.add_request(param="groups", alias=getattr(self, "_groups_request", True))
        return request

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        if groups is None:
            raise DataError("The 'groups' parameter should not be None: GroupKFold needs the group of each row")
        (codes,), names = codes_of([plain(vector(groups, "groups"), "groups")])
        if self.n_splits > len(names):
            raise DataError(
                f"Cannot have number of splits n_splits={self.n_splits} greater than the number of groups: {len(names)}."
            )
        return _c.group_folds(codes, self.n_splits, seed_of(self.random_state) if self.shuffle else 0)


class TimeSeriesSplit(_Splitter):
    """Folds forward in time over rows in the order of time: fold i is tested on the block after those it learns from.

    `test_size` rows are tested each time, default rows // (n_splits + 1); `gap` rows before them are left out, and at
    most `max_train_size` are learned from. For times of their own distances see TimeFolds.
    """

    def __init__(
        self, n_splits: int = 5, *, max_train_size: int | None = None, test_size: int | None = None, gap: int = 0
    ) -> None:
        self.n_splits = _whole(n_splits, "n_splits")
        if self.n_splits < 2:
            raise ParameterError(
                "cross-validation forward in time requires at least one train/test split by setting n_splits=2 or more, "
                f"got n_splits={n_splits}"
            )
        self.max_train_size, self.test_size, self.gap = max_train_size, test_size, _whole(gap, "gap", 0)

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        folds = self.n_splits + 1
        if folds > rows:
            raise DataError(f"Cannot have number of folds={folds} greater than the number of samples={rows}.")
        size = rows // folds if self.test_size is None else _whole(self.test_size, "test_size", 1)
        if rows - self.gap - size * self.n_splits <= 0:
            raise DataError(
                f"Too many splits={self.n_splits} for number of samples={rows} with test_size={size} and gap={self.gap}."
            )
        order = np.arange(rows)
        for start in range(rows - self.n_splits * size, rows, size):
            end = start - self.gap
            begin = 0 if self.max_train_size is None else max(0, end - self.max_train_size)
            yield order[begin:end], order[start : start + size]


class TimeFolds(_Splitter):
    """Folds forward in the order of `times`, one number or date per row: each is tested on a block of time and learns
    from all rows before it but those nearer than `gap` (the unit of `times`; seconds for dates). Rows of one time stay
    together."""

    def __init__(self, times: Any, n_splits: int = 5, *, gap: float = 0.0) -> None:
        self.times, self.n_splits, self.gap = times, _whole(n_splits, "n_splits", 1), gap

    def __repr__(self) -> str:
        return f"TimeFolds({_rows_of(self.times)} times, n_splits={self.n_splits}, gap={self.gap!r})"

    def _folds(self, rows: int, y: Any, groups: Any) -> Iterable[Fold]:
        times = vector(self.times, "times")
        if times.dtype.kind == "M":
            if np.isnat(times).any():
                raise DataError("times holds a missing date; leave such rows out")
            times = (times - times.min()) / np.timedelta64(1, "s")
        if len(times) != rows:
            raise DataError(f"times has {len(times)} entries for {rows} rows; there must be one per row")
        return _c.time_folds(numbers_of(times, "times"), self.n_splits, float(self.gap))


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
            f"The sum of train_size and test_size = {train + test}, should not be greater than the number of samples {rows}"
        )
    if train == 0:
        raise DataError(
            f"With n_samples={rows}, test_size={test_size} and train_size={train_size}, the resulting train set will be "
            "empty. Adjust any of the aforementioned parameters."
        )
    return train, test


def _held_out(rows: int, train: int, test: int, codes: np.ndarray, seed: int, index: int) -> Fold:
    rest, tested = _c.holdout(rows, test / rows, codes, seed, 2 * index)
    if train == len(rest):
        return rest, tested
    kept = codes[rest] if len(codes) else codes
    return rest[_c.holdout(len(rest), train / len(rest), np.ascontiguousarray(kept), seed, 2 * index + 1)[1]], tested


class _Shuffles(_Splitter):
    def __init__(self, n_splits: int = 10, *, test_size: Any = None, train_size: Any = None, random_state: Any = None) -> None:
        self.n_splits = _whole(n_splits, "n_splits", 1)
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
            "The least populated classes in y have only 1 member, which is too few. The minimum number of groups for any "
            "class cannot be less than 2."
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
    rows = _check_lengths(*arrays, stratify)
    train, test = _sizes(rows, test_size, train_size, 0.25)
    if not shuffle:
        if stratify is not None:
            raise ParameterError("Stratified train/test split is not implemented for shuffle=False")
        parts = np.arange(train), np.arange(train, train + test)
    else:
        codes = np.empty(0, dtype=np.int32) if stratify is None else _stratum_codes(stratify, "train_test_split")
        _check_class_room(codes, train, test)
        parts = _held_out(rows, train, test, codes, seed_of(random_state), 0)
    return [None if one is None else _taken(one, part) for one in arrays for part in parts]


def write_folds(path: str | os.PathLike[str], folds: Iterable[Fold]) -> None:
    """Writes (train, test) pairs as CSV with the header fold,role,row; the file appears whole or not at all."""
    pairs = [tuple(np.ascontiguousarray(side, dtype=np.int64) for side in fold) for fold in folds]
    if any(len(side) and side.min() < 0 for pair in pairs for side in pair):
        raise DataError("rows of a fold are counted from 0; there is a negative one")
    text = _c.write_folds(pairs)
    path = Path(path)
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
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a fold file: it is not UTF-8 text") from error
    return _c.read_folds(text, _whole(n_samples, "n_samples", 0))


for _name in __all__:
    globals()[_name].__module__ = __name__
