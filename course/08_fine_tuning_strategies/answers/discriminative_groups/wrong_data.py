# Takes `.data` of each parameter, which the optimizer would move without a gradient.
# outcome: wrong
# caught_by: rates_fall_from_the_head, exactly_once
# says: give the parameter itself
def discriminative_groups(model, base_lr, decay):
    groups, lr = [], base_lr
    for child in reversed(list(model.children())):
        params = [p.data for p in child.parameters() if p.requires_grad]
        if params:
            groups.append({"params": params, "lr": lr})
        if list(child.parameters()):
            lr *= decay
    return groups
