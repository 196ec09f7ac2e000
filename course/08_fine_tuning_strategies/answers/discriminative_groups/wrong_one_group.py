# One group with all that trains, at one rate.
# outcome: wrong
# caught_by: rates_fall_from_the_head, exactly_once, one_group_a_child
# says: that is `base_lr` for all
# says: have the same rate
def discriminative_groups(model, base_lr, decay):
    return [{"params": [p for p in model.parameters() if p.requires_grad], "lr": base_lr}]
