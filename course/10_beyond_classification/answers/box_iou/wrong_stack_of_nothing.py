# Builds the rows in a loop; without boxes there is nothing to stack.
# outcome: error
# caught_by: any_boxes
# says: your code raised RuntimeError
import torch


def box_iou(a, b):
    rows = []
    for one in a.double():
        row = []
        for other in b.double():
            sides = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp(min=0)
            union = (
                (one[2:] - one[:2]).clamp(min=0).prod()
                + (other[2:] - other[:2]).clamp(min=0).prod()
                - sides.prod()
            )
            row.append(sides.prod() / union if sides.prod() > 0 else torch.tensor(0.0).double())
        rows.append(torch.stack(row))
    return torch.stack(rows)
