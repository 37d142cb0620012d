"""The kinds of classes that _table.py names."""

from ._adaboost import AdaBoostClasses, AdaBoostNumbers
from ._bayes import Bayes, Categories, Discrete, Flags
from ._boosting import BoostedClasses, BoostedNumbers, HistClasses, HistNumbers
from ._committees import (
    BaggedClasses,
    BaggedNumbers,
    StackedClasses,
    StackedNumbers,
    VotingOfClasses,
    VotingOfNumbers,
)
from ._constant import ConstantClasses, ConstantNumbers
from ._forests import ForestOfClasses, ForestOfNumbers, Isolated
from ._linear import LeastSquares, Logistic, Penalised
from ._means import Centres
from ._neighbors import NearestClasses, NearestNumbers
from ._trees import TreeOfClasses, TreeOfNumbers

__all__ = [
    "AdaBoostClasses",
    "AdaBoostNumbers",
    "BaggedClasses",
    "BaggedNumbers",
    "Bayes",
    "BoostedClasses",
    "BoostedNumbers",
    "Categories",
    "Centres",
    "ConstantClasses",
    "ConstantNumbers",
    "Discrete",
    "Flags",
    "ForestOfClasses",
    "ForestOfNumbers",
    "HistClasses",
    "HistNumbers",
    "Isolated",
    "LeastSquares",
    "Logistic",
    "NearestClasses",
    "NearestNumbers",
    "Penalised",
    "StackedClasses",
    "StackedNumbers",
    "TreeOfClasses",
    "TreeOfNumbers",
    "VotingOfClasses",
    "VotingOfNumbers",
]
