"""The tables of bench/quality.py, their folds, and how answers are judged."""

from __future__ import annotations

import dataclasses
import os
import subprocess

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

FOLDS = 5


@dataclasses.dataclass(frozen=True)
class Set:
    """`target` empty: the last column. `generated`: rows that generate_data writes. `runs`: folds that are run."""

    name: str
    target: str = ""
    numbers: bool = False
    leave_out: tuple[str, ...] = ()
    generated: int = 0
    runs: int = FOLDS

    def frame(self, data: str, made: str, programs: str) -> tuple[pd.DataFrame, np.ndarray, int]:
        """Columns as they stand in the file, the target (of classes: codes of the sorted labels), number of classes."""
        path = os.path.join(made if self.generated else data, self.name + ".csv")
        if self.generated and not os.path.exists(path):
            os.makedirs(made, exist_ok=True)
            program = os.path.join(programs, "generate_data")
            subprocess.run([program, self.name, str(self.generated), made, "--as", self.name, "--csv"], check=True)
        # Words such as "None" are levels; only an empty cell is missing.
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""]).drop(columns=list(self.leave_out))
        target = frame.pop(self.target or frame.columns[-1])
        if self.numbers:
            return frame, target.to_numpy(dtype=float), 0
        labels, codes = np.unique(target.astype(str), return_inverse=True)
        return frame, codes, len(labels)

    def folds(self, y: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        divide = (KFold if self.numbers else StratifiedKFold)(FOLDS, shuffle=True, random_state=seed)
        return list(divide.split(np.zeros(len(y)), y))[: self.runs]


# CatBoost takes minutes for each fold of the larger ones.
SETS = (
    Set("pima"),
    Set("titanic"),
    Set("penguins"),
    Set("wdbc"),
    Set("churn", runs=2),
    Set("spambase", runs=2),
    Set("synhiggs", generated=20000, runs=2),
    Set("synairline", generated=20000, runs=2),
    Set("segment", leave_out=("split",), runs=2),
    Set("mushroom", runs=1),
    Set("ames_housing", target="Sale_Price", numbers=True, runs=1),
    Set("diamonds", target="price", numbers=True, runs=1),
    Set("digits8x8", runs=1),
    Set("shuttle", runs=1),
)


def judge(y: np.ndarray, answers: np.ndarray, classes: int) -> dict[str, float]:
    """Figures of one fold. `loss` is log loss or RMSE, `score` AUC (one versus rest) or R2."""
    if classes == 0:
        return {"loss": float(np.sqrt(np.mean((y - answers) ** 2))), "score": float(r2_score(y, answers))}
    p = np.clip(answers, 1e-15, 1.0)
    p /= p.sum(axis=1, keepdims=True)
    met = np.unique(y)
    if classes == 2:
        auc = roc_auc_score(y, p[:, 1])
    else:
        auc = np.mean([roc_auc_score(y == k, p[:, k]) for k in met])
    return {
        "loss": float(log_loss(y, p, labels=np.arange(classes))),
        "score": float(auc),
        "accuracy": float(accuracy_score(y, p.argmax(axis=1))),
    }
