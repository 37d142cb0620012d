"""SciPy's non-negative least squares, for tests/golden/committee/nnls.json.

Usage: python bench/peers/committee_goldens.py tests/golden/committee
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import nnls


def main(folder):
    rng = np.random.default_rng(1974)
    cases = []
    for rows, columns in [(20, 3), (50, 8), (50, 15), (30, 12), (8, 2), (60, 25)]:
        base = rng.normal(size=(rows, 1))
        # Members of a committee are alike: columns share most of what they say.
        a = base + rng.normal(size=(rows, columns)) * rng.uniform(0.2, 2, columns)
        b = base[:, 0] + 0.3 * rng.normal(size=rows) - 0.4 * a[:, 0]
        x, residual = nnls(a, b)
        cases.append({"a": a.tolist(), "b": b.tolist(), "x": x.tolist(), "residual": residual})
    path = Path(folder) / "nnls.json"
    path.write_text(json.dumps({"peer": f"SciPy {scipy.__version__} nnls", "cases": cases}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
