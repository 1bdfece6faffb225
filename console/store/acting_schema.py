"""How permissions and patrols stand in a site file.

[permissions]
role = "operator"                       # whoever sits here while nobody logs in
lease_seconds = 30.0                    # how long whoever moved a camera has it in hand

[permissions.rights]
viewer = ["ptz"]                        # a role that is not named keeps its usual rights

[[patrol]]
camera = "urn:uuid:..."                 # Harbour gate
name = "Night round"
on = true
steps = [
  { preset = "3", dwell = 15.0, speed = 0.5 },
]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.model.leases import HOLD_SECONDS
from console.model.patrol import MIN_DWELL, Patrol, PatrolStep
from console.model.permissions import Policy, Right, Role
from console.model.site import Site
from console.store.toml_fields import Misfit, Reader, choice, known, record, take, text
from console.store.toml_lines import Path
from console.store.view_schema import flag, number

MOST_STEPS = 200
LEASE_SECONDS = (3.0, 600.0)
"""The least and the most."""
DEFAULT_ROLE = Site().role
STEP: Mapping[str, Reader] = {"preset": text, "dwell": number(MIN_DWELL, 86_400), "speed": number(0.01, 1)}


def _rights(value: Any) -> frozenset[Right]:
    words = ", ".join(f'"{right.value}"' for right in Right)
    if not isinstance(value, list):
        raise TypeError(f"a list of rights, of {words}")
    try:
        return frozenset(Right(item) for item in value)
    except ValueError:
        raise TypeError(f"a list of rights, of {words}") from None


def permissions_from(table: Any) -> tuple[Role, Policy, float]:
    """The role of whoever sits here, the rights of the roles, and how long a camera is held, seconds. Raises Misfit."""
    where: Path = ("permissions",)
    known(table, ("role", "lease_seconds", "rights"), where, "permissions")
    seconds = take(table, "lease_seconds", number(*LEASE_SECONDS), where)
    role = take(table, "role", choice(Role), where)
    if role is Role.AUTOMATION:
        raise Misfit((*where, "role"), "'role' must be that of a person", "Correct this line.")
    rights = table.get("rights", {})
    inside = (*where, "rights")
    known(rights, [each.value for each in Role], inside, "rights")
    given = {Role(name): take(rights, name, _rights, inside) for name in rights}
    return DEFAULT_ROLE if role is None else role, Policy(given), HOLD_SECONDS if seconds is None else seconds


def permissions_table(site: Site) -> dict[str, Any]:
    """What is written of permissions: what is not as it would be anyway."""
    table: dict[str, Any] = {} if site.role is DEFAULT_ROLE else {"role": site.role.value}
    if site.lease_seconds != HOLD_SECONDS:
        table["lease_seconds"] = site.lease_seconds
    rights = {role.value: [right.value for right in Right if right in of] for role, of in site.policy.rights.items()}
    if rights:
        table["rights"] = rights
    return table


def patrols_from(tables: Sequence[Any], cameras: frozenset[str]) -> tuple[Patrol, ...]:
    """The patrols of these ``cameras`` (ids). Raises Misfit, for a second one of a camera too."""
    found: dict[str, Patrol] = {}
    for index, table in enumerate(tables):
        where: Path = ("patrol", index)
        known(table, ("camera", "name", "on", "steps"), where, "a patrol")
        values = record(table, {"camera": text, "name": text, "on": flag}, where, required=("camera", "name", "steps"))
        camera = values["camera"]
        if camera not in cameras:
            advice = "Write the id of one of the cameras above, or take the patrol out."
            raise Misfit((*where, "camera"), f"no camera has the id {camera[:80]!r}", advice)
        if camera in found:
            problem = f"the camera has a patrol already, {found[camera].name!r}"
            raise Misfit((*where, "camera"), problem, "A camera has one patrol: put the steps together.")
        found[camera] = Patrol(**values, steps=_steps(table["steps"], (*where, "steps")))
    return tuple(found.values())


def _steps(steps: Any, where: Path) -> tuple[PatrolStep, ...]:
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        problem = f"'steps' must be a list of at most {MOST_STEPS} steps"
        raise Misfit(where, problem, 'Write steps = [{ preset = "1", dwell = 10 }].')
    made = []
    for index, step in enumerate(steps):
        inside = (*where, index)
        known(step, STEP, inside, "a step")
        made.append(PatrolStep(**record(step, STEP, inside, required=("preset",))))
    return tuple(made)


def patrol_table(patrol: Patrol) -> dict[str, Any]:
    """What is written of a patrol."""
    steps = [
        {"preset": step.preset, "dwell": step.dwell} | ({} if step.speed is None else {"speed": step.speed})
        for step in patrol.steps
    ]
    return {"camera": patrol.camera, "name": patrol.name, "on": patrol.on, "steps": steps}
