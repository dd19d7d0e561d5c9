"""Exported models in PyTorch, by integrations/pytorch/model.py, there and back. Arguments: the program, a folder to work in."""

import sys
from pathlib import Path

import torch

from models import ROOT, compare, models, run, test_images

sys.path.append(str(ROOT / "integrations/pytorch"))
from model import load, save  # noqa: E402

TOLERANCE = 1e-4


def main():
    digits, folder = sys.argv[1], Path(sys.argv[2])
    images = torch.from_numpy(test_images())
    for name, model, ours, labels in models(digits, folder):
        path = folder / f"{name}.safetensors"
        run(digits, "export", "--quiet", "--model", model, "--output", path)
        module = load(path)
        with torch.no_grad():
            theirs = torch.cat([module(batch) for batch in images.split(500)]).numpy()
        compare(f"{name} in PyTorch {torch.__version__}", ours, labels, theirs, TOLERANCE)
        again, imported = folder / "again.safetensors", folder / "again.bin"
        save(module, again)
        run(digits, "import", "--quiet", again, "--output", imported)
        original = ROOT / "models/cnn-best.bin" if model == "builtin" else model
        assert imported.read_bytes() == original.read_bytes(), f"{name}: another model came back"
        print(f"{name}: saved by PyTorch, the same model came back, byte for byte")


main()
