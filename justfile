# Train, evaluate and predict on the real MNIST.
demo:
    scripts/demo

# Every test.
test:
    scripts/test

# What must hold before a change lands.
ci:
    .ci/run

# The parts of training and reading, timed.
bench:
    cargo bench --bench core

# PyTorch, scikit-learn and onnxruntime beside us: docs/peers.md.
peers:
    benches/peers/run

# How the cost of training grows: docs/growth.svg.
growth:
    cargo run --release --example growth

# The long proof: 200 killed trainings, 100,000 damaged files, 20 times the random cases, 150,000 requests of every kind, ten minutes of every
# fuzz target, sanitizers; then every preset with five seeds (cnn-best: three), each measured once on the test set; hours. Then
# exported models in other programs (docs/onnx.md, docs/pytorch.md) and on Spark.
verify:
    DIGITS_LONG_TESTS=1 cargo test --release --locked --test kill --test mutations -- --nocapture
    DIGITS_LONG_TESTS=1 cargo test --release --locked --test formats --test properties --test properties_of_models
    DIGITS_REQUESTS=150000 cargo test --release --locked --test soak -- --nocapture
    scripts/fuzz
    scripts/sanitize
    scripts/runs
    DIGITS_LONG_TESTS=1 scripts/interop
    scripts/interop pytorch
    scripts/interop spark
