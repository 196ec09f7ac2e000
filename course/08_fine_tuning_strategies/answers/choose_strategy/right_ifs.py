# Nested ifs, cell by cell.
def choose_strategy(n_images, similarity):
    if n_images <= 0:
        raise ValueError("no images")
    if similarity == "high":
        if n_images <= 999:
            return "head"
        return "last_block" if n_images <= 9999 else "all"
    elif similarity == "medium":
        return "last_block" if n_images <= 999 else "all"
    elif similarity == "low":
        return "all" if n_images <= 9999 else "scratch"
    raise ValueError("similarity must be high, medium or low")
