"""Trains a support vector machine: rows are plain lists, made once."""
import random


class Table:
    def __init__(self, columns):
        self.columns = columns

    def rows(self):
        return list(zip(*self.columns.values()))


def make_table(size):
    chance = random.Random(1)
    names = [f"feature{number}" for number in range(8)]
    columns = {name: [chance.gauss(0, 1) for _ in range(size)] for name in names}
    columns["label"] = [1 if columns["feature0"][i] + columns["feature1"][i] > 0 else -1
                        for i in range(size)]
    return Table(columns)


def margin(weights, features):
    return sum(weight * value for weight, value in zip(weights, features))


def train(table, size, rounds):
    weights = [0.0] * 8
    rows = table.rows()
    for number in range(rounds):
        for *features, label in rows:
            if label * margin(weights, features) < 1:
                for k in range(8):
                    weights[k] += 0.01 * label * features[k]
    return weights


table = make_table(1500)
print(["%.1f" % weight for weight in train(table, 1500, 50)])
