"""Runs scikit-learn on the matrices that parity_export wrote and keeps its scores in tests/golden/parity.json.

    cmake --build --preset dev --target parity_export
    build/dev/tests/parity/parity_export . /tmp/parity
    python bench/peers/parity_goldens.py /tmp/parity tests/golden/parity.json
"""
import csv
import json
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import sklearn
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

MODELS = {
    "logistic-regression": lambda: LogisticRegression(C=1.0, tol=1e-9, max_iter=20000),
    "knn-classifier": lambda: KNeighborsClassifier(5, algorithm="brute"),
    "naive-bayes": lambda: GaussianNB(),
    "linear-regression": lambda: LinearRegression(),
    "ridge": lambda: Ridge(alpha=1.0),
    "knn-regressor": lambda: KNeighborsRegressor(5, algorithm="brute"),
}
# Left to chance: the mean over some seeds is kept.
BY_CHANCE = {
    "random-forest-classifier": RandomForestClassifier,
    "extra-trees-classifier": ExtraTreesClassifier,
    "random-forest-regressor": RandomForestRegressor,
    "extra-trees-regressor": ExtraTreesRegressor,
    # Ties between features.
    "adaboost-classifier": AdaBoostClassifier,
}


def models(algorithm, rows):
    if algorithm not in BY_CHANCE:
        return [MODELS[algorithm]()]
    if algorithm.startswith("adaboost"):
        return [BY_CHANCE[algorithm](random_state=seed) for seed in range(10)]
    # The fewer rows, the more a row counts.
    return [BY_CHANCE[algorithm](200, random_state=seed) for seed in range(20 if rows < 2000 else 5)]


def side(folder, prefix, columns):
    x = np.fromfile(f"{folder}/{prefix}.x").reshape(-1, columns)
    return x, np.fromfile(f"{folder}/{prefix}.y")


def scores_of(folder, row):
    """Scores of all models of one fold of one algorithm, by metric."""
    x, y = side(folder, row["prefix"] + "-train", int(row["columns"]))
    new_x, new_y = side(folder, row["prefix"] + "-test", int(row["columns"]))
    out = defaultdict(list)
    for model in models(row["algorithm"], len(y)):
        model.fit(x, y)
        if hasattr(model, "predict_proba"):
            p = model.predict_proba(new_x)
            out["accuracy"].append(accuracy_score(new_y, model.predict(new_x)))
            out["auc"].append(roc_auc_score(new_y, p[:, 1]) if p.shape[1] == 2
                              else roc_auc_score(new_y, p, multi_class="ovr"))
        else:
            out["r2"].append(r2_score(new_y, model.predict(new_x)))
    return out


def main(folder, output):
    scores = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with open(f"{folder}/index.csv", encoding="utf-8") as index:
        rows = list(csv.DictReader(index))
    with ProcessPoolExecutor() as pool:
        for row, found in zip(rows, pool.map(scores_of, [folder] * len(rows), rows)):
            for metric, values in found.items():
                scores[row["case"]][row["algorithm"]][metric] += values
    cases = {case: {name: {metric: float(np.mean(values)) for metric, values in metrics.items()}
                    for name, metrics in algorithms.items()} for case, algorithms in scores.items()}
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"peer": f"scikit-learn {sklearn.__version__}", "cases": cases}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
