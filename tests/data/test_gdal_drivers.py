"""GDAL follows no references: `data` takes such drivers out before GDAL is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VRT = """<OGRVRTDataSource><OGRVRTLayer name="secret">
<SrcDataSource>{path}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""


def run(code, *arguments):
    """What a fresh Python prints, since GDAL registers its drivers once a process."""
    fresh = {name: value for name, value in os.environ.items() if name not in ("OGR_SKIP", "GDAL_SKIP")}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=fresh,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr


READ = """
import sys
{first}
import pyogrio
try:
    print(len(pyogrio.read_dataframe(sys.argv[1])))
except pyogrio.errors.DataSourceError:
    print("refused")
"""


def test_a_file_that_points_to_another_is_not_followed(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n2\n")
    (tmp_path / "a.geojson").write_text(VRT.format(path=tmp_path / "secret.csv"))
    assert run(READ.format(first=""), tmp_path / "a.geojson") == "2"  # what GDAL does when left alone
    assert run(READ.format(first="import data"), tmp_path / "a.geojson") == "refused"


def test_raster_drivers_that_point_elsewhere_are_gone():
    code = (
        "import data, rasterio\nwith rasterio.Env() as env: print(set(env.drivers()) & {'VRT', 'WMS', 'GTI'})"
    )
    assert run(code) == "set()"


def test_skipping_drivers_keeps_what_was_already_skipped():
    code = (
        "import os\nos.environ['OGR_SKIP'] = 'DXF'\nimport data\nprint(os.environ['OGR_SKIP'].split(',')[:2])"
    )
    assert run(code) == "['DXF', 'OGR_VRT']"
