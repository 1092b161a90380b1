#!/usr/bin/env python3
"""What scikit-learn makes of the judgments of two tastes, on the pairs and splits by prompt that `plenum fit` uses:
`tastes_anchor.py FILE... [--splits N]`, FILE in the plenum format with the raters' attribute `taste`. Pooled, by taste,
on hashed n-grams (`hash`) and on TF-IDF and a truncated SVD of 256, fitted on training items (`lsa`), and on the latter two
clusters of annotators by EM with hard assignment as published. The regulariser is chosen on the validation pairs. A line is a JSON object:
accuracy of each taste's test judgments by split."""
import argparse
import hashlib
import json
import sys

try:
    import numpy as np
    import scipy.sparse as sparse
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize
except ImportError:
    sys.exit("scikit-learn is not installed")

MASK = (1 << 64) - 1
STRENGTHS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]  # scikit-learn's C
TASTES = ["helpful", "harmless"]


def mix(x):
    """splitmix64's finaliser: pairs_mix in worker/fit/pairs.c."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def quoted(text):
    """As PostgreSQL writes a text inside a jsonb."""
    short = dict(zip('\b\f\n\r\t"\\', 'bfnrt"\\'))
    return '"' + "".join("\\" + short[c] if c in short else "\\u%04x" % ord(c) if c < " " else c for c in text) + '"'


def prompt_key(prompt):
    stored = '[{"role": "user", "content": ' + quoted(prompt) + "}]"
    return int.from_bytes(hashlib.sha256(stored.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def split_of(keys, salt):
    """0 training, 1 validation, 2 test of each item: 65, 15 and 20 % of the prompts."""
    order = [mix(key ^ ((0x706C656E756D2D31 + salt) & MASK)) for key in keys]
    distinct = sorted(set(order))
    n = len(distinct)
    test, validation = max(n * 20 // 100, 1), max(n * 15 // 100, 1)
    rank = {one: place for place, one in enumerate(distinct)}
    return np.array([0 if rank[o] < n - test - validation else 1 if rank[o] < n - test else 2 for o in order])


class Data:
    def __init__(self, file):
        place, rater = {}, {}
        self.texts, keys, judgments, tastes = [], [], [], []
        for line in open(file, encoding="utf-8"):
            one = json.loads(line)
            if one["type"] == "item":
                place[one["id"]] = len(keys)
                keys.append(prompt_key(one["prompt"]))
                self.texts += [response["content"] for response in one["responses"]]
            elif one["type"] == "rater":
                rater[one["id"]] = len(tastes)
                tastes.append(TASTES.index(one["attributes"]["taste"]))
            elif one["type"] == "judgment":
                judgments.append((place[one["item"]], rater[one["rater"]], one["choice"] == "left"))
        self.keys, self.tastes = keys, np.array(tastes)
        self.item, self.rater, self.left = (np.array(column) for column in zip(*judgments))
        self.taste = self.tastes[self.rater]


def hashed(texts):
    words = HashingVectorizer(n_features=2**18, ngram_range=(1, 2), norm=None, token_pattern=r"(?u)\w+")
    characters = HashingVectorizer(n_features=2**18, analyzer="char_wb", ngram_range=(3, 5), norm=None)
    x = (words.transform(texts) + characters.transform(texts)).tocsr()
    x.data = np.sign(x.data) * np.log1p(np.abs(x.data))
    return normalize(x)


def lsa(texts, in_training):
    frequency = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    frequency.fit([text for text, there in zip(texts, in_training) if there])
    x = frequency.transform(texts)
    return TruncatedSVD(256, random_state=0).fit(x[np.flatnonzero(in_training)]).transform(x)


class Pairs:
    """Of some judgments each pair once, with how often it was judged as its weight: the same optimum, sooner."""

    def __init__(self, differences, data, kept):
        item, count = np.unique(data.item[kept] * 2 + data.left[kept], return_counts=True)
        self.x, self.y, self.weight = differences[item // 2], item % 2, count

    def loss(self, w):
        z = self.x @ w
        return float(self.weight @ (np.logaddexp(0, -z) + (1 - self.y) * z))


def fit(train, validation, strengths=STRENGTHS):
    best, least = None, np.inf
    if len(set(train.y)) < 2:
        return None
    for strength in strengths:
        model = LogisticRegression(C=strength, fit_intercept=False, max_iter=300).fit(train.x, train.y, train.weight)
        loss = validation.loss(model.coef_[0])
        if loss < least:
            best, least = model.coef_[0], loss
    return best


def em(differences, data, split, restarts=4):
    """Two heads, each annotator in one of them; the best of some random starts by the likelihood of the training judgments."""
    train, best, least = split == 0, None, np.inf
    people = len(data.tastes)
    for restart in range(restarts):
        member = np.random.default_rng(restart).integers(0, 2, people)
        for _ in range(10):
            heads = []
            for k in range(2):
                own = member[data.rater] == k
                heads.append(fit(Pairs(differences, data, train & own), Pairs(differences, data, (split == 1) & own), [0.1, 1])
                             if (train & own).sum() > 10 and ((split == 1) & own).any() else None)
            if any(head is None for head in heads):
                break
            z = np.stack([differences[data.item] @ head for head in heads])
            losses = np.logaddexp(0, -z) + (1 - data.left) * z
            each = np.stack([np.bincount(data.rater[train], loss[train], people) for loss in losses])
            before, member = member, each.argmin(0)
            if (before == member).all():
                break
        if all(head is not None for head in heads) and each.min(0).sum() < least:
            least, best = each.min(0).sum(), (heads, member)
    return best


def accuracy(z, data, kept):
    return float(np.mean((z[kept] > 0) == data.left[kept]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--splits", type=int, default=5)
    asked = parser.parse_args()
    dense = {}
    for file in asked.files:
        data, results, agreement = Data(file), {}, {}
        of_hash = hashed(data.texts)
        for salt in range(asked.splits):
            split = split_of(data.keys, salt)
            key = (salt, len(data.texts))
            dense[key] = lsa(data.texts, np.repeat(split == 0, 2))
            for name, x in (("hash", of_hash), ("lsa", dense[key])):
                differences = x[0::2] - x[1::2]
                judged = split[data.item]
                z = {"pooled": differences[data.item] @ fit(*(Pairs(differences, data, judged == s) for s in (0, 1)))}
                z["group"] = np.zeros(len(data.item))
                for taste in range(2):
                    own = data.taste == taste
                    w = fit(*(Pairs(differences, data, (judged == s) & own) for s in (0, 1)))
                    z["group"][own] = differences[data.item[own]] @ w
                found = em(differences, data, judged) if name == "lsa" else None  # on the sparse ones it takes minutes
                if found is not None:
                    heads, member = found
                    both = np.stack([differences[data.item] @ head for head in heads])
                    z["em2"] = both[member[data.rater], np.arange(len(data.item))]
                    same = float(np.mean(member == data.tastes))
                    agreement.setdefault(name, []).append(max(same, 1 - same))
                for method, logits in z.items():
                    for taste in range(2):
                        test = (judged == 2) & (data.taste == taste)
                        results.setdefault((name, method, TASTES[taste]), []).append(accuracy(logits, data, test))
        for (name, method, taste), each in results.items():
            error = float(np.std(each, ddof=1) / np.sqrt(len(each))) if len(each) > 1 else None
            print(json.dumps({"file": file, "features": name, "method": method, "taste": taste, "accuracy": round(float(np.mean(each)), 4),
                              "se": error and round(error, 4), "each": [round(one, 4) for one in each],
                              **({"agreement": round(float(np.mean(agreement[name])), 3)} if method == "em2" else {})}), flush=True)


main()
