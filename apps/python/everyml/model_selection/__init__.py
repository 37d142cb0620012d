"""Splitters with scikit-learn's manners on the engine's divisions of rows, and files of folds.

Each splitter's ``split(X, y, groups)`` yields (train, test), two ascending arrays of row numbers without a row in
common; it may stand as ``cv=`` wherever scikit-learn takes one. The same seed gives the same folds on every machine;
they are the engine's and so differ from scikit-learn's of that seed.
"""

from __future__ import annotations

from ._files import read_folds, write_folds
from ._folds import GroupKFold, KFold, QuantileKFold, StratifiedKFold
from ._holdouts import ShuffleSplit, StratifiedShuffleSplit, train_test_split
from ._time import TimeFolds, TimeSeriesSplit

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

for _name in __all__:
    globals()[_name].__module__ = __name__
