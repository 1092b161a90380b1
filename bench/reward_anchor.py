#!/usr/bin/env python3
"""The anchors of bench/reward.c on the pairs it left in FOLDER, two threads each: torch's L-BFGS, scikit-learn's and
numpy's EM, scikit-learn's HashingVectorizer. A line is a JSON object. What is not installed is left out and said."""
import json
import sys
import time

FOLDER, LAMBDA, TASTES = sys.argv[1], 1e-3, 5
WANTED = set(sys.argv[2:])  # which anchors; none: all


def out(name, value, unit, **more):
    print(json.dumps({"name": name, "value": value, "unit": unit, **more}), flush=True)


def wanted(name):
    return not WANTED or name in WANTED


try:
    import numpy as np
except ImportError:
    sys.exit("numpy is not installed")

x = np.fromfile(FOLDER + "/x.f32", np.float32).reshape(-1, 384)
y = np.fromfile(FOLDER + "/y.u8", np.uint8).astype(np.float32)
annotator = np.fromfile(FOLDER + "/annotator.u32", np.uint32).astype(np.int64)
n, d = x.shape


def objective(w):
    z = x.astype(np.float64) @ w
    return float(np.mean(np.logaddexp(0, -z) + (1 - y) * z) + LAMBDA / 2 * w @ w)


def with_torch():
    import torch
    torch.set_num_threads(2)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    w = torch.zeros(d, requires_grad=True)
    start = time.perf_counter()
    solver = torch.optim.LBFGS([w], lr=1, max_iter=100, history_size=10, tolerance_grad=1e-6, tolerance_change=1e-9,
                               line_search_fn="strong_wolfe")

    def closure():
        solver.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(tx @ w, ty) + LAMBDA / 2 * (w @ w)
        value.backward()
        return value

    solver.step(closure)
    seconds = time.perf_counter() - start
    out("torch_lbfgs", seconds, "s", objective=objective(w.detach().numpy().astype(np.float64)), version=torch.__version__)


def with_sklearn():
    import sklearn
    from sklearn.linear_model import LogisticRegression
    start = time.perf_counter()
    fit = LogisticRegression(C=1 / (LAMBDA * n), fit_intercept=False, tol=1e-6, max_iter=200).fit(x, y)
    seconds = time.perf_counter() - start
    out("sklearn_logistic", seconds, "s", objective=objective(fit.coef_[0].astype(np.float64)), version=sklearn.__version__)


def em(m_step, name):
    """Soft EM from a hard start of random vectors, stopped by the same gain as ours."""
    lam, people = LAMBDA / TASTES, annotator.max() + 1
    start = time.perf_counter()
    rng = np.random.default_rng(3)
    sums = np.zeros((people, d), np.float32)
    np.add.at(sums, annotator, x * (y - 0.5)[:, None])
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    from sklearn.cluster import KMeans
    member = KMeans(TASTES, n_init=1, random_state=3).fit_predict(sums)
    q = np.eye(TASTES)[member]
    w, before, done = np.zeros((TASTES, d)), -np.inf, 0
    for done in range(1, 41):
        share = q.mean(0)
        for k in range(TASTES):
            w[k] = m_step(q[annotator, k], lam, w[k])
        z = x @ w.T.astype(np.float32)
        losses = np.logaddexp(0, -z) + (1 - y)[:, None] * z
        each = np.zeros((people, TASTES))
        np.add.at(each, annotator, losses)
        logs = np.log(np.maximum(share, 1e-300)) - each
        top = logs.max(1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(logs - top).sum(1))
        q = np.exp(logs - total[:, None])
        reached = total.sum() / n - lam / 2 * (w * w).sum()
        if reached - before < 1e-6:
            break
        before = reached
    out(name, time.perf_counter() - start, "s", objective=reached, iterations=done)


def sklearn_step(weight, lam, w):
    from sklearn.linear_model import LogisticRegression
    kept = weight > 1e-9
    fit = LogisticRegression(C=1 / (lam * n), fit_intercept=False, max_iter=200)
    return fit.fit(x[kept], y[kept], sample_weight=weight[kept]).coef_[0]


def numpy_step(weight, lam, w):
    """Newton with the whole Hessian, two steps warm."""
    c = (weight / n).astype(np.float32)
    for _ in range(2):
        p = 1 / (1 + np.exp(-(x @ w.astype(np.float32))))
        g = x.T @ (c * (p - y)) + lam * w
        scaled = x * np.sqrt(c * p * (1 - p))[:, None]
        w = w - np.linalg.solve((scaled.T @ scaled).astype(np.float64) + lam * np.eye(d), g)
    return w


def featurise():
    from sklearn.feature_extraction.text import HashingVectorizer
    texts = open(FOLDER + "/texts.txt", encoding="utf-8", errors="replace").read().split("\n")[:1000]
    size = sum(len(text.encode()) for text in texts)
    words = HashingVectorizer(n_features=2**18, ngram_range=(1, 2), norm=None)
    characters = HashingVectorizer(n_features=2**18, analyzer="char_wb", ngram_range=(3, 5), norm=None)
    start = time.perf_counter()
    words.transform(texts), characters.transform(texts)
    out("hashing_vectorizer", size / 1e6 / (time.perf_counter() - start), "MB/s")


def score():
    """numpy: one product, centred by prompt, the least over groups, its best candidate."""
    w = np.random.default_rng(1).normal(size=(d, 5)).astype(np.float32)
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        r = (x @ w).reshape(-1, 8, 5)
        (r - r.mean(1, keepdims=True)).min(2).argmax(1)
        best = min(best, time.perf_counter() - start)
    out("numpy_score", n / best / 1e6, "M candidates/s")


for name, run in (("torch_lbfgs", with_torch), ("sklearn_logistic", with_sklearn), ("numpy_score", score),
                  ("hashing_vectorizer", featurise), ("numpy_em", lambda: em(numpy_step, "numpy_em")),
                  ("sklearn_em", lambda: em(sklearn_step, "sklearn_em"))):
    if wanted(name):
        try:
            run()
        except ImportError as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
