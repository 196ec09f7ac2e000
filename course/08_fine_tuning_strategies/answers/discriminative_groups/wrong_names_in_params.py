# Uses named_parameters, so names come along.
# outcome: wrong
# caught_by: rates_fall_from_the_head
# says: pairs of name and tensor
def discriminative_groups(model, base_lr, decay):
    groups, lr = [], base_lr
    for child in reversed(list(model.children())):
        params = [pair for pair in child.named_parameters() if pair[1].requires_grad]
        if params:
            groups.append({"params": params, "lr": lr})
            lr *= decay
    return groups
