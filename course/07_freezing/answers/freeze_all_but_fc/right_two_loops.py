# The idiom of the tutorials: everything off, then the head on.
def freeze_all_but_fc(model):
    for p in model.parameters():
        p.requires_grad = False
    for p in model.fc.parameters():
        p.requires_grad = True
    return model
