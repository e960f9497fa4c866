"""Every form of a result: seconds and bytes, one after the other, in both languages.

python -m bench.briefing RESULT        a result folder (assess or suggest); nothing is written into it
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from jobs.assess.export import KINDS, ExportRequest, products_of
from locales import LANGUAGES


def main(folder: Path) -> None:
    for language in LANGUAGES:
        whole = time.process_time()
        for kind in KINDS:
            begun, clock = time.process_time(), time.perf_counter()
            made = dict(products_of(ExportRequest(folder, kind, language), (kind,)))
            size = sum(map(len, made.values()))
            used, passed = time.process_time() - begun, time.perf_counter() - clock
            print(f"{language} {kind:5} {used:6.1f} s of processor {passed:6.1f} s {size / 1e6:7.2f} MB")
        print(f"{language} all   {time.process_time() - whole:6.1f} s of processor, each read anew")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
