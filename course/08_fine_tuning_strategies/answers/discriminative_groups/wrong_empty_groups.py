# A child without trainable parameters gives an empty group.
# outcome: wrong
# caught_by: frozen_stay_out, one_group_a_child
# says: has no parameters: leave it out
def discriminative_groups(model, base_lr, decay):
    groups, seen, lr = [], set(), base_lr
    for child in reversed(list(model.children())):
        params = [p for p in child.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(map(id, params))
        groups.append({"params": params, "lr": lr})
        if list(child.parameters()):
            lr *= decay
    return groups
