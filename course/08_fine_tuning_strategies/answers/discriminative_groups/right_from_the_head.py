# From the head downwards with a running rate.
def discriminative_groups(model, base_lr, decay):
    groups = []
    given = set()
    lr = base_lr
    for name, child in reversed(list(model.named_children())):
        everything = list(child.parameters())
        if len(everything) == 0:
            continue
        params = []
        for p in everything:
            if p.requires_grad and id(p) not in given:
                given.add(id(p))
                params.append(p)
        if params:
            groups.append({"params": params, "lr": lr, "name": name})
        lr *= decay
    return groups
