"""The kinds of classes that _sk_table.py names."""

from ._sk_bayes import Bayes, Categories, Discrete, Flags
from ._sk_constant import ConstantClasses, ConstantNumbers
from ._sk_linear import LeastSquares, Logistic, Penalised
from ._sk_means import Centres
from ._sk_neighbors import NearestClasses, NearestNumbers

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
