# The harmonic mean of the standard library, which is 0 if one of its numbers is 0.
from statistics import harmonic_mean


def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError(f"negative count in tp={tp}, fp={fp}, fn={fn}")
    precision = tp and tp / (tp + fp)
    recall = tp and tp / (tp + fn)
    return precision, recall, harmonic_mean([precision, recall])
