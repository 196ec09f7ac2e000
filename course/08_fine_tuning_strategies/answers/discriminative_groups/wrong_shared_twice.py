# A parameter that two children share comes in both groups.
# outcome: wrong
# caught_by: exactly_once
# says: an optimizer refuses that
def discriminative_groups(model, base_lr, decay):
    groups, lr = [], base_lr
    for child in reversed(list(model.children())):
        if not list(child.parameters()):
            continue
        params = [p for p in child.parameters() if p.requires_grad]
        if params:
            groups.append({"params": params, "lr": lr})
        lr *= decay
    return groups
