"""scikit-learn's AdaBoost of stumps on the data of bench/adaboost_bench.cpp.

Usage: python bench/peers/adaboost_peers.py make ROWS COLUMNS FILE            write the data
       python bench/peers/adaboost_peers.py time ROWS COLUMNS FILE ROUNDS     time the peer
"""

import sys
import time

import numpy as np
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier


def make(rows, columns, path):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, columns)).astype(np.float32)
    total = sum(x[:, j] if j % 2 == 0 else x[:, j] ** 2 - 1 for j in range(min(6, columns)))
    y = (total + 1.5 * rng.normal(size=rows) > 0).astype(np.int32)
    with open(path, "wb") as file:
        x.tofile(file)
        y.tofile(file)


def measure(rows, columns, path, rounds):
    x = np.fromfile(path, dtype=np.float32, count=rows * columns).reshape(rows, columns)
    y = np.fromfile(path, dtype=np.int32, offset=rows * columns * 4)
    model = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=rounds)
    wall, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y)
    print(f"fit {time.perf_counter() - wall:.3f} s wall {time.process_time() - cpu:.3f} s CPU")
    wall, cpu = time.perf_counter(), time.process_time()
    told = model.predict(x)
    print(f"predict {time.perf_counter() - wall:.3f} s wall {time.process_time() - cpu:.3f} s CPU")
    print(f"accuracy {(told == y).mean():.6f}")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        measure(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
