#!/usr/bin/env python3
"""The anchor of bench/opinion.c: the same formulas as plain numpy has them, dense, one pass, on FILE (a votes.csv or a
participants-votes.csv) without the ids in MODERATED. CPU of one thread from the votes in memory to groups and consensus."""
import csv
import json
import sys
import time

import numpy as np

votes, people, statements = {}, {}, {}
with open(sys.argv[1], newline="") as file:
    rows = csv.reader(file)
    head = next(rows)
    if "voter-id" in head:
        p, s, v = (head.index(name) for name in ("voter-id", "comment-id", "vote"))
        stream = ((row[p], row[s], row[v]) for row in rows)
    else:
        stream = ((row[0], head[i], row[i]) for row in rows for i in range(len(row)) if head[i].isdigit() and row[i] != "")
    for person, statement, vote in stream:
        i = people.setdefault(person, len(people))
        j = statements.setdefault(statement, len(statements))
        votes[i, j] = -int(vote)
out = set(open(sys.argv[2]).read().split()) if len(sys.argv) > 2 else set()
cells = np.array([(i, j, v) for (i, j), v in votes.items()])

began = time.process_time()
n, m = len(people), len(statements)
x = np.full((n, m), np.nan)
x[cells[:, 0], cells[:, 1]] = cells[:, 2]
raw = x.copy()
x[:, [j for s, j in statements.items() if s in out]] = 0
seen = ~np.isnan(x)
mean = np.nanmean(x, axis=0)
c = np.where(seen, x - mean, 0)


def power(data, start):
    last = 0
    for _ in range(101):
        start = data.T @ (data @ start)
        length = np.sqrt(start @ start)
        start = start / length
        if length == last:
            break
        last = length
    return start


begin = 0.5 + 0.5 * np.sin(np.arange(m) + 1)
pc1 = power(c, begin)
pc2 = power(c - np.outer(c @ pc1, pc1), begin)
at = (c @ np.stack([pc1, pc2], axis=1)) * np.sqrt(m / np.maximum(seen.sum(axis=1), 1))[:, None]
inside = (~np.isnan(raw)).sum(axis=1) >= min(7, m)
points = at[inside]


def kmeans(points, weight, k, steps):
    centres = np.array(list(dict.fromkeys(map(tuple, points)))[:k])
    for _ in range(steps + 1):
        apart = np.sqrt(((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
        label = apart.shape[1] - 1 - apart[:, ::-1].argmin(axis=1)
        kept = [g for g in range(len(centres)) if (label == g).any()]
        now = np.array([np.average(points[label == g], axis=0, weights=weight[label == g]) for g in kept])
        a, b = (np.array(sorted(map(tuple, list_)))[: min(len(centres), len(now))] for list_ in (centres, now))
        done = (np.sqrt(((a - b) ** 2).sum(axis=1)) < 0.01).all()
        label = np.searchsorted(kept, label)
        centres = now
        if done:
            break
    return centres, label


base, base_label = kmeans(points, np.ones(len(points)), 100, 100)
size = np.bincount(base_label, minlength=len(base))
apart = np.sqrt(((base[:, None, :] - base[None, :, :]) ** 2).sum(axis=2))
best = None
for k in range(2, min(5, 2 + len(base) // 12) + 1):
    _, label = kmeans(base, size, k, 20)
    score = 0
    for i in range(len(base)):
        own = label == label[i]
        if own.sum() < 2:
            continue
        a = apart[i, own].sum() / (own.sum() - 1)
        b = min(apart[i, label == g].mean() for g in set(label) if g != label[i])
        score += (b - a) / max(a, b)
    if best is None or score >= best[0]:
        best = (score, k, label)
group = best[2][base_label]
consensus = np.ones(m)
for g in range(best[1]):
    of = raw[inside][group == g]
    consensus *= ((of == -1).sum(axis=0) + 1) / ((~np.isnan(of)).sum(axis=0) + 2)
print(json.dumps({"cold_ms": 1000 * (time.process_time() - began), "k": best[1], "sizes": np.bincount(group).tolist()}))
