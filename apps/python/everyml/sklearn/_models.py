"""The kinds of classes that _table.py names."""

from ._bayes import Bayes, Categories, Discrete, Flags
from ._constant import ConstantClasses, ConstantNumbers
from ._linear import LeastSquares, Logistic, Penalised
from ._means import Centres
from ._neighbors import NearestClasses, NearestNumbers

__all__ = [
    "Bayes",
    "Categories",
    "Centres",
    "ConstantClasses",
    "ConstantNumbers",
    "Discrete",
    "Flags",
    "LeastSquares",
    "Logistic",
    "NearestClasses",
    "NearestNumbers",
    "Penalised",
]
