"""AdaBoost of scikit-learn on rows whose columns have few distinct values, for tests/golden/adaboost/*.json.

Usage: python bench/peers/adaboost_goldens.py tests/golden/adaboost [--real]
With --real only real_folds.json is written: errors on folds of the tables in examples/data, for both tasks.
Each case holds the training rows, the rows asked about and scikit-learn's figures in full precision. The regressor
learns from the weights themselves, as ours does; scikit-learn's own draws rows in proportion to them.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


class WeightedAdaBoostRegressor(AdaBoostRegressor):
    """AdaBoost.R2 whose trees take the weights as they are."""

    def _boost(self, iboost, X, y, sample_weight, random_state):  # noqa: N803
        estimator = self._make_estimator(random_state=random_state)
        estimator.fit(X, y, sample_weight=sample_weight)
        error = np.abs(estimator.predict(X) - y)
        largest = error[sample_weight > 0].max()
        if largest != 0:
            error /= largest
        if self.loss == "square":
            error **= 2
        elif self.loss == "exponential":
            error = 1.0 - np.exp(-error)
        mean = (sample_weight * error).sum()
        if mean <= 0:
            return sample_weight, 1.0, 0.0
        if mean >= 0.5:
            if len(self.estimators_) > 1:
                self.estimators_.pop(-1)
            return None, None, None
        beta = mean / (1.0 - mean)
        if iboost != self.n_estimators - 1:
            sample_weight *= np.power(beta, (1.0 - error) * self.learning_rate)
        return sample_weight, self.learning_rate * np.log(1.0 / beta), mean


def write(path, model, settings, x, y, asked, weights, figures):
    content = {
        "peer": f"scikit-learn {sklearn.__version__} {model!r}",
        "settings": settings,
        "x": x.tolist(),
        "y": y.tolist(),
        "weights": [] if weights is None else weights.tolist(),
        "asked": asked.tolist(),
        **{name: np.asarray(value).tolist() for name, value in figures.items()},
    }
    path.write_text(json.dumps(content) + "\n")


def classifier(path, x, y, asked, settings, weights=None):
    model = AdaBoostClassifier(DecisionTreeClassifier(max_depth=settings["depth"], random_state=0),
                               n_estimators=settings["rounds"], learning_rate=settings["learning_rate"])
    model.fit(x, y, sample_weight=weights)
    train_errors = [np.average(told != y, weights=weights) for told in model.staged_predict(x)]
    write(path, model, settings, x, y, asked, weights, {
        "estimator_weights": model.estimator_weights_[:len(model.estimators_)],
        "estimator_errors": model.estimator_errors_[:len(model.estimators_)],
        "train_errors": train_errors,
        "feature_importances": model.feature_importances_,
        "probabilities": model.predict_proba(asked),
    })
    print(path.name, len(model.estimators_), "trees, train error", train_errors[-1])


def regressor(path, x, y, settings, weights=None):
    model = WeightedAdaBoostRegressor(DecisionTreeRegressor(max_depth=settings["depth"], random_state=0),
                                      n_estimators=settings["rounds"], learning_rate=settings["learning_rate"],
                                      loss=settings["loss"])
    model.fit(x, y, sample_weight=weights)
    write(path, model, settings, x, y, x, weights, {
        "estimator_weights": model.estimator_weights_[:len(model.estimators_)],
        "estimator_errors": model.estimator_errors_[:len(model.estimators_)],
        "predictions": model.predict(x),
    })
    print(path.name, len(model.estimators_), "trees")


def table(file, target):
    """Columns of numbers and the target of a table in examples/data; its rows in the order of the file."""
    with open(Path(__file__).parents[2] / "examples/data" / file, newline="") as lines:
        head, *rows = list(csv.reader(lines))
    at = head.index(target)
    x = np.array([[float(cell) for j, cell in enumerate(row) if j != at] for row in rows])
    return x, np.array([row[at] for row in rows])


def real_folds(folder):
    cases = []
    for file, target, settings in (
        ("wdbc.csv", "Diagnosis", {"rounds": 50, "learning_rate": 1.0, "depth": 1}),
        ("wdbc.csv", "Diagnosis", {"rounds": 50, "learning_rate": 0.5, "depth": 3}),
        ("digits8x8.csv", "digit", {"rounds": 30, "learning_rate": 0.5, "depth": 4}),
    ):
        x, y = table(file, target)
        case = {"file": file, "target": target, "settings": settings, "test": [], "wrong": []}
        for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x, y):
            tree = DecisionTreeClassifier(max_depth=settings["depth"], random_state=0)
            model = AdaBoostClassifier(tree, n_estimators=settings["rounds"],
                                       learning_rate=settings["learning_rate"], random_state=0)
            wrong = int((model.fit(x[train], y[train]).predict(x[test]) != y[test]).sum())
            case["test"].append(test.tolist())
            case["wrong"].append(wrong)
        cases.append(case)
        print(file, settings, case["wrong"])
    content = {"peer": f"scikit-learn {sklearn.__version__} AdaBoostClassifier", "cases": cases}
    (folder / "real_folds.json").write_text(json.dumps(content) + "\n")


def main(folder):
    folder = Path(folder)
    rng = np.random.default_rng(1997)
    x = np.round(rng.normal(size=(240, 6)), 2)
    asked = np.round(rng.normal(size=(60, 6)), 3) + 0.0003
    two = (x[:, 0] + x[:, 1] ** 2 + 0.5 * rng.normal(size=240) > 0.6).astype(int)
    radius = (x[:, :4] ** 2).sum(1) + 0.3 * rng.normal(size=240)
    three = np.digitize(radius, [2.5, 4.5])
    weights = np.round(rng.uniform(0.2, 3, 240), 3)
    stump = {"rounds": 50, "learning_rate": 1.0, "depth": 1}
    classifier(folder / "two.json", x, two, asked, stump)
    classifier(folder / "three.json", x, three, asked, {**stump, "learning_rate": 0.5})
    classifier(folder / "weighted.json", x, two, asked, {**stump, "rounds": 30}, weights)
    classifier(folder / "deep.json", x, three, x, {"rounds": 10, "learning_rate": 0.7, "depth": 3})

    y = 3 * x[:, 0] + np.sin(3 * x[:, 1]) + 0.3 * rng.normal(size=240)
    for loss in ("linear", "square", "exponential"):
        regressor(folder / f"r2_{loss}.json", x, y,
                  {"rounds": 25, "learning_rate": 1.0, "depth": 3, "loss": loss})
    regressor(folder / "r2_weighted.json", x, y,
              {"rounds": 25, "learning_rate": 0.5, "depth": 2, "loss": "linear"}, weights)

    x = np.round(rng.normal(size=(1500, 10)), 1)
    y = ((x ** 2).sum(1) > 9.34).astype(int)
    fold_of, errors = np.zeros(len(y), dtype=int), []
    for k, (train, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=0).split(x, y)):
        fold_of[test] = k
        model = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=100).fit(x[train], y[train])
        errors.append(1 - model.score(x[test], y[test]))
    content = {"peer": f"scikit-learn {sklearn.__version__} AdaBoostClassifier(n_estimators=100)", "x": x.tolist(),
               "y": y.tolist(), "fold_of": fold_of.tolist(), "errors": errors}
    (folder / "folds.json").write_text(json.dumps(content) + "\n")
    print("folds", errors)


if __name__ == "__main__":
    if "--real" in sys.argv:
        real_folds(Path(sys.argv[1]))
    else:
        main(sys.argv[1])
