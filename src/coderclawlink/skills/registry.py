"""The skills that are built in, as data."""

from dataclasses import dataclass

from coderclawlink.access.policy import Permission


@dataclass(frozen=True, slots=True)
class Skill:
    id: str
    name: str
    description: str
    required_permissions: tuple[Permission, ...]


BUILT_IN = (
    Skill(
        "code_generation",
        "Code generation",
        "Write or change code in the project's repository.",
        (Permission.AGENT_EXECUTE, Permission.SKILL_EXECUTE),
    ),
    Skill(
        "code_analysis",
        "Code analysis",
        "Read code and answer questions about it, find faults, review a change.",
        (Permission.AGENT_EXECUTE, Permission.SKILL_EXECUTE),
    ),
    Skill(
        "documentation",
        "Documentation",
        "Write or correct documentation.",
        (Permission.AGENT_EXECUTE, Permission.SKILL_EXECUTE),
    ),
)
