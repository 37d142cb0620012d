"""Class probabilities and fitted figures of scikit-learn's naive Bayes variants, for tests/golden/bayes/*.json.

Usage: python bench/peers/bayes_goldens.py tests/golden/bayes DIGITS8X8.csv
Each case holds the training rows, the rows asked about and scikit-learn's answer in full precision. The digits file
holds the folds and the accuracy per fold; rows are numbered as in the CSV.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB


def figures(estimator):
    """Its fitted arrays by the names of our attributes; CategoricalNB's lists of tables stand side by side."""
    found = {"class_count": estimator.class_count_, "class_prior": getattr(estimator, "class_prior_", None)}
    if found["class_prior"] is None:
        found["class_prior"] = np.exp(estimator.class_log_prior_)
    for ours, theirs in {"means": "theta_", "variances": "var_", "feature_count": "feature_count_",
                         "feature_log_prob": "feature_log_prob_"}.items():
        value = getattr(estimator, theirs, None)
        if isinstance(value, np.ndarray):
            found[ours] = value
    if isinstance(estimator, GaussianNB):
        found["variance_floor"] = np.float64(estimator.epsilon_)
    if isinstance(estimator, CategoricalNB):
        found["levels"] = estimator.n_categories_
        found["level_count"] = np.hstack(estimator.category_count_)
        found["level_log_prob"] = np.hstack(estimator.feature_log_prob_)
    return {name: value.tolist() for name, value in found.items()}


def case(path, estimator, settings, x, y, asked, weights=None):
    estimator.fit(x, y, sample_weight=weights)
    content = {
        "peer": f"scikit-learn {sklearn.__version__} {estimator!r}",
        "settings": settings,
        "classes": int(y.max()) + 1,
        "x": x.tolist(),
        "y": y.tolist(),
        "weights": [] if weights is None else weights.tolist(),
        "asked": asked.tolist(),
        "probabilities": estimator.predict_proba(asked).tolist(),
        "figures": figures(estimator),
    }
    path.write_text(json.dumps(content) + "\n")


def main(folder, digits):
    folder = Path(folder)
    rng = np.random.default_rng(20240229)
    y = rng.integers(0, 3, 60)
    y[:3] = [0, 1, 2]
    weights = rng.integers(1, 5, 60).astype(float)

    x = rng.normal(size=(60, 5)) * [1, 10, 0.1, 1e3, 1] + y[:, None] * [0.5, -3, 0.02, 1e2, 0] + [0, 0, 1e4, 0, -7]
    asked = rng.normal(size=(20, 5)) * [2, 20, 0.2, 2e3, 2] + [0, 0, 1e4, 0, -7]
    case(folder / "gaussian.json", GaussianNB(), {"likelihood": "gaussian"}, x, y, asked)
    case(folder / "gaussian_smoothed.json", GaussianNB(var_smoothing=0.01, priors=[0.2, 0.5, 0.3]),
         {"likelihood": "gaussian", "var_smoothing": 0.01, "class_priors": [0.2, 0.5, 0.3]}, x, y, asked)

    counts = rng.poisson(1.5 + 2 * (np.arange(8)[None, :] % 3 == y[:, None]))
    asked_counts = rng.poisson(2.0, size=(20, 8))
    for name, make in {"multinomial": MultinomialNB, "complement": ComplementNB}.items():
        case(folder / f"{name}.json", make(), {"likelihood": name}, counts, y, asked_counts)
        case(folder / f"{name}_weighted.json", make(alpha=0.25), {"likelihood": name, "alpha": 0.25}, counts, y,
             asked_counts, weights)
    case(folder / "multinomial_uniform.json", MultinomialNB(fit_prior=False),
         {"likelihood": "multinomial", "prior": "uniform"}, counts, y, asked_counts)

    flags = (counts > 2).astype(int)
    asked_flags = (asked_counts > 2).astype(int)
    case(folder / "bernoulli.json", BernoulliNB(), {"likelihood": "bernoulli"}, flags, y, asked_flags)
    case(folder / "bernoulli_weighted.json", BernoulliNB(alpha=0.1), {"likelihood": "bernoulli", "alpha": 0.1}, flags,
         y, asked_flags, weights)

    codes = np.minimum(counts, [2, 3, 4, 5, 6, 7, 1, 3])
    asked_codes = np.minimum(asked_counts, codes.max(axis=0))
    case(folder / "categorical.json", CategoricalNB(), {"likelihood": "categorical"}, codes, y, asked_codes)
    case(folder / "categorical_weighted.json", CategoricalNB(alpha=2.5), {"likelihood": "categorical", "alpha": 2.5},
         codes, y, asked_codes, weights)

    with open(digits, newline="") as file:
        rows = list(csv.reader(file))[1:]
    x = np.array([row[:-1] for row in rows], dtype=float)
    y = np.array([int(float(row[-1])) for row in rows])
    fold_of = np.zeros(len(y), dtype=int)
    accuracy = []
    for k, (train, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=0).split(x, y)):
        fold_of[test] = k
        accuracy.append(float(GaussianNB().fit(x[train], y[train]).score(x[test], y[test])))
    content = {"peer": f"scikit-learn {sklearn.__version__} GaussianNB()", "fold_of": fold_of.tolist(),
               "accuracy": accuracy}
    (folder / "digits_folds.json").write_text(json.dumps(content) + "\n")
    print("digits accuracy", np.mean(accuracy), accuracy)


if __name__ == "__main__":
    main(*sys.argv[1:])
