# write_arrays.py FOLDER: data and weights for arrays.rondo.
import sys

import fake

folder = sys.argv[1]
fake.write_tensors(folder + "/x", {"x": ("F32", [4, 6, 2], [0.1 * (i % 7) for i in range(48)])})
fake.write_tensors(folder + "/xy", {"x": ("F32", [4, 6, 2], [0.1 * (i % 7) for i in range(48)]),
                                    "y": ("F64", [4, 6, 3], [0.05 * (i % 11) for i in range(72)])})
fake.write_tensors(folder + "/still", {"x": ("F32", [2, 1], [1.0, 2.0])})
fake.write_tensors(folder + "/small", {"w.x": ("F32", [1, 1], [1e-25])})
fake.write_tensors(folder + "/zero", {"w.x": ("F32", [1, 1], [0.0])})
