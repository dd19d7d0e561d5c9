//! Examples with which the help of each command begins: what most people came for.

pub(super) const ALL: &str = "\
Examples:
  digits train                             fit a model in seconds
  digits eval                              measure it on the test set
  digits predict photo.jpg                 read a digit from a picture
  digits serve                             a page to draw on
  digits export --output model.onnx        take the model elsewhere";

pub(super) const TRAIN: &str = "\
Examples:
  digits train                                    the default preset
  digits train --preset cnn --output cnn.bin      a convolutional network, in a minute or two
  digits train --preset cnn --output cnn.bin --resume    go on after an interruption
  digits train --conv 16,pool,32,pool --hidden 64 --epochs 5
  digits train --data gzip/emnist-letters --output letters.bin    other classes than digits
  digits train --init builtin --add my-digits --output mine.bin    learn your own writing too";

pub(super) const EVAL: &str = "\
Examples:
  digits eval                                     models/digits.bin, or else the built-in model
  digits eval --model cnn.bin --report cnn.html   a page to look at
  digits eval --model cnn.bin --json
  digits eval --predictions all.csv               every image with its probabilities";

pub(super) const PREDICT: &str = "\
Examples:
  digits predict photo.jpg
  digits predict --many note.jpg                  every digit, line by line
  digits predict --json scans/ > readings.jsonl   all pictures of a folder
  digits predict --explain stages/ photo.jpg      why it reads what it reads
  digits predict --kaggle test.csv --output submission.csv
  echo '{\"id\": 1, \"path\": \"photo.jpg\"}' | digits predict --jsonl -";

#[cfg(feature = "serve")]
pub(super) const SERVE: &str = "\
Examples:
  digits serve                                    then open http://127.0.0.1:7878
  digits serve --port 0 --collect mine/           any free port; drawings that are marked are kept";

pub(super) const INFO: &str = "\
Examples:
  digits info builtin
  digits info models/digits.bin";

#[cfg(feature = "export")]
pub(super) const EXPORT: &str = "\
Examples:
  digits export --output model.onnx               for onnxruntime and others
  digits export --output model.safetensors        for PyTorch: integrations/pytorch/model.py
  digits export --model builtin --format onnx --output digits.onnx";

#[cfg(feature = "export")]
pub(super) const IMPORT: &str = "\
Examples:
  digits import tuned.safetensors --output tuned.bin";

pub(super) const DATA: &str = "\
Examples:
  digits data fetch                               into ./data
  digits data verify --data fashion";

#[cfg(feature = "fetch")]
pub(super) const FETCH: &str = "\
Examples:
  digits data fetch                               what is missing in ./data
  digits data fetch --data elsewhere";

pub(super) const VERIFY: &str = "\
Examples:
  digits data verify";

pub(super) const COMPLETIONS: &str = "\
Examples:
  digits completions bash > ~/.local/share/bash-completion/completions/digits
  digits completions fish > ~/.config/fish/completions/digits.fish";

pub(super) const MAN: &str = "\
Examples:
  digits man ~/.local/share/man/man1";
