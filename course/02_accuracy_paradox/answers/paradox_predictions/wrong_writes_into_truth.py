# Flips the answers in the tensor that it was given.
# caught_by: any_truth
# says: your function changed its input `y_true`
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    if not 0 <= accuracy <= 1 or not 0 <= recall <= 1:
        raise ValueError("not a fraction")
    answer = torch.as_tensor(y_true)
    positives, negatives = torch.nonzero(answer == 1).flatten(), torch.nonzero(answer == 0).flatten()
    if len(positives) == 0:
        raise ValueError("no positive")
    misses = len(positives) - round(recall * len(positives))
    alarms = len(answer) - round(accuracy * len(answer)) - misses
    if alarms < 0 or alarms > len(negatives):
        raise ValueError("impossible")
    g = torch.Generator().manual_seed(seed)
    answer[positives[torch.randperm(len(positives), generator=g)[:misses]]] = 0
    answer[negatives[torch.randperm(len(negatives), generator=g)[:alarms]]] = 1
    return answer
