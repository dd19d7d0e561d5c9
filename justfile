# Train, evaluate and predict on the real MNIST.
demo:
    scripts/demo

# Every test.
test:
    scripts/test

# What must hold before a change lands.
ci:
    .ci/run

# The long proof: every preset with five seeds, each measured on the test set.
verify:
    scripts/seeds
