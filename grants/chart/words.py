"""The burn-down in words, for whoever does not see the chart."""

from grants.burndown import ALL_TASKED_WORKED, AT_THIS_PACE
from grants.chart.paper import counted_days, long_date
from grants.chart.scene import Scene
from overtime_ledger.money import pounds


def described(scene: Scene) -> str:
    terms, burn = scene.terms, scene.burn
    until = long_date(terms.eligible_to)
    if not burn.days_left:
        return (
            f"The window ended on {until}. Of the award of {pounds(terms.award_pence)}, "
            f"{pounds(burn.stages.incurred)} is incurred and {pounds(scene.left)} is not."
        )
    start = (
        f"{pounds(scene.left)} of the award of {pounds(terms.award_pence)} is left to spend by {until}: "
        f"{counted_days(burn.days_left)}."
    )
    if scene.running and terms.profile:
        start += f" The profile plans {pounds(terms.award_pence - burn.planned_pence)} to be left now."
    if not scene.running:
        start += f" The window opens on {long_date(terms.eligible_from)}."
    return " ".join([start, *_futures_in_words(scene)]) if scene.futures else start


def _futures_in_words(scene: Scene) -> list[str]:
    burn = scene.burn
    said = []
    for forecast in burn.forecasts:
        if forecast.name == AT_THIS_PACE:
            pace = f"At this pace, {pounds(burn.burn_rate_week)} a week"
            said.append(f"{pace}, {_fate(scene, forecast.unspent)}.")
        elif forecast.name == ALL_TASKED_WORKED:
            said.append(f"If all tasked hours are worked, {_fate_of_tasked(forecast.unspent)}.")
    if burn.days_left >= 7 and burn.required_week is not None:
        said.insert(1, f"The pace needed to spend it all is {pounds(burn.required_week)} a week.")
    return said


def _fate(scene: Scene, unspent: int) -> str:
    if unspent < 0 and scene.burn.run_out_on is not None:
        return f"the money runs out on {long_date(scene.burn.run_out_on)}, {pounds(-unspent)} short"
    return _fate_of_tasked(unspent)


def _fate_of_tasked(unspent: int) -> str:
    return f"{pounds(unspent)} is left unspent" if unspent >= 0 else f"the award is {pounds(-unspent)} short"
