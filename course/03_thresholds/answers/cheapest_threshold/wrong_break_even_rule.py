# Uses the rule for probabilities in place of the data.
# caught_by: lowest_cost, each_price
# says: which is no candidate
def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")
    return cost_fp / (cost_fp + cost_fn)
