# Does the work and returns nothing.
# outcome: wrong
# caught_by: model_is_returned
# says: did you forget `return`?
def freeze_all_but_fc(model):
    for p in model.parameters():
        p.requires_grad = False
    for p in model.fc.parameters():
        p.requires_grad = True
