# scikit-learn leaves the dents in and knows nothing of missed objects.
# caught_by: filled_area, missed_objects
# says: The dents are not filled
import numpy as np
from sklearn.metrics import average_precision_score


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no objects")
    if not np.asarray(is_match).any():
        return 0.0
    return float(average_precision_score(np.asarray(is_match), np.asarray(scores)))
