# The first child gets base_lr, the head the smallest rate.
# outcome: wrong
# caught_by: rates_fall_from_the_head, frozen_child_counts
# says: the head gets `base_lr`
def discriminative_groups(model, base_lr, decay):
    groups, seen, lr = [], set(), base_lr
    for child in model.children():
        if not list(child.parameters()):
            continue
        params = [p for p in child.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(map(id, params))
        if params:
            groups.append({"params": params, "lr": lr})
        lr *= decay
    return groups
