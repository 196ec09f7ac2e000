# Counts in a loop, plain Python until the last line.
import torch


def inverse_frequency_weights(y, num_classes):
    counts = [0] * num_classes
    for label in y:
        label = int(label)
        if not 0 <= label < num_classes:
            raise ValueError(f"label {label} is not one of {num_classes} classes")
        counts[label] += 1
    present = sum(count > 0 for count in counts)
    if present == 0:
        raise ValueError("no labels")
    return torch.tensor([sum(counts) / (present * count) if count else 0.0 for count in counts])
