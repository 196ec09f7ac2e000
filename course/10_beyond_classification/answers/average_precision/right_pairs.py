# Plain Python: pairs sorted by score, the maximum kept from the end.
def average_precision(scores, is_match, n_truth):
    if n_truth <= 0:
        raise ValueError(f"n_truth is {n_truth}")
    ranked = sorted(zip([float(s) for s in scores], [bool(m) for m in is_match]), reverse=True)
    precisions, hits = [], 0
    for position, (_, match) in enumerate(ranked, start=1):
        hits += match
        precisions.append(hits / position)
    area, best = 0.0, 0.0
    for (_, match), precision in zip(reversed(ranked), reversed(precisions)):
        best = max(best, precision)
        if match:
            area += best / n_truth
    return area
