#include "everyml/workflow/catalog/roll.h"

#include <algorithm>
#include <iterator>

namespace everyml {
namespace {

constexpr std::string_view kClassical = "classical", kEnsembles = "ensembles", kNeural = "neural",
                           kReinforcement = "reinforcement";

constexpr MapLeaf kRoll[] = {
    {"Naive Bayes", "multiplies what each column says of each class", kClassical, "classification",
     "naive-bayes"},
    {"Logistic regression", "a line between classes, with a probability", kClassical, "classification",
     "logistic-regression"},
    {"k nearest neighbours", "asks the most similar known rows", kClassical, "classification",
     "knn-classifier"},
    {"Decision tree", "a sheet of yes-or-no questions (CART)", kClassical, "classification",
     "decision-tree-classifier"},
    {"C4.5", "a tree with as many branches as a category has levels", kClassical, "classification", "c45"},
    {"Support vector machine", "the line with the widest margin between classes", kClassical,
     "classification", ""},

    {"Linear regression", "the line nearest to all points", kClassical, "regression", "linear-regression"},
    {"Ridge regression", "a line that is kept from steep slopes", kClassical, "regression", "ridge"},
    {"k nearest neighbours (numbers)", "averages the most similar known rows", kClassical, "regression",
     "knn-regressor"},
    {"Decision tree (numbers)", "a sheet of yes-or-no questions that ends in numbers", kClassical,
     "regression", "decision-tree-regressor"},
    {"Lasso", "a line that leaves useless columns out", kClassical, "regression", ""},
    {"Polynomial regression", "a curve where a line does not do", kClassical, "regression", ""},

    {"K-means", "groups around centres that move until they fit", kClassical, "clustering", "k-means"},
    {"Mean-Shift", "climbs to where rows are densest", kClassical, "clustering", ""},
    {"DBSCAN", "chains of close neighbours; the rest is noise", kClassical, "clustering", ""},
    {"Fuzzy C-means", "groups that a row may belong to in part", kClassical, "clustering", ""},
    {"Agglomerative clustering", "joins the two nearest groups again and again", kClassical, "clustering",
     ""},

    {"Principal component analysis", "the few directions in which rows differ most", kClassical,
     "dimension reduction", ""},
    {"Singular value decomposition", "a table as a product of thin ones", kClassical, "dimension reduction",
     ""},
    {"Latent Dirichlet allocation", "documents as mixtures of topics", kClassical, "dimension reduction", ""},
    {"Latent semantic analysis", "meaning from words that occur together (LSA)", kClassical,
     "dimension reduction", ""},
    {"Probabilistic LSA", "topics as probabilities of words (pLSA)", kClassical, "dimension reduction", ""},
    {"Generalised LSA", "meaning from how terms relate (GLSA)", kClassical, "dimension reduction", ""},
    {"t-SNE", "a flat picture that keeps neighbours together", kClassical, "dimension reduction", ""},

    {"Isolation forest", "rows that a few random cuts set apart are unusual", kClassical, "anomalies",
     "isolation-forest"},

    {"Apriori", "grows frequent sets item by item", kClassical, "rules", ""},
    {"Eclat", "frequent sets by crossing lists of baskets", kClassical, "rules", ""},
    {"FP-growth", "frequent sets from one tree of all baskets", kClassical, "rules", ""},

    {"Random forest", "many trees on random parts, one vote each", kEnsembles, "trees and ensembles",
     "random-forest-classifier"},
    {"Random forest (numbers)", "the mean of many trees on random parts", kEnsembles, "trees and ensembles",
     "random-forest-regressor"},
    {"Extra trees", "many trees with random cuts, one vote each", kEnsembles, "trees and ensembles",
     "extra-trees-classifier"},
    {"Extra trees (numbers)", "the mean of many trees with random cuts", kEnsembles, "trees and ensembles",
     "extra-trees-regressor"},
    {"Bagging", "the same learner on many drawn samples", kEnsembles, "trees and ensembles",
     "bagging-classifier"},
    {"Bagging (numbers)", "the mean of one learner on many drawn samples", kEnsembles, "trees and ensembles",
     "bagging-regressor"},
    {"Boosting", "each learner corrects the ones before it", kEnsembles, "trees and ensembles", ""},
    {"AdaBoost", "boosting that gives weight to what was wrong", kEnsembles, "trees and ensembles",
     "adaboost-classifier"},
    {"AdaBoost (numbers)", "the median of trees taught on what went wrong", kEnsembles, "trees and ensembles",
     "adaboost-regressor"},
    {"LogitBoost", "boosting on the scale of log odds", kEnsembles, "trees and ensembles", "logitboost"},
    {"Gradient boosting", "trees fitted to what is left (XGBoost, LightGBM, CatBoost)", kEnsembles,
     "trees and ensembles", "gradient-boosting-classifier"},
    {"Gradient boosting (numbers)", "a sum of trees, each fitted to what is left", kEnsembles,
     "trees and ensembles", "gradient-boosting-regressor"},
    {"Gradient boosting (orders)", "LambdaMART: the relevant rows of each list first", kEnsembles,
     "trees and ensembles", "gradient-boosting-ranker"},
    {"Stacking", "a learner on top of other learners' answers", kEnsembles, "trees and ensembles",
     "stacking-classifier"},
    {"Stacking (numbers)", "a learned blend of different learners", kEnsembles, "trees and ensembles",
     "stacking-regressor"},
    {"Voting", "different learners vote", kEnsembles, "trees and ensembles", "voting-classifier"},
    {"Voting (numbers)", "the mean of different learners", kEnsembles, "trees and ensembles",
     "voting-regressor"},

    {"Perceptron", "one neuron", kNeural, "neural networks", ""},
    {"Multilayer perceptron", "layers of neurons, taught by backpropagation", kNeural, "neural networks", ""},
    {"Autoencoder", "squeezes rows through a narrow layer and back", kNeural, "neural networks", ""},
    {"Generative adversarial network", "a forger and a detective that train each other", kNeural,
     "neural networks", ""},
    {"Recurrent network", "neurons that remember the step before", kNeural, "neural networks", ""},
    {"LSTM", "memory cells that learn what to forget", kNeural, "neural networks", ""},
    {"GRU", "a lighter memory cell", kNeural, "neural networks", ""},
    {"Sequence to sequence", "reads one sequence, writes another", kNeural, "neural networks", ""},
    {"Liquid state machine", "a random pool of neurons, read out by a line", kNeural, "neural networks", ""},

    {"Convolutional network", "small filters that slide over a picture", kNeural, "images", ""},
    {"Deep convolutional network", "many such layers, edges first, then things", kNeural, "images", ""},

    {"Q-learning", "a table of what each move is worth", kReinforcement, "reinforcement", ""},
    {"SARSA", "the same, judging the moves it really makes", kReinforcement, "reinforcement", ""},
    {"Deep Q-network", "a network in place of the table", kReinforcement, "reinforcement", ""},
    {"A3C", "many actors with one critic", kReinforcement, "reinforcement", ""},
    {"Genetic algorithm", "breeds the best of many tries", kReinforcement, "reinforcement", ""},
};

}  // namespace

std::span<const MapLeaf> map_roll() { return kRoll; }

std::vector<MapLeaf> leaves_of(std::string_view territory) {
  std::vector<MapLeaf> leaves;
  std::copy_if(std::begin(kRoll), std::end(kRoll), std::back_inserter(leaves),
               [&](const MapLeaf& leaf) { return leaf.territory == territory; });
  std::stable_partition(leaves.begin(), leaves.end(), [](const MapLeaf& leaf) { return leaf.works(); });
  return leaves;
}

}  // namespace everyml
