from nestml_models.errors import did_you_mean


def test_the_most_similar_name_is_offered():
    assert did_you_mean("pionts", ["lines", "points", "planes"]) == "Did you mean 'points'?"


def test_names_unlike_all_known_ones_get_the_list():
    assert did_you_mean("xyz", ["lines", "points"]) == "Known: lines, points."
    assert did_you_mean("xyz", []) == "None is known."
