"""Answers of scikit-learn's decision trees, for tests/golden/trees/decision_tree.json.

Usage: python bench/peers/decision_tree_goldens.py tests/golden/trees/decision_tree.json
Rows, weights, targets, rows asked, and per case the settings in our words, leaves, depth, importances and answers.
alpha is given in parts of the root's impurity, as everyml counts it. scikit-learn draws lots between equally good
features, so each case holds all the trees that ten seeds give.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def trees(task, model, x, y, weights, asked):
    found = {}
    for seed in range(10):
        model.set_params(random_state=seed).fit(x, y, sample_weight=weights)
        answers = model.predict_proba(asked) if task == "classes" else model.predict(asked)
        found[answers.tobytes()] = {"leaves": int(model.get_n_leaves()), "depth": int(model.get_depth()),
                                    "importances": model.feature_importances_.tolist(), "answers": answers.ravel().tolist()}
    return list(found.values())


def case(task, settings, model, x, y, weights, asked):
    return {"task": task, "settings": settings, "weighted": weights is not None,
            "trees": trees(task, model, x, y, weights, asked)}


def path_case(x, codes):
    paths = {}
    for seed in range(10):
        path = DecisionTreeClassifier(min_samples_leaf=12, random_state=seed).cost_complexity_pruning_path(x, codes)
        root = path.impurities[-1]
        paths[len(path.ccp_alphas)] = {"alphas": (path.ccp_alphas / root).tolist(),
                                       "errors": (path.impurities / root).tolist()}
    return {"settings": {"min_leaf": "12", "prune_by": "impurity"}, "paths": list(paths.values())}


def main(file):
    rng = np.random.default_rng(5)
    rows, columns = 400, 5
    x = rng.normal(size=(rows, columns)).round(6)
    asked = rng.normal(size=(60, columns)).round(6)
    # Missing cells in two columns; scikit-learn learns a side for them too.
    signal = x[:, 0] + np.abs(x[:, 1]) + 0.5 * x[:, 2] * (x[:, 3] > 0)
    codes = np.digitize(signal + rng.normal(size=rows), [0.3, 1.2])
    y = (signal + 0.4 * rng.normal(size=rows)).round(6)
    counts = rng.poisson(np.exp(0.5 * signal)).astype(float)
    weights = rng.integers(1, 4, rows).astype(float)
    cases = []
    for criterion in ("gini", "entropy"):
        for extra, ours in (({}, {}), ({"max_depth": 4}, {"max_depth": "4"}), ({"max_leaf_nodes": 9}, {"max_leaves": "9"}),
                            ({"class_weight": "balanced"}, {"balanced": "true"}),
                            ({"min_impurity_decrease": 0.01}, {"min_gain": "0.01"})):
            if criterion == "entropy" and "min_impurity_decrease" in extra:
                continue  # bits there, natural units here
            for weighted in (None, weights):
                model = DecisionTreeClassifier(criterion=criterion, min_samples_leaf=12, min_weight_fraction_leaf=0,
                                               random_state=0, **extra)
                if weighted is not None:
                    # scikit-learn counts rows for min_samples_leaf; weight by weight is what everyml counts.
                    model.set_params(min_samples_leaf=1, min_weight_fraction_leaf=11.5 / weights.sum())
                if weighted is not None and "class_weight" in extra:
                    continue  # the fraction there is of the balanced weights
                cases.append(case("classes", {"criterion": criterion, "min_leaf": "12", **ours}, model, x, codes,
                                  weighted, asked))
    for criterion, target in (("squared_error", y), ("absolute_error", y), ("poisson", counts)):
        for extra, ours in (({}, {}), ({"max_leaf_nodes": 7}, {"max_leaves": "7"})):
            model = DecisionTreeRegressor(criterion=criterion, min_samples_leaf=12, random_state=0, **extra)
            made = case("counts" if criterion == "poisson" else "numbers",
                        {"criterion": criterion.split("_")[0], "min_leaf": "12", **ours}, model, x, target, None, asked)
            cases.append(made)
    gaps = x.copy()
    gaps[rng.random(rows) < 0.2, 0] = np.nan
    gaps[rng.random(rows) < 0.3, 1] = np.nan
    asked_gaps = asked.copy()
    asked_gaps[::4, 0] = np.nan
    asked_gaps[::3, 1] = np.nan
    model = DecisionTreeClassifier(min_samples_leaf=12, random_state=0)
    missing = case("classes", {"min_leaf": "12"}, model, gaps, codes, None, asked_gaps)
    none = lambda values: [None if np.isnan(v) else v for v in values.ravel().tolist()]
    content = {"peer": f"scikit-learn {sklearn.__version__}", "columns": columns, "x": x.ravel().tolist(),
               "codes": codes.tolist(), "y": y.tolist(), "counts": counts.tolist(), "weights": weights.tolist(),
               "asked": asked.ravel().tolist(), "cases": cases, "path": path_case(x, codes),
               "gaps": none(gaps), "asked_gaps": none(asked_gaps), "missing": missing}
    Path(file).write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
