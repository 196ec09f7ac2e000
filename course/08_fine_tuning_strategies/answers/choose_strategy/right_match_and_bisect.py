# bisect finds the row, match the column.
from bisect import bisect_right


def choose_strategy(n_images, similarity):
    row = bisect_right([1, 1_000, 10_000], n_images)
    if row == 0:
        raise ValueError(f"{n_images} images")
    match similarity:
        case "high":
            cells = "head last_block all"
        case "medium":
            cells = "last_block all all"
        case "low":
            cells = "all all scratch"
        case _:
            raise ValueError(f"similarity {similarity!r}")
    return cells.split()[row - 1]
