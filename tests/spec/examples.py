"""The specifications of the measures. See `specs.Spec`."""

from __future__ import annotations

from specs import Spec

from headway.figures.tables import FSP_SCALES

_SCALES = " | ".join(FSP_SCALES)
_GOALS = " | ".join(f"elg{number:02d}" for number in range(1, 18))


def _cells(*values: object) -> str:
    return " | ".join(str(value) for value in values)


SPECS = [
    Spec(
        "A pupil needs the expected standard in all three, and counts once",
        "ks2_rwm_expected",
        2019,
        """
        school | sex | reading_outcome | reading_score | writing_assessment | mathematics_outcome | mathematics_score
        1      | F   | AS              | 100           | EXS                | AS                  | 120
        1      | F   | AS              | 112           | GDS                | NS                  | 99
        1      | M   | AS              | 105           | WTS                | AS                  | 105
        2      | M   | AS              | 100           | GDS                | AS                  | 100
        """,
        """
        school | group | numerator | denominator | value
        1      | all   | 1         | 3           | 33.333333333333336
        1      | girls | 1         | 2           | 50
        1      | boys  | 0         | 1           | 0
        2      | all   | 1         | 1           | 100
        2      | boys  | 1         | 1           | 100
        """,
    ),
    Spec(
        "Absent and disapplied pupils count as not having reached it; those who left do not count",
        "ks2_rwm_expected",
        2018,
        """
        reading_outcome | reading_score | writing_assessment | mathematics_outcome | mathematics_score
        AS              | 100           | EXS                | AS                  | 100
        A               |               | A                  | A                   |
        B               |               | BLW                | B                   |
        L               |               | L                  | L                   |
        """,
        """
        numerator | denominator
        1         | 3
        """,
    ),
    Spec(
        "A pupil of whom one result is missing is not counted as having missed the standard",
        "ks2_rwm_expected",
        2017,
        """
        reading_outcome | writing_assessment | mathematics_outcome
        AS              | EXS                | AS
        AS              |                    | AS
        """,
        """
        numerator | denominator | value
        1         | 1           | 100
        """,
    ),
    Spec(
        "Pupils not at the end of the key stage, or removed at the school's request, are left out",
        "ks2_reading_expected",
        2019,
        """
        inclusion | reading_outcome
        201       | AS
        202       | NS
        203       | NS
                  | NS
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "A school without any result is not available, and has no zero",
        "ks2_mathematics_expected",
        2019,
        """
        school | mathematics_outcome
        1      |
        2      | NS
        """,
        """
        school | numerator | denominator | value
        1      |           |             |
        2      | 0         | 1           | 0
        """,
    ),
    Spec(
        "The higher standard is a scaled score of 110",
        "ks2_mathematics_higher",
        2019,
        """
        mathematics_outcome | mathematics_score
        AS                  | 110
        AS                  | 109
        NS                  | 90
        B                   |
        """,
        """
        numerator | denominator | value
        1         | 4           | 25
        """,
    ),
    Spec(
        "Greater depth in writing, with 110 in both tests",
        "ks2_rwm_higher",
        2019,
        """
        reading_outcome | reading_score | writing_assessment | mathematics_outcome | mathematics_score
        AS              | 110           | GDS                | AS                  | 111
        AS              | 115           | EXS                | AS                  | 115
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "Greater depth is expected too",
        "ks2_writing_expected",
        2023,
        """
        writing_assessment
        GDS
        EXS
        WTS
        PK6
        EM
        F
        """,
        """
        numerator | denominator
        2         | 5
        """,
    ),
    Spec(
        "Greater depth in writing",
        "ks2_writing_higher",
        2023,
        """
        writing_assessment
        GDS
        EXS
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "Science is assessed by teachers: expected, or has not met",
        "ks2_science_expected",
        2019,
        """
        science_assessment
        EXS
        HNM
        D
        """,
        """
        numerator | denominator
        1         | 3
        """,
    ),
    Spec(
        "The average scaled score is of pupils who have one",
        "ks2_gps_average",
        2019,
        """
        gps_outcome | gps_score
        AS          | 110
        NS          | 91
        NS          |
        A           |
        """,
        """
        denominator | value
        2           | 100.5
        """,
    ),
    Spec(
        "Pupils with equal scores do not tell how much scores vary, so their mean has no interval",
        "ks2_gps_average",
        2019,
        """
        school | gps_outcome | gps_score
        1      | AS          | 104
        1      | AS          | 104
        1      | AS          | 104
        2      | AS          | 104
        2      | AS          | 106
        3      | AS          | 104
        """,
        """
        school | denominator | value | lower             | upper
        1      | 3           | 104   |                   |
        2      | 2           | 105   | 92.29379526382597 | 117.70620473617403
        3      | 1           | 104   |                   |
        """,
    ),
    Spec(
        "Level 4 or above, in thirds or whole; below the test counts as below",
        "ks2_english_level4",
        2009,
        """
        english_level
        4
        4B
        5
        3
        B
        M
        """,
        """
        numerator | denominator
        3         | 5
        """,
    ),
    Spec(
        "In 2010 a school that boycotted the tests is not available",
        "ks2_english_maths_level4",
        2010,
        """
        school | english_level | mathematics_level
        1      | 4             | 5
        1      | 4             | 3
        2      |               |
        """,
        """
        school | numerator | denominator | value
        1      | 1         | 2           | 50
        2      |           |             |
        """,
    ),
    Spec(
        "Level 4B: a level 4 without its third is in neither",
        "ks2_reading_level4b",
        2014,
        """
        reading_level
        4B
        4C
        5
        4
        """,
        """
        numerator | denominator
        2         | 3
        """,
    ),
    Spec(
        "Reading, writing and mathematics at level 5",
        "ks2_rwm_level5",
        2013,
        """
        reading_level | writing_level | mathematics_level
        5             | 5             | 6
        5             | 4             | 5
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "Level 6",
        "ks2_mathematics_level6",
        2015,
        """
        mathematics_level
        6
        5
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "Points are level x 6 + 3; below the test counts as level 2; the absent have none",
        "ks2_average_points",
        2011,
        """
        english_level | mathematics_level
        4             | 5
        B             | 3
        A             | 4
        """,
        """
        denominator | value
        2           | 24
        """,
    ),
    Spec(
        "Two levels of progress in mathematics: from 2C to 4 is enough, from 3 to 4 is not",
        "ks2_mathematics_two_levels_progress",
        2011,
        """
        ks1_mathematics | mathematics_level
        2C              | 4
        3               | 4
        W               | 2
        1               | B
        A               | 4
        """,
        """
        numerator | denominator
        2         | 4
        """,
    ),
    Spec(
        "Progress in English starts from the mean points of reading and writing",
        "ks2_english_two_levels_progress",
        2011,
        """
        ks1_reading | ks1_writing | english_level
        2A          | 3           | 4
        2A          | 2C          | 4
        1           | 2C          | 3
                    | 2B          | 4
        """,
        """
        numerator | denominator
        2         | 3
        """,
    ),
    Spec(
        "Key stage 1: undifferentiated level 2 counts as 2B",
        "ks1_reading_level2b",
        2012,
        """
        reading_level
        2
        2B
        2C
        1
        D
        """,
        """
        numerator | denominator
        2         | 5
        """,
    ),
    Spec(
        "Key stage 1 greater depth",
        "ks1_mathematics_greater_depth",
        2019,
        """
        mathematics_assessment
        GDS
        EXS
        PK3
        """,
        """
        numerator | denominator
        1         | 3
        """,
    ),
    Spec(
        "Phonics by the outcome, else by 32 marks; Year 2 pupils are not Year 1 pupils",
        "phonics_expected",
        2019,
        """
        year_group | outcome | mark
        1          | WA      | 32
        1          | WT      | 31
                   |         | 32
                   |         | 31
        1          | A       |
        1          | L       |
        2          | WA      | 40
        """,
        """
        numerator | denominator
        2         | 5
        """,
    ),
    Spec(
        "Full marks in the multiplication tables check",
        "mtc_full_marks",
        2024,
        """
        outcome | score
        T       | 25
        T       | 24
        A       |
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "78 points are not enough without 6 in each PSED and CLL scale",
        "fsp_78_points",
        2008,
        f"""
        {_SCALES}
        {_cells(*[6] * 13)}
        {_cells(*[6] * 12, 5)}
        {_cells(5, *[9] * 12)}
        {_cells(*[9] * 12, "")}
        """,
        """
        numerator | denominator
        1         | 3
        """,
    ),
    Spec(
        "Six points in a scale",
        "fsp_reading_6_points",
        2008,
        """
        fsp_reading
        6
        5

        """.rstrip()
        + "\n        9\n",
        """
        numerator | denominator
        2         | 3
        """,
    ),
    Spec(
        "A good level of development needs 12 goals of the 17",
        "eyfsp_good_level_of_development",
        2019,
        f"""
        {_GOALS}
        {_cells(*[2] * 12, *[1] * 5)}
        {_cells(*[3] * 11, *[1] * 6)}
        {_cells("A", *[2] * 16)}
        {_cells("", *[2] * 16)}
        """,
        """
        numerator | denominator
        1         | 3
        """,
    ),
    Spec(
        "Communication and language has three goals to 2021",
        "eyfsp_communication_and_language_expected",
        2019,
        """
        elg01 | elg02 | elg03
        2     | 3     | 1
        2     | 2     | 2
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "Communication and language has two goals since 2022",
        "eyfsp_communication_and_language_expected",
        2023,
        """
        elg01 | elg02 | elg03
        2     | 2     | 1
        2     | 1     | 2
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "Sessions missed are a share of all sessions possible, not a mean of shares",
        "absence_overall",
        2019,
        """
        terms | possible | authorised | unauthorised
        6     | 300      | 10         | 5
        6     | 100      | 25         |
        6     | 0        | 0          | 0
        """,
        """
        denominator | value
        2           | 10
        """,
    ),
    Spec(
        "Persistent absence since 2015/16: a tenth of the pupil's own sessions",
        "absence_persistent",
        2016,
        """
        terms | possible | authorised | unauthorised
        6     | 300      | 30         | 0
        6     | 300      | 29         | 0
        6     | 20       | 1          | 1
        """,
        """
        numerator | denominator
        2         | 3
        """,
    ),
    Spec(
        "Persistent absence to 2014/15: 56 sessions in the year",
        "absence_persistent",
        2015,
        """
        terms | possible | authorised | unauthorised
        6     | 380      | 56         | 0
        6     | 380      | 50         | 5
        6     | 20       | 10         | 10
        """,
        """
        numerator | denominator
        1         | 3
        """,
    ),
    Spec(
        "Persistent absence to 2009/10: 52 sessions in two terms",
        "absence_persistent",
        2010,
        """
        terms | possible | authorised | unauthorised
        2     | 250      | 52         | 0
        2     | 250      | 51         | 0
        """,
        """
        numerator | denominator
        1         | 2
        """,
    ),
    Spec(
        "A pupil whose sex or disadvantage is unknown is in neither group",
        "ks2_gps_expected",
        2019,
        """
        sex | disadvantaged | sen | gps_outcome
        F   | yes           | K   | AS
        F   | no            | N   | AS
        M   | yes           | E   | NS
            |               |     | AS
        """,
        """
        group         | numerator | denominator
        all           | 3         | 4
        girls         | 2         | 2
        boys          | 0         | 1
        disadvantaged | 1         | 2
        other         | 1         | 1
        sen_support   | 1         | 1
        sen_ehcp      | 0         | 1
        no_sen        | 1         | 1
        """,
    ),
    Spec(
        "The cohort is counted, whatever the results",
        "ks2_cohort",
        2019,
        """
        sex | inclusion
        F   | 201
        M   | 201
        M   | 202
        """,
        """
        group | denominator | value
        all   | 2           | 2
        girls | 1           | 1
        boys  | 1           | 1
        """,
    ),
    Spec(
        "A share of the roll is of the pupils of whom it is known",
        "context_fsm",
        2019,
        """
        fsm
        yes
        no
        no
        no
        """,
        """
        numerator | denominator | value
        1         | 4           | 25
        """,
    ),
]
