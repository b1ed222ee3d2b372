"""A believable authority that does not exist, and a nation of the same make, for demonstration, tests and benchmarks.

Everything in it is synthetic: schools, pupils, names and results come from a seeded generator, and what is true of
each school is known, so that what a model finds can be checked.
"""

from headway.example.files import Example, write_example_authority
from headway.example.nation import national_cohort

__all__ = ["Example", "national_cohort", "write_example_authority"]
