"""Trains our default network in scikit-learn, without shifts, which it does not have: argument epochs."""
import sys
import warnings

from sklearn.neural_network import MLPClassifier

import mnist

warnings.simplefilter("ignore")
MLPClassifier(
    hidden_layer_sizes=(512,), solver="sgd", batch_size=128, learning_rate_init=0.05, momentum=0.9,
    nesterovs_momentum=True, alpha=0, max_iter=int(sys.argv[1]), tol=0, n_iter_no_change=10**6,
).fit(*mnist.load())
