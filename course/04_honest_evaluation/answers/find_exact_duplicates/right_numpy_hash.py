# Looks for candidates by a hash of the bytes and confirms each with NumPy.
import hashlib

import numpy as np


def find_exact_duplicates(train, test):
    a, b = np.ascontiguousarray(train.numpy()), np.ascontiguousarray(test.numpy())
    hashes = {}
    for i in range(len(a)):
        hashes.setdefault(hashlib.sha256(a[i].tobytes()).hexdigest(), []).append(i)
    out = []
    for j in range(len(b)):
        for i in hashes.get(hashlib.sha256(b[j].tobytes()).hexdigest(), ()):
            if np.array_equal(a[i], b[j]):
                out.append((i, j))
    return sorted(out)
