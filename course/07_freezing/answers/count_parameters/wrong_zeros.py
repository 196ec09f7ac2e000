# The right keys with zeros behind them.
# caught_by: counts_the_whole_model, counts_what_trains, shared_counts_once, four_whole_numbers, leaves_the_model_alone
# says: not one of the four numbers is right
def count_parameters(model):
    return {"tensors": 0, "elements": 0, "trainable_tensors": 0, "trainable_elements": 0}
