"""Forests of scikit-learn on the files that generate_data leaves, beside forest_bench.

    forest_peers.py TRAIN TEST METHOD TREES [JOBS]

TRAIN and TEST are stems (FOLDER/synhiggs_200000); METHOD is rf, et or isolation (rows of TEST scored by 100 trees).
"""

import resource
import sys

import numpy as np
import sklearn
from sklearn.ensemble import ExtraTreesClassifier, IsolationForest, RandomForestClassifier
from sklearn.metrics import roc_auc_score


def read(stem):
    y = np.fromfile(stem + ".y.f32", np.float32).astype(int)
    return np.fromfile(stem + ".f32", np.float32).reshape(len(y), -1), y


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    train, test, method, trees = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    jobs = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    (x, y), (xt, yt) = read(train), read(test)
    print("scikit-learn", sklearn.__version__)
    start = cpu()
    if method == "isolation":
        model = IsolationForest(n_estimators=trees, n_jobs=jobs, random_state=0).fit(x)
        fitted = cpu()
        model.score_samples(xt)
        print(f"fit cpu {fitted - start:.3f} s; score cpu {cpu() - fitted:.3f} s")
        return
    kind = {"rf": RandomForestClassifier, "et": ExtraTreesClassifier}[method]
    model = kind(trees, n_jobs=jobs, random_state=0).fit(x, y)
    fitted = cpu()
    score = model.predict_proba(xt)[:, 1]
    asked = cpu()
    leaves = sum(tree.get_n_leaves() for tree in model.estimators_)
    print(
        f"fit cpu {fitted - start:.2f} s; predict cpu {asked - fitted:.3f} s; "
        f"AUC {roc_auc_score(yt, score):.5f}; leaves {leaves}"
    )


if __name__ == "__main__":
    main()
