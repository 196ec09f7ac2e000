# Three guarded divisions with if and else, F1 from precision and recall.
def precision_recall_f1(tp, fp, fn):
    if tp < 0 or fp < 0 or fn < 0:
        raise ValueError(f"counts must not be negative: tp={tp}, fp={fp}, fn={fn}")
    if tp + fp == 0:
        precision = 0.0
    else:
        precision = tp / (tp + fp)
    if tp + fn == 0:
        recall = 0.0
    else:
        recall = tp / (tp + fn)
    if precision + recall == 0:
        f1 = 0.0
    else:
        f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1
