"""Writes tests/golden/strd/*.json: the linear sets of the NIST Statistical Reference Datasets (public domain,
https://www.itl.nist.gov/div898/strd/) with certified values.

The certified values are worked out here in exact rational arithmetic from the printed decimals and checked against the
figures NIST prints where these are given below. Run from the root:  python bench/peers/strd_goldens.py
Norris and Longley are read from the copies that scipy and statsmodels ship.
"""
import csv
import json
import pathlib
from decimal import Decimal, getcontext
from fractions import Fraction

import scipy
import statsmodels

getcontext().prec = 60
OUT = pathlib.Path("tests/golden/strd")

FILIP = """
0.8116 -6.860120914 0.9072 -4.324130045 0.9052 -4.358625055 0.9039 -4.358426747 0.8053 -6.955852379
0.8377 -6.661145254 0.8667 -6.355462942 0.8809 -6.118102026 0.7975 -7.115148017 0.8162 -6.815308569
0.8515 -6.519993057 0.8766 -6.204119983 0.8885 -5.853871964 0.8859 -6.109523091 0.8959 -5.79832982
0.8913 -5.482672118 0.8959 -5.171791386 0.8971 -4.851705903 0.9021 -4.517126416 0.909 -4.143573228
0.9139 -3.709075441 0.9199 -3.499489089 0.8692 -6.300769497 0.8872 -5.953504836 0.89 -5.642065153
0.891 -5.031376979 0.8977 -4.680685696 0.9035 -4.329846955 0.9078 -3.928486195 0.7675 -8.56735134
0.7705 -8.363211311 0.7713 -8.107682739 0.7736 -7.823908741 0.7775 -7.522878745 0.7841 -7.218819279
0.7971 -6.920818754 0.8329 -6.628932138 0.8641 -6.323946875 0.8804 -5.991399828 0.7668 -8.781464495
0.7633 -8.663140179 0.7678 -8.473531488 0.7697 -8.247337057 0.77 -7.971428747 0.7749 -7.676129393
0.7796 -7.352812702 0.7897 -7.072065318 0.8131 -6.774174009 0.8498 -6.478861916 0.8741 -6.159517513
0.8061 -6.835647144 0.846 -6.53165267 0.8751 -6.224098421 0.8856 -5.910094889 0.8919 -5.598599459
0.8934 -5.290645224 0.894 -4.974284616 0.8957 -4.64454848 0.9047 -4.290560426 0.9129 -3.885055584
0.9209 -3.408378962 0.9219 -3.13200249 0.7739 -8.726767166 0.7681 -8.66695597 0.7665 -8.511026475
0.7703 -8.165388579 0.7702 -7.886056648 0.7761 -7.588043762 0.7809 -7.283412422 0.7961 -6.995678626
0.8253 -6.691862621 0.8602 -6.392544977 0.8809 -6.067374056 0.8301 -6.684029655 0.8664 -6.378719832
0.8834 -6.065855188 0.8898 -5.752272167 0.8964 -5.132414673 0.8963 -4.811352704 0.9074 -4.098269308
0.9119 -3.66174277 0.9228 -3.2644011""".split()

PONTIUS_Y = """.11019 .21956 .32949 .43899 .54803 .65694 .76562 .87487 .98292 1.09146 1.20001 1.30822 1.41599 1.52399 1.63194
1.73947 1.84646 1.95392 2.06128 2.16844 .11052 .22018 .32939 .43886 .54798 .65739 .76596 .87474 .98300 1.09150 1.20004
1.30818 1.41613 1.52408 1.63159 1.73965 1.84696 1.95445 2.06177 2.16829""".split()

# Wampler's disturbances, added once, a hundred times and ten thousand times to 1 + x + ... + x^5.
WAMPLER = [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 2523,
           -2048, 2048, -2048, 759]

# As printed by NIST: estimates, standard deviations.
PRINTED = {
    "Norris": (["-0.262323073774029", "1.00211681802045"], ["0.232818234301152", "0.429796848199937E-03"]),
    "Pontius": (["0.673565789473684E-03", "0.732059160401003E-06", "-0.316081871345029E-14"],
                ["0.107938612033077E-03", "0.157817399981659E-09", "0.486652849992036E-16"]),
    "NoInt1": (["2.07438016528926"], ["0.165289256198347E-01"]),
    "NoInt2": (["0.727272727272727"], ["0.420827318078432E-01"]),
    "Filip": (["-1467.48961422980", "-2772.17959193342", "-2316.37108160893", "-1127.97394098372", "-354.478233703349",
               "-75.1242017393757", "-10.8753180355343", "-1.06221498588947", "-0.670191154593408E-01",
               "-0.246781078275479E-02", "-0.402962525080404E-04"],
              ["298.084530995537", "559.779865474950", "466.477572127796", "227.204274477751", "71.6478660875927",
               "15.2897178747400", "2.23691159816033", "0.221624321934227", "0.142363763154724E-01",
               "0.535617408889821E-03", "0.896632837373868E-05"]),
    "Longley": (["-3482258.63459582", "15.0618722713733", "-0.358191792925910E-01", "-2.02022980381683",
                 "-1.03322686717359", "-0.511041056535807E-01", "1829.15146461355"],
                ["890420.383607373", "84.9149257747669", "0.334910077722432E-01", "0.488399681651699",
                 "0.214274163161675", "0.226073200069370", "455.478499142212"]),
    "Wampler1": (["1"] * 6, ["0"] * 6),
    "Wampler2": (["1", "0.1", "0.01", "0.001", "0.0001", "0.00001"], ["0"] * 6),
    "Wampler3": (["1"] * 6, ["2152.32624678170", "2363.55173469681", "779.343524331583", "101.475507550350",
                             "5.64566512170752", "0.112324854679312"]),
    "Wampler4": (["1"] * 6, ["215232.624678170", "236355.173469681", "77934.3524331583", "10147.5507550350",
                             "564.566512170752", "11.2324854679312"]),
    "Wampler5": (["1"] * 6, ["21523262.4678170", "23635517.3469681", "7793435.24331583", "1014755.07550350",
                             "56456.6512170752", "1123.24854679312"]),
}


def polynomial(x, degree):
    return [[Fraction(v) ** k for k in range(degree + 1)] for v in x]


def solve(a, b):
    """Gauss elimination over rationals; b has several columns."""
    n = len(a)
    rows = [list(a[i]) + list(b[i]) for i in range(n)]
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                rows[i] = [u - rows[i][k] * v for u, v in zip(rows[i], rows[k])]
    return [row[n:] for row in rows]


def root(value):
    return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


def certify(design, y):
    p = len(design[0])
    gram = [[sum(r[i] * r[j] for r in design) for j in range(p)] for i in range(p)]
    right = [[sum(r[i] * v for r, v in zip(design, y))] + [Fraction(int(i == j)) for j in range(p)] for i in range(p)]
    solution = solve(gram, right)
    beta = [row[0] for row in solution]
    rss = sum((v - sum(b * c for b, c in zip(beta, r))) ** 2 for r, v in zip(design, y))
    variance = rss / (len(y) - p)
    errors = [root(variance * solution[i][1 + i]) for i in range(p)]
    return beta, errors, rss, root(variance)


def digits(value):
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    return float(value)


def write(name, x, y, degree=None, intercept=True):
    """x: decimals as text, one list per row; with `degree` the features are powers of the one column."""
    design = polynomial([r[0] for r in x], degree) if degree else [[Fraction(v) for v in r] for r in x]
    if intercept and not degree:
        design = [[Fraction(1)] + r for r in design]
    targets = [Fraction(v) for v in y]
    beta, errors, rss, sigma = certify(design, targets)
    mean = sum(targets) / len(targets) if intercept else Fraction(0)
    total = sum((v - mean) ** 2 for v in targets)
    for got, printed in zip(beta + errors, PRINTED[name][0] + PRINTED[name][1]):
        got, printed = digits(got), float(printed)
        assert abs(got - printed) <= 1e-14 * abs(printed), (name, got, printed)
    (OUT / f"{name.lower()}.json").write_text(json.dumps({
        "name": name, "source": "NIST StRD, public domain", "intercept": intercept, "degree": degree or 1,
        "x": [[float(v) for v in r] for r in x], "y": [float(v) for v in y],
        "coefficients": [digits(b) for b in beta], "errors": [digits(e) for e in errors],
        "sigma": digits(sigma), "residual_square": digits(rss), "r2": digits(1 - rss / total)}, indent=0) + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    norris = pathlib.Path(scipy.__file__).parent / "stats/tests/data/nist_linregress/Norris.dat"
    pairs = [line.split() for line in norris.read_text().splitlines()[60:96]]
    write("Norris", [[p[1]] for p in pairs], [p[0] for p in pairs])
    write("Pontius", [[str(150000 * (i % 20 + 1))] for i in range(40)], PONTIUS_Y, degree=2)
    write("NoInt1", [[str(v)] for v in range(60, 71)], [str(v) for v in range(130, 141)], intercept=False)
    write("NoInt2", [["4"], ["5"], ["6"]], ["3", "4", "4"], intercept=False)
    write("Filip", [[v] for v in FILIP[1::2]], FILIP[0::2], degree=10)
    longley = pathlib.Path(statsmodels.__file__).parent / "datasets/longley/longley.csv"
    rows = [row for row in csv.reader(longley.open())][1:]
    write("Longley", [row[2:] for row in rows], [row[1] for row in rows])
    exact = [sum(x ** k for k in range(6)) for x in range(21)]
    x = [[str(v)] for v in range(21)]
    write("Wampler1", x, [str(v) for v in exact], degree=5)
    write("Wampler2", x, [str(sum(Decimal(v) ** k / 10 ** k for k in range(1, 6)) + 1) for v in range(21)], degree=5)
    for name, factor in (("Wampler3", 1), ("Wampler4", 100), ("Wampler5", 10000)):
        write(name, x, [str(v + factor * e) for v, e in zip(exact, WAMPLER)], degree=5)


if __name__ == "__main__":
    main()
