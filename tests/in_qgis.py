"""Run by the Python that QGIS brings: opens every table and layer of the folders named, told as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import Qgis, QgsApplication, QgsVectorLayer


def told(layer: QgsVectorLayer, file: Path) -> dict[str, object]:
    """A layer as QGIS has it; `styled` where it found the style that the file brings."""
    styled = layer.loadDefaultStyle()[1] and layer.dataProvider().name() == "ogr"
    shapes = [feature.geometry() for feature in layer.getFeatures() if feature.hasGeometry()]
    return {
        "file": f"{file.parent.name}/{file.name}",
        "layer": layer.name(),
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "system": layer.crs().authid(),
        "shapes": len(shapes),
        "broken": sum(not shape.isGeosValid() for shape in shapes),
        "styled": bool(styled),
        "types": {field.name(): field.typeName() for field in layer.fields()},
    }


def layers(path: Path) -> list[QgsVectorLayer]:
    whole = QgsVectorLayer(str(path), path.stem, "ogr")
    if path.suffix != ".gpkg":
        return [whole]
    names = [line.split("!!::!!")[1] for line in whole.dataProvider().subLayers()]
    return [
        QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names if name != "layer_styles"
    ]


program = QgsApplication([], False)
program.initQgis()
found = [
    told(layer, path)
    for folder in sys.argv[1:]
    for path in sorted(Path(folder).iterdir())
    if path.suffix in (".csv", ".geojson", ".gpkg")
    for layer in layers(path)
]
print(json.dumps({"version": Qgis.QGIS_VERSION, "layers": found}))
