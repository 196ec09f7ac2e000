# Puts all parameters into the groups, the frozen ones too.
# outcome: wrong
# caught_by: frozen_stay_out
# says: is frozen and in a group
def discriminative_groups(model, base_lr, decay):
    groups, seen, lr = [], set(), base_lr
    for child in reversed(list(model.children())):
        params = [p for p in child.parameters() if id(p) not in seen]
        seen.update(map(id, params))
        if params:
            groups.append({"params": params, "lr": lr})
            lr *= decay
    return groups
