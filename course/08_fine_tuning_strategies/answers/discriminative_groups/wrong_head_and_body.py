# Two groups: the head, and all the rest at one smaller rate.
# outcome: wrong
# caught_by: rates_fall_from_the_head, one_group_a_child
# says: the factor applies again for each child
def discriminative_groups(model, base_lr, decay):
    head = list(model.fc.parameters())
    ids = {id(p) for p in head}
    body = [p for p in model.parameters() if id(p) not in ids and p.requires_grad]
    head = [p for p in head if p.requires_grad]
    return [{"params": ps, "lr": lr} for ps, lr in ((body, base_lr * decay), (head, base_lr)) if ps]
