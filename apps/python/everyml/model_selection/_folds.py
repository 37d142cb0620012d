"""Splitters into folds."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from inspect import signature
from typing import Any

import numpy as np

from .. import _core
from .._errors import DataError, ParameterError
from .._run import seed_of
from ..metrics._inputs import array_of, codes_of, numbers_of, plain, vector

_c = _core.splits
Fold = tuple[np.ndarray, np.ndarray]


def rows_of(data: Any) -> int:
    shape = getattr(data, "shape", None)
    if shape is not None and len(shape) > 0:
        return int(shape[0])
    if hasattr(data, "num_rows"):
        return int(data.num_rows)
    if hasattr(data, "__len__"):
        return len(data)
    raise DataError(f"Expected a table or a list with one entry per row, got {data!r}")


def check_lengths(*lists: Any) -> int:
    """Number of rows, the same in all that are not None."""
    lengths = [rows_of(one) for one in lists if one is not None]
    if not lengths:
        raise DataError("X, y and groups are all None: there are no rows to divide")
    if len(set(lengths)) > 1:
        raise DataError(f"Found input variables with inconsistent numbers of samples: {lengths}")
    return lengths[0]


def whole(value: Any, name: str, least: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ParameterError(f"{name} must be a whole number (Integral), got {value!r} of type {type(value).__name__}")
    if least is not None and value < least:
        raise ParameterError(f"{name} must be at least {least}, got {name}={value}")
    return int(value)


def class_codes(y: Any, who: str) -> np.ndarray:
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


def _by_first_row(codes: np.ndarray) -> np.ndarray:
    """Codes in the order in which their rows come."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int32)
    place[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return np.ascontiguousarray(place[inverse])


def _warn_groups(groups: Any, who: str) -> None:
    if groups is not None:
        warnings.warn(f"The groups parameter is ignored by {who}: GroupKFold heeds groups", UserWarning, stacklevel=3)


class Splitter:
    """Settings as attributes; shown as they were given. `split` checks its rows when the first pair is asked for."""

    def __repr__(self) -> str:
        names = sorted(name for name in signature(type(self).__init__).parameters if name != "self")
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yields (train, test), arrays of row numbers; `X` tells how many rows there are."""
        _warn_groups(groups, type(self).__name__)
        return self._pairs(X, y, groups)

    def _pairs(self, X: Any, y: Any, groups: Any) -> Iterator[Fold]:
        yield from self._folds(check_lengths(X, y, groups), y, groups)

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


class _Folds(Splitter):
    def __init__(self, n_splits: int, *, shuffle: bool, random_state: Any) -> None:
        self.n_splits = whole(n_splits, "n_splits")
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
        rows = check_lengths(X, y, groups)
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
        codes = _by_first_row(class_codes(y, "StratifiedKFold"))
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

    `groups` holds a label of any kind per row. Groups of one size are dealt by chance with `shuffle`, else alike.
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
                f"Cannot have number of splits n_splits={self.n_splits} greater than the number of groups: "
                f"{len(names)}."
            )
        return _c.group_folds(codes, self.n_splits, seed_of(self.random_state) if self.shuffle else 0)
