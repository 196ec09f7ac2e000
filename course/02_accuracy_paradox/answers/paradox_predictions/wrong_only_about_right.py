# Each case is answered by a coin with the right chances: right on average only.
# caught_by: recall_is_reached, accuracy_is_reached
# says: positives are found; expected
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    y = torch.as_tensor(y_true)
    p, n = int((y == 1).sum()), len(y)
    if p == 0 or not 0 <= accuracy <= 1 or not 0 <= recall <= 1:
        raise ValueError("impossible")
    alarms = (1 - accuracy) * n - (1 - recall) * p
    if alarms < -1e-9 or alarms > n - p + 1e-9:
        raise ValueError("impossible")
    chance = torch.where(y == 1, recall, alarms / max(n - p, 1))
    luck = torch.rand(n, generator=torch.Generator().manual_seed(seed))
    return (luck < chance).long()
