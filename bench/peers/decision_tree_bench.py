"""scikit-learn's decision tree on a set of generate_data, beside bench/decision_tree_bench.cpp.

Usage: python bench/peers/decision_tree_bench.py FILE [class|number] [runs]; FILE without its ending.
"""

import sys
import time

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def main(file, kind="class", runs="3"):
    y = np.fromfile(file + ".y.f32", "<f4")
    x = np.fromfile(file + ".f32", "<f4").reshape(len(y), -1)
    model = DecisionTreeClassifier(random_state=0)
    if kind != "class":
        x, y, model = np.ascontiguousarray(x[:, :-1]), x[:, -1].astype(float), DecisionTreeRegressor(random_state=0)
    best = 1e30
    for _ in range(int(runs)):
        start = time.process_time()
        model.fit(x, y)
        best = min(best, time.process_time() - start)
    print(f"scikit-learn {sklearn.__version__}: {x.shape[0]} rows x {x.shape[1]}: CPU {best:.3f} s, "
          f"{model.get_n_leaves()} leaves, depth {model.get_depth()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
