# Plain Python: unpacks columns by hand.
def regression_metrics(y_true, y_pred):
    def numbers(values):
        return [v.item() if hasattr(v, "item") else float(v) for v in values]

    t, p = numbers(y_true), numbers(y_pred)
    n = len(t)
    if n != len(p):
        raise ValueError(f"{n} values, {len(p)} predictions")
    squares = sum((a - b) ** 2 for a, b in zip(t, p))
    mean = sum(t) / n
    around = sum((a - mean) ** 2 for a in t)
    if min(t) == max(t):
        r2 = 1.0 if squares == 0 else 0.0
    else:
        r2 = 1 - squares / around
    return {
        "mse": squares / n,
        "rmse": (squares / n) ** 0.5,
        "mae": sum(abs(a - b) for a, b in zip(t, p)) / n,
        "r2": r2,
    }
