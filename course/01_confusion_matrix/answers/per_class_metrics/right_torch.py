# Tensor operations in float32, nan turned into 0; tensors of one element stay in the dictionaries.
import torch


def per_class_metrics(matrix):
    m = torch.as_tensor(matrix).float()
    tp = m.diagonal()
    precision = (tp / m.sum(dim=0)).nan_to_num()
    recall = (tp / m.sum(dim=1)).nan_to_num()
    f1 = (2 * precision * recall / (precision + recall)).nan_to_num()
    support = m.sum(dim=1).long()
    return [
        {"precision": precision[k], "recall": recall[k], "f1": f1[k], "support": support[k]}
        for k in range(len(m))
    ]
