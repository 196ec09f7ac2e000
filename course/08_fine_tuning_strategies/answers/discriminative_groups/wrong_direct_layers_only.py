# Looks for `weight` and `bias` at the children, and misses what is inside blocks.
# outcome: wrong
# caught_by: exactly_once
# says: reaches every depth
def discriminative_groups(model, base_lr, decay):
    groups, seen, lr = [], set(), base_lr
    for child in reversed(list(model.children())):
        params = [p for p in child.parameters(recurse=False) if p.requires_grad and id(p) not in seen]
        seen.update(map(id, params))
        if params:
            groups.append({"params": params, "lr": lr})
        if list(child.parameters()):
            lr *= decay
    return groups
