# `params` is a generator in place of a list.
# outcome: wrong
# caught_by: rates_fall_from_the_head, exactly_once
# says: `params` of entry 0
def discriminative_groups(model, base_lr, decay):
    groups, lr = [], base_lr
    for child in reversed(list(model.children())):
        if list(child.parameters()):
            groups.append({"params": child.parameters(), "lr": lr})
            lr *= decay
    return groups
