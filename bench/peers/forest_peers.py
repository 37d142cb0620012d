"""Forests of other tools on the files that generate_data leaves, beside forest_bench.

    forest_peers.py TRAIN TEST METHOD TREES [JOBS] [TOOL]

TRAIN and TEST are stems (FOLDER/synhiggs_200000); METHOD is rf, et or isolation (rows of TEST scored by 100 trees);
TOOL is sklearn, intelex (scikit-learn-intelex) or ydf, with full trees in each. CPU seconds of the whole process.
"""

import resource
import sys

import numpy as np
from sklearn.metrics import roc_auc_score


def read(stem):
    y = np.fromfile(stem + ".y.f32", np.float32).astype(int)
    return np.fromfile(stem + ".f32", np.float32).reshape(len(y), -1), y


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def forest(tool, method, trees, jobs):
    """A function of rows and classes that fits, and one of the fitted and rows that answers."""
    if tool == "ydf":
        import ydf

        assert method == "rf", "ydf has no extra trees"
        learner = ydf.RandomForestLearner(label="y", task=ydf.Task.CLASSIFICATION, num_trees=trees, max_depth=-1,
                                          min_examples=1, winner_take_all=False, compute_oob_performances=False,
                                          compute_oob_variable_importances=False, num_threads=jobs, random_seed=1)
        table = lambda x: {f"x{j}": x[:, j] for j in range(x.shape[1])}  # noqa: E731
        return lambda x, y: learner.train({**table(x), "y": y}), lambda m, x: m.predict(table(x))
    if tool == "intelex":
        from sklearnex.ensemble import ExtraTreesClassifier, RandomForestClassifier
    else:
        from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    kind = {"rf": RandomForestClassifier, "et": ExtraTreesClassifier}[method]
    model = kind(trees, n_jobs=jobs, random_state=0)
    return model.fit, lambda m, x: m.predict_proba(x)[:, 1]


def main():
    train, test, method, trees = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    jobs = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    tool = sys.argv[6] if len(sys.argv) > 6 else "sklearn"
    (x, y), (xt, yt) = read(train), read(test)
    if method == "isolation":
        from sklearn.ensemble import IsolationForest

        start = cpu()
        model = IsolationForest(n_estimators=trees, n_jobs=jobs, random_state=0).fit(x)
        fitted = cpu()
        model.score_samples(xt)
        print(f"sklearn fit cpu {fitted - start:.3f} s; score cpu {cpu() - fitted:.3f} s")
        return
    fit, ask = forest(tool, method, trees, jobs)
    start = cpu()
    model = fit(x, y)
    fitted = cpu()
    score = ask(model, xt)
    asked = cpu()
    auc = roc_auc_score(yt, score)
    print(f"{tool} fit cpu {fitted - start:.2f} s; predict cpu {asked - fitted:.3f} s; AUC {auc:.5f}")


if __name__ == "__main__":
    main()
