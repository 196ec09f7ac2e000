# Starts from the truth and flips random answers of each class.
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    if min(accuracy, recall) < 0 or max(accuracy, recall) > 1:
        raise ValueError("accuracy and recall must lie between 0 and 1")
    truth = torch.tensor([int(label) for label in y_true])
    n, positives = len(truth), int(truth.sum())
    if positives == 0:
        raise ValueError("no positives: recall is undefined")
    misses = positives - round(recall * positives)
    false_alarms = n - round(accuracy * n) - misses
    if false_alarms < 0 or false_alarms > n - positives:
        raise ValueError("no predictions have this accuracy and recall")
    torch.manual_seed(seed)
    answer = truth.clone()
    order = torch.randperm(n)
    answer[order[truth[order] == 1][:misses]] = 0
    answer[order[truth[order] == 0][:false_alarms]] = 1
    return answer
