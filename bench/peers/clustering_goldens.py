"""Runs of scikit-learn's Lloyd from given starts, for tests/golden/clustering/kmeans.json.

Usage: python bench/peers/clustering_goldens.py tests/golden/clustering examples/data
The start of each run is the named rows of the file; columns are all but the last.
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score


def run(file, table, rows, weights):
    model = KMeans(len(rows), init=table[rows], n_init=1, max_iter=1000, tol=0, algorithm="lloyd")
    model.fit(table, sample_weight=weights)
    return {"file": file, "start": rows, "weights": [] if weights is None else weights.tolist(),
            "labels": model.labels_.tolist(), "inertia": float(model.inertia_),
            "centres": model.cluster_centers_.ravel().tolist(),
            "silhouette": float(silhouette_score(table, model.labels_))}


def main(folder, data):
    rng = np.random.default_rng(3)
    runs = []
    for file, start in (("iris.csv", [0, 50, 100]), ("iris.csv", [0, 1, 2, 3, 149]),
                        ("digits8x8.csv", list(range(10))), ("digits8x8.csv", list(range(5, 1797, 128)))):
        lines = (Path(data) / file).read_text().splitlines()[1:]
        table = np.array([[float(cell) for cell in line.split(",")[:-1]] for line in lines])
        runs.append(run(file, table, start, None))
        runs.append(run(file, table, start, rng.integers(1, 4, len(table)).astype(float)))
    content = {"peer": f"scikit-learn {sklearn.__version__} KMeans, lloyd, tol=0", "runs": runs}
    (Path(folder) / "kmeans.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
