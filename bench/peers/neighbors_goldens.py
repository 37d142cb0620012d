"""Answers of scikit-learn's nearest neighbours, for tests/golden/neighbors/*.json.

Usage: python bench/peers/neighbors_goldens.py tests/golden/neighbors examples/data/digits8x8.csv
digits_folds.json holds five stratified folds (rows numbered as in the CSV) and the class predicted for every row when
its fold is left out; the other files hold rows, queries, and the answer in full precision.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor


def digits(folder, table):
    x, y = table[:, :-1], table[:, -1].astype(int)
    folds = [test.tolist() for _, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x, y)]
    predicted = {}
    for neighbors in (1, 2, 3, 4, 5):
        answer = np.empty(len(y), dtype=int)
        for test in folds:
            train = np.setdiff1d(np.arange(len(y)), test)
            model = KNeighborsClassifier(neighbors, algorithm="brute").fit(x[train], y[train])
            answer[test] = model.predict(x[test])
        predicted[str(neighbors)] = answer.tolist()
        print(neighbors, "neighbours: accuracy", (answer == y).mean())
    content = {"peer": f"scikit-learn {sklearn.__version__} KNeighborsClassifier", "folds": folds,
               "predicted": predicted}
    (folder / "digits_folds.json").write_text(json.dumps(content) + "\n")


def main(folder, digits_file):
    folder = Path(folder)
    digits(folder, np.loadtxt(digits_file, delimiter=",", skiprows=1))
    rng = np.random.default_rng(7)
    x, asked = rng.normal(size=(120, 4)) * [1, 3, 0.5, 1], rng.normal(size=(30, 4)) * [1, 3, 0.5, 1]
    y, codes = x[:, 0] * 2 + rng.normal(size=120), rng.integers(0, 3, 120)
    cases = []
    for metric in ("euclidean", "manhattan", "cosine"):
        for weights in ("uniform", "distance"):
            settings = {"n_neighbors": 6, "weights": weights, "metric": metric, "algorithm": "brute"}
            regressor = KNeighborsRegressor(**settings).fit(x, y)
            classifier = KNeighborsClassifier(**settings).fit(x, codes)
            distances, rows = regressor.kneighbors(asked)
            cases.append({"settings": {"neighbors": "6", "weights": weights, "metric": metric},
                          "values": regressor.predict(asked).tolist(),
                          "probabilities": classifier.predict_proba(asked).ravel().tolist(),
                          "rows": rows.ravel().tolist(), "distances": distances.ravel().tolist()})
    content = {"peer": f"scikit-learn {sklearn.__version__}", "columns": 4, "x": x.ravel().tolist(), "y": y.tolist(),
               "codes": codes.tolist(), "asked": asked.ravel().tolist(), "cases": cases}
    (folder / "cases.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
