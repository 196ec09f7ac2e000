# Gives each tensor a group of its own.
# outcome: wrong
# caught_by: one_group_a_child
# says: one for each child
def discriminative_groups(model, base_lr, decay):
    names = [n for n, c in model.named_children() if list(c.parameters())][::-1]
    return [
        {"params": [p], "lr": base_lr * decay ** names.index(n.split(".")[0])}
        for n, p in model.named_parameters()
        if p.requires_grad
    ]
