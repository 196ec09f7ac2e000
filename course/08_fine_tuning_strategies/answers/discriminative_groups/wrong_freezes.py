# Freezes the earliest child on the way.
# outcome: wrong
# caught_by: one_group_a_child
# says: changed its input `model`
def discriminative_groups(model, base_lr, decay):
    groups, seen, lr = [], set(), base_lr
    for child in reversed(list(model.children())):
        params = [p for p in child.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(map(id, params))
        if params:
            groups.append({"params": params, "lr": lr})
        if list(child.parameters()):
            lr *= decay
    model.train()
    next(model.parameters()).requires_grad_(False)
    return groups
