"""Which measures of the Local Authority Interactive Tool Headway knows by its own keys. Not a source.

`Short Desc` is LAIT's own name. Coverage follows LAIT's data dictionary (`state_funded_flag`): attainment and absence
are of state-funded schools, special educational needs of all schools. What LAIT publishes beyond these keeps its own
name as `lait:…`: children looked after, whose group is defined otherwise than Headway's, and White pupils, whom
Headway has as White British and White, other, among them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A LAIT measure under Headway's keys. `unit` is that of the measure; `state_funded` the coverage of England."""

    short: str
    measure: str
    group: str = "all"
    unit: str = "percent"
    state_funded: bool = True


def other_key(short: str) -> str:
    """The key under which any other LAIT measure is kept: `lait:` and its name in small letters and underscores."""
    words = short.lower().replace("%", " percent ")  # LAC_ceased_SGO and LAC_ceased_SGO% are two measures
    return "lait:" + re.sub(r"[^a-z0-9]+", "_", words).strip("_")


_SUBJECTS = {"R": "reading", "W": "writing", "M": "mathematics", "GPS": "gps"}
_PROGRESS = {"Reading": "reading", "Writing": "writing", "Maths": "mathematics"}
_AREAS = {
    "COMMS": "communication_and_language",
    "LIT": "literacy",
    "MATHS": "mathematics",
    "PHY": "physical",
    "PSE": "psed",
    "WORLD": "understanding_the_world",
    "ART": "expressive_arts",
}
_KS1_EXPECTED = {
    "KS1R_Expected_STD": "reading",
    "KS1W_Expected _STD": "writing",
    "KS1M_Expected _STD": "mathematics",
}

KNOWN: tuple[Known, ...] = (
    # key stage 2
    Known("KS2RWM_Expected_STD", "ks2_rwm_expected"),
    Known("KS2RWM_Higher_STD", "ks2_rwm_higher"),
    *(Known(f"KS2{s}_Expected_STD", f"ks2_{_SUBJECTS[s]}_expected") for s in ("R", "M", "GPS")),
    *(Known(f"KS2{s}_Higher_STD", f"ks2_{_SUBJECTS[s]}_higher") for s in ("R", "M", "GPS")),
    *(
        Known(f"KS2{s}_AVG_Scaled_Score", f"ks2_{_SUBJECTS[s]}_average", unit="scaled score")
        for s in ("R", "M", "GPS")
    ),
    Known("KS2W_Teacher_Assess", "ks2_writing_expected"),
    Known("KS2GDW_Teacher_Assess", "ks2_writing_higher"),
    Known("KS2Sci_Teacher_Assess", "ks2_science_expected"),
    *(
        Known(f"KS2{s}_Prog_VA", f"ks2_{_SUBJECTS[s]}_progress", unit="progress points")
        for s in ("R", "W", "M")
    ),
    *(
        Known(f"KS2_{theirs}_{title}_Progress", f"ks2_{subject}_progress", group, "progress points")
        for theirs, group in (
            ("DAP", "disadvantaged"),
            ("NonDAP", "other"),
            ("FSM", "fsm"),
            ("nonFSM", "not_fsm"),
        )
        for title, subject in _PROGRESS.items()
    ),
    *(
        Known(short, "ks2_rwm_expected", group)
        for short, group in (
            ("DAP_NEW_KS2_RWM", "disadvantaged"),
            ("NonDAP_NEW_KS2_RWM", "other"),
            ("FSM_NEW_KS2_RWM", "fsm"),
            ("NonFSM_NEW_KS2_RWM", "not_fsm"),
            ("NEW_KS2_RWM_Sen_W/Osta", "sen_support"),
            ("NEW_KS2_RWM_Sen_Withsta", "sen_ehcp"),
            ("NoID_SEN_NEW_KS2_RWM", "no_sen"),
            ("KS2_NEW_Asian_RWM", "ethnicity_asian"),
            ("KS2_NEW_Black_RWM", "ethnicity_black"),
            ("KS2_NEW_Chine_RWM", "ethnicity_chinese"),
            ("KS2_NEW_Mixed_RWM", "ethnicity_mixed"),
            ("KS2_NEW_Other_RWM", "ethnicity_other_ethnic"),
        )
    ),
    # key stage 1 and phonics
    *(Known(short, f"ks1_{subject}_expected") for short, subject in _KS1_EXPECTED.items()),
    Known("KS1S_Expected_STD", "ks1_science_expected"),
    *(Known(f"KS1{s}_Greater_Depth", f"ks1_{_SUBJECTS[s]}_greater_depth") for s in ("R", "W", "M")),
    *(
        Known(short, "phonics_expected", group)
        for short, group in (
            ("KS1P_all", "all"),
            ("KS1P_FSM", "fsm"),
            ("KS1P_EHCP", "sen_ehcp"),
            ("KS1P_SEND", "sen_support"),
            ("KS1P_NonSEND", "no_sen"),
        )
    ),
    # early years foundation stage profile
    Known("FSP_NEW_GOODDEV", "eyfsp_good_level_of_development"),
    Known("FSP_NEW_ALL-ELGS", "eyfsp_all_goals"),
    *(Known(f"FSP_NEW_{short}", f"eyfsp_{area}_expected") for short, area in _AREAS.items()),
    *(
        Known(f"FSP_Gooddev_{short}", "eyfsp_good_level_of_development", group)
        for short, group in (
            ("FSM", "fsm"),
            ("FSM_Other", "not_fsm"),
            ("With_SENSTATE", "sen_ehcp"),
            ("Without_SENSTATE", "sen_support"),
            ("Asian", "ethnicity_asian"),
            ("Black", "ethnicity_black"),
            ("Chinese", "ethnicity_chinese"),
            ("Mixed", "ethnicity_mixed"),
        )
    ),
    # absence
    *(
        Known(short, f"absence_{measure}")
        for short, measure in (
            ("TotAbs", "overall"),
            ("TotAuthAbs", "authorised"),
            ("TotUnAuthAbs", "unauthorised"),
            ("TotPerAbNew", "persistent"),
            ("TotSevPerAbNew", "severe"),
            ("PriTotAbs", "overall_primary"),
            ("PriAuth", "authorised_primary"),
            ("PriUnauth", "unauthorised_primary"),
            ("SFPriPerAbNew", "persistent_primary"),
            ("SFPriSevPerAbNew", "severe_primary"),
            ("SecTotAbs", "overall_secondary"),
            ("SecAuth", "authorised_secondary"),
            ("SecUnauth", "unauthorised_secondary"),
            ("SFSecPerAbNew", "persistent_secondary"),
            ("SFSecSevPerAbNew", "severe_secondary"),
            ("total_absence_special", "overall_special"),
            ("authorised_absence_special", "authorised_special"),
            ("unauthorised_absence_special", "unauthorised_special"),
            ("SpecPerAbNew", "persistent_special"),
            ("SpecSevPerAbNew", "severe_special"),
            ("4yrAbsence", "overall_age4"),
        )
    ),
    # context
    *(
        Known(short, f"context_{measure}")
        for short, measure in (
            ("PriFSM", "fsm_primary"),
            ("SecFSM", "fsm_secondary"),
            ("Ever6_FSM_Prim", "fsm6_primary"),
            ("Ever6_FSM_Sec", "fsm6_secondary"),
            ("EALPri", "eal_primary"),
            ("EALSec", "eal_secondary"),
            ("PrimStatements", "ehcp_primary"),
            ("SecStatements", "ehcp_secondary"),
            ("PrimNoStatements", "sen_support_primary"),
            ("SecNoStatements", "sen_support_secondary"),
        )
    ),
    Known("SEN_TotStat", "context_ehcp", state_funded=False),
    Known("SEN_TotSENSuP", "context_sen_support", state_funded=False),
)
