"""Run by the bench in pandana's own environment: build, and the nearest facility of every cell."""

import json
import sys
import time

import numpy as np
import pandana
import pandas as pd

city = np.load(sys.argv[1])
begin = time.process_time()
network = pandana.Network(
    pd.Series(city["xy"][:, 0]), pd.Series(city["xy"][:, 1]), pd.Series(city["u"]), pd.Series(city["v"]),
    pd.DataFrame({"m": city["m"]}), twoway=True,
)  # fmt: skip
network.precompute(1250)
build_s = time.process_time() - begin
begin = time.process_time()
network.set_pois("f", 1250, 1, pd.Series(city["facilities"][:, 0]), pd.Series(city["facilities"][:, 1]))
metres = network.nearest_pois(1250, "f", num_pois=1, max_distance=np.inf)[1]
nodes = network.get_node_ids(pd.Series(city["cells"][:, 0]), pd.Series(city["cells"][:, 1]))
reached = int(np.isfinite(metres.loc[nodes]).sum())
print(json.dumps({"build_s": build_s, "query_s": time.process_time() - begin, "reached": reached}))
