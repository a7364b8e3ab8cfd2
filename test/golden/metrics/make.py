"""Golden numbers for src/metrics, from scikit-learn.

Run: pip install scikit-learn==1.9.1 numpy==2.4.6 && python make.py
Writes classification.json and linear-text-classifier.json beside itself. Tests only read those.
"""

import json
import math
import random
import warnings
from pathlib import Path

import numpy
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

warnings.filterwarnings("ignore")
here = Path(__file__).parent
versions = {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}
rng = random.Random(20240501)


def noisy(classes, count, right):
    references = rng.choices(classes, k=count)
    predictions = [r if rng.random() < right else rng.choice(classes) for r in references]
    return predictions, references


def scores(predictions, references, labels, zero_division):
    def of(average):
        p, r, f, s = precision_recall_fscore_support(
            references, predictions, labels=labels, average=average, zero_division=zero_division
        )
        return p, r, f, s

    p, r, f, s = of(None)
    found = {"precision": p.tolist(), "recall": r.tolist(), "f1": f.tolist(), "support": s.tolist()}
    for average in ("macro", "micro", "weighted"):
        p, r, f, _ = of(average)
        found[average] = {"precision": float(p), "recall": float(r), "f1": float(f)}
    return found


def clean(value):
    """NaN is not JSON."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, list):
        return [clean(v) for v in value]
    return value


cases = [("two classes", *noisy([0, 1], 60, 0.8), None), ("three names", *noisy(["ham", "spam", "maybe"], 80, 0.6), None)]
cases.append(("ten classes", *noisy(list(range(10)), 200, 0.5), None))
cases.append(("a class never predicted, one that never occurs", [0, 0, 2, 2, 0], [0, 1, 2, 1, 0], [0, 1, 2, 3]))
cases.append(("always one class", [1, 1, 1, 1], [0, 1, 1, 0], None))
cases.append(("all right", [0, 1, 2], [0, 1, 2], None))
cases.append(("all wrong", [1, 0], [0, 1], None))
cases.append(("one class only", [5, 5], [5, 5], None))
cases.append(("labels that leave classes out", *noisy([0, 1, 2, 3], 50, 0.6), [2, 0]))
cases.append(("labels that do not occur", [0, 1], [0, 1], [7, 8]))

table = []
for note, predictions, references, labels in cases:
    row = {"note": note, "predictions": predictions, "references": references, "labels": labels}
    row["accuracy"] = float(accuracy_score(references, predictions))
    row["matthews_correlation"] = float(matthews_corrcoef(references, predictions))
    row["scores"] = {
        name: scores(predictions, references, labels, value)
        for name, value in (("0", 0), ("1", 1), ("NaN", numpy.nan))
    }
    overlap = labels is None or set(labels) & set(references)
    row["confusion"] = (
        {
            str(normalize): confusion_matrix(references, predictions, labels=labels, normalize=normalize).tolist()
            for normalize in (None, "true", "pred", "all")
        }
        if overlap
        else None
    )
    table.append(row)
(here / "classification.json").write_text(json.dumps(clean({"versions": versions, "cases": table}), ensure_ascii=False) + "\n")


def sentences(topic, count):
    common = "the a of and to in is it was for on with as at by this that from".split()
    return [" ".join(rng.choice(topic if rng.random() < 0.3 else common) for _ in range(rng.randint(4, 25))) for _ in range(count)]


topics = [
    "price offer free money click winner cash order now".split(),
    "meeting agenda project review deadline office report team".split(),
    "goal match league player score coach season club".split(),
]
fits = []
for classes, C in ((2, 1.0), (2, 10.0), (3, 5.0)):
    train, labels, test = [], [], []
    for number, topic in enumerate(topics[:classes]):
        train += sentences(topic, 40)
        labels += [number] * 40
        test += sentences(topic, 5)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\w+")
    x = vectorizer.fit_transform(train)
    model = LogisticRegression(C=C, max_iter=10000, tol=1e-9).fit(x, labels)
    fits.append(
        {
            "C": C,
            "train": train,
            "labels": labels,
            "test": test,
            "features": x.shape[1],
            "probabilities": model.predict_proba(vectorizer.transform(test)).tolist(),
        }
    )
(here / "linear-text-classifier.json").write_text(json.dumps({"versions": versions, "fits": fits}) + "\n")
