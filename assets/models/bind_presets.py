#!/usr/bin/env python3
"""Binds the presets of a model to its file: after the weights have changed and the settings have been looked at again.

    bind_presets.py FOLDER...      each with model.safetensors and presets.json
"""
import json
import sys
import zlib
from pathlib import Path

for folder in map(Path, sys.argv[1:]):
    crc32 = zlib.crc32((folder / "model.safetensors").read_bytes())
    path = folder / "presets.json"
    presets = json.loads(path.read_text())
    for preset in presets.values():
        preset["model_crc32"] = crc32
    path.write_text(json.dumps(presets, indent=2, ensure_ascii=False) + "\n")
    print(f"{path}: {len(presets)} presets of {crc32}")
