# Takes a power for every child, those without parameters too.
# outcome: wrong
# caught_by: rates_fall_from_the_head
# says: such as pooling, do not count
def discriminative_groups(model, base_lr, decay):
    groups, seen = [], set()
    for i, child in enumerate(reversed(list(model.children()))):
        params = [p for p in child.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(map(id, params))
        if params:
            groups.append({"params": params, "lr": base_lr * decay**i})
    return groups
