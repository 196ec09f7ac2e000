# Children with parameters first, then the exponent from the place; named_parameters leaves out repetitions.
def discriminative_groups(model, base_lr, decay):
    names = [n for n, c in model.named_children() if len(list(c.parameters())) > 0]
    collected = {n: [] for n in names}
    for full, p in model.named_parameters():
        if p.requires_grad:
            collected[full.partition(".")[0]].append(p)
    return [
        {"params": collected[n], "lr": base_lr * decay ** (len(names) - 1 - i)}
        for i, n in enumerate(names)
        if collected[n]
    ]
