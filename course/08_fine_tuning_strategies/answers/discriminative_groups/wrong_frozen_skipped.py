# A frozen child costs no factor.
# outcome: wrong
# caught_by: frozen_child_counts
# says: a frozen child counts
def discriminative_groups(model, base_lr, decay):
    groups, seen, lr = [], set(), base_lr
    for child in reversed(list(model.children())):
        params = [p for p in child.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(map(id, params))
        if params:
            groups.append({"params": params, "lr": lr})
            lr *= decay
    return groups
