# The head's group, then the rest with a smaller rate.
def discriminative_groups(model, base_lr, decay):
    children = [c for c in model.children() if list(c.parameters())]

    def rest(children, lr, taken):
        if not children:
            return []
        *earlier, last = children
        params = [p for p in last.parameters() if p.requires_grad and id(p) not in taken]
        here = [{"lr": lr, "params": params}] if params else []
        return here + rest(earlier, lr * decay, taken | {id(p) for p in params})

    return rest(children, base_lr, frozenset())
