"""Counts that everybody has: days absent from school (Quine, in Aitkin 1978) and cancer of the oesophagus (Breslow and Day 1980)."""

_ABSENT = {       # by origin, sex, form and kind of learner
    "A M F0 SL": [2, 11, 14], "A M F0 AL": [5, 5, 13, 20, 22], "A M F1 SL": [6, 6, 15], "A M F1 AL": [7, 14],
    "A M F2 SL": [6, 32, 53, 57], "A M F2 AL": [14, 16, 16, 17, 40, 43, 46], "A M F3 AL": [8, 23, 23, 28, 34, 36, 38],
    "A F F0 SL": [3], "A F F0 AL": [5, 11, 24, 45], "A F F1 SL": [5, 6, 6, 9, 13, 23, 25, 32, 53, 54],
    "A F F1 AL": [5, 5, 11, 17, 19], "A F F2 SL": [8, 13, 14, 20, 47, 48, 60, 81], "A F F2 AL": [2],
    "A F F3 AL": [0, 2, 3, 5, 10, 14, 21, 36, 40], "N M F0 SL": [6, 17, 67], "N M F0 AL": [0, 0, 2, 7, 11, 12],
    "N M F1 SL": [0, 0, 5, 5, 5, 11, 17], "N M F1 AL": [3, 4], "N M F2 SL": [22, 30, 36], "N M F2 AL": [8, 0, 1, 5, 7, 16, 27],
    "N M F3 AL": [0, 30, 10, 14, 27, 41, 69], "N F F0 SL": [25], "N F F0 AL": [10, 11, 20, 33],
    "N F F1 SL": [5, 7, 0, 1, 5, 5, 5, 5, 7, 11, 15], "N F F1 AL": [5, 14, 6, 6, 7, 28],
    "N F F2 SL": [0, 5, 14, 2, 2, 3, 8, 10, 12], "N F F2 AL": [1], "N F F3 AL": [1, 9, 22, 3, 3, 5, 15, 18, 22, 37],
}
QUINE = {
    **{name: [key.split()[place] for key, days in _ABSENT.items() for _ in days]
       for place, name in enumerate(("Eth", "Sex", "Age", "Lrn"))},
    "Days": [day for days in _ABSENT.values() for day in days],
}
_AGES = [15, 15, 16, 16, 15, 11]                # rows of each age
_DRINKS = ["4434", "4443", "4444", "4444", "4344", "3422"]      # of each amount of alcohol, within
OESOPHAGUS = {
    "age": [age for age, rows in enumerate(_AGES, start=1) for _ in range(rows)],
    "alcohol": [amount for each in _DRINKS for amount, rows in enumerate(each, start=1) for _ in range(int(rows))],
    "cases": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0, 0, 6, 4, 5, 5, 3,
              6, 1, 2, 4, 3, 2, 4, 2, 3, 3, 4, 9, 6, 4, 3, 9, 8, 3, 4, 5, 6, 2, 5, 5, 4, 2, 0, 17, 3, 5, 6, 4, 2, 1, 3, 1, 1, 1,
              1, 2, 1, 2, 1, 0, 1, 1, 1, 2, 1],
    "controls": [40, 10, 6, 5, 27, 7, 4, 7, 2, 1, 2, 1, 0, 1, 2, 60, 13, 7, 8, 35, 20, 13, 8, 11, 6, 2, 1, 1, 3, 2, 45, 18, 10, 4,
                 32, 17, 10, 2, 13, 8, 4, 2, 0, 1, 1, 0, 47, 19, 9, 2, 31, 15, 13, 3, 9, 7, 3, 0, 5, 1, 1, 1, 43, 10, 5, 2, 17, 7,
                 4, 7, 8, 1, 0, 1, 1, 0, 0, 17, 4, 2, 3, 2, 3, 0, 0, 0, 0, 0],
}
