# Returns the numbers without their names.
# outcome: wrong
# caught_by: counts_the_whole_model, counts_what_trains, shared_counts_once, four_whole_numbers
# says: expected a dict
def count_parameters(model):
    every = list(model.parameters())
    trainable = [p for p in every if p.requires_grad]
    return len(every), sum(p.numel() for p in every), len(trainable), sum(p.numel() for p in trainable)
