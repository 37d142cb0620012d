"""The contestants of bench/quality.py: each tool reads the same frame in the form that is natural to it."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from collections.abc import Callable

import numpy as np
import pandas as pd

EQUAL, DEFAULTS = "equal budget", "defaults"
CHAPTERS = (EQUAL, DEFAULTS)
ROUNDS, LEAVES, RATE = 100, 31, 0.1


def texts(frame: pd.DataFrame) -> list[str]:
    return list(frame.select_dtypes(exclude="number").columns)


def categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Columns of texts as pandas categories, with the levels of both sides as a user has them in one frame."""
    both = pd.concat([train, test])
    kinds = {name: pd.CategoricalDtype(sorted(both[name].dropna().unique())) for name in texts(train)}
    return train.astype(kinds), test.astype(kinds)


def few_categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same, but more than 255 levels as numbers: HistGradientBoosting refuses such categories."""
    train, test = categories(train, test)
    many = [name for name in texts(train) if len(train[name].cat.categories) > 255]
    return (side.assign(**{name: side[name].cat.codes for name in many}) for side in (train, test))


def named(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Texts without gaps: CatBoost takes none in columns of categories."""
    fills = dict.fromkeys(texts(train), "missing")
    return (train.fillna(fills), test.fillna(fills)) if fills else (train, test)


def as_they_are(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return train, test


class Tool:
    """One contestant. `make(classes, frame)` gives an estimator with the manners of scikit-learn."""

    def __init__(self, name: str, package: str, form: Callable, make: Callable, chapters=CHAPTERS) -> None:
        self.name, self.package, self.form, self.make, self.chapters = name, package, form, make, chapters

    def version(self) -> str:
        return importlib.metadata.version(self.package)

    def answers(self, chapter: str, classes: int, train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> np.ndarray:
        """Probabilities [rows, classes], or numbers [rows] where there are no classes."""
        train, test = self.form(train, test)
        model = self.make(chapter, classes, train).fit(train, y)
        if classes == 0:
            return np.asarray(model.predict(test), dtype=float).ravel()
        given = np.asarray(model.predict_proba(test), dtype=float)
        out = np.zeros((len(test), classes))
        out[:, np.asarray(model.classes_).astype(int)] = given
        return out


class EveryMl(Tool):
    """everyml from the package on the path. `settings` beside those of the chapter make a contestant of their own."""

    def __init__(self, settings: dict | None = None) -> None:
        changed = " ".join(f"{key}={value}" for key, value in (settings or {}).items())
        super().__init__(f"everyml {changed}".strip(), "everyml", as_they_are, self.estimator)
        self.settings = settings or {}

    def version(self) -> str:
        import everyml

        command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        folder = os.path.dirname(os.path.abspath(__file__))
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return f"{everyml.__version__} ({told.stdout.strip()})" if told.returncode == 0 else everyml.__version__

    def estimator(self, chapter: str, classes: int, frame: pd.DataFrame):
        import everyml

        settings = dict(self.settings)
        if chapter == EQUAL:
            settings = {"rounds": ROUNDS, "leaves": LEAVES, "learning_rate": RATE} | settings
        kind = everyml.GradientBoostingClassifier if classes else everyml.GradientBoostingRegressor
        return kind(n_jobs=THREADS, **settings)


THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))


def lightgbm(chapter: str, classes: int, frame: pd.DataFrame):
    import lightgbm

    settings = {"n_estimators": ROUNDS, "num_leaves": LEAVES, "learning_rate": RATE} if chapter == EQUAL else {}
    kind = lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor
    return kind(n_jobs=THREADS, verbose=-1, **settings)


def xgboost(chapter: str, classes: int, frame: pd.DataFrame):
    import xgboost

    settings: dict = {}
    if chapter == EQUAL:
        settings = {"n_estimators": ROUNDS, "learning_rate": RATE}
        settings |= {"max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide"}
    kind = xgboost.XGBClassifier if classes else xgboost.XGBRegressor
    return kind(n_jobs=THREADS, enable_categorical=True, **settings)


def catboost(**growth) -> Callable:
    def make(chapter: str, classes: int, frame: pd.DataFrame):
        import catboost

        settings = {"iterations": ROUNDS, "learning_rate": RATE, **growth} if chapter == EQUAL else {}
        kind = catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor
        named_so = {"cat_features": texts(frame)} if texts(frame) else {}
        silent = {"logging_level": "Silent", "allow_writing_files": False}
        return kind(thread_count=THREADS, **silent, **named_so, **settings)

    return make


def histogram_boosting(chapter: str, classes: int, frame: pd.DataFrame):
    from sklearn import ensemble

    settings: dict = {}
    if chapter == EQUAL:
        # Stopping early would spend less than the budget.
        settings = {"max_iter": ROUNDS, "max_leaf_nodes": LEAVES, "learning_rate": RATE, "early_stopping": False}
    kind = ensemble.HistGradientBoostingClassifier if classes else ensemble.HistGradientBoostingRegressor
    return kind(categorical_features="from_dtype", **settings)


PEERS = (
    Tool("LightGBM", "lightgbm", categories, lightgbm),
    Tool("XGBoost", "xgboost-cpu", categories, xgboost),
    Tool("CatBoost", "catboost", named, catboost(), (DEFAULTS,)),
    Tool(
        "CatBoost by leaf",
        "catboost",
        named,
        catboost(grow_policy="Lossguide", max_leaves=LEAVES, depth=16),
        (EQUAL,),
    ),
    Tool("CatBoost symmetric", "catboost", named, catboost(depth=5), (EQUAL,)),
    Tool("HistGradientBoosting", "scikit-learn", few_categories, histogram_boosting),
)
