"""One maximal-covering instance through spopt; run by bench/siting.py in spopt's own environment."""

import json
import sys
import time

import numpy as np
import pulp
from scipy import sparse
from spopt.locate import MCLP

reach = sparse.load_npz("reach.npz")
residents = np.load("residents.npy")
started = time.perf_counter()
cost = np.where(reach.T.toarray(), 0.0, 1.0)
model = MCLP.from_cost_matrix(cost, residents, service_radius=0.5, p_facilities=int(sys.argv[1]))
built = time.perf_counter()
model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=float(sys.argv[2]), gapRel=0.001), results=False)
solved = time.perf_counter()
chosen = [row for row, variable in enumerate(model.fac_vars) if variable.value() > 0.5]
served = residents[np.asarray(reach[chosen].sum(axis=0)).ravel() > 0].sum()
print(json.dumps({"build": built - started, "solve": solved - built, "objective": float(served)}))
