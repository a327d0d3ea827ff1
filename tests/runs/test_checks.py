"""Checks: what is demanded of a result, how each went, and what is missing before the result counts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderclawlink.access.policy import OWNER
from coderclawlink.configuration import Check, Verification
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import CheckEnded, ChecksDemanded
from coderclawlink.ids import RunId
from coderclawlink.runs import attempts, checks, ledger, reviews
from coderclawlink.runs.ledger import Run, Wish

HEAD, OTHER = "a" * 40, "b" * 40
OWN = Verification(checks=(Check(name="tests", run="make test"), Check(name="lint", run="make lint")))


def submitted(tx: Tx, verification: Verification | None = None, head: str | None = HEAD) -> Run:
    run = attempts.submit(tx, OWNER, Wish("a", "Do it", {}, "Do it", verification=verification))
    attempts.offer(tx, run)
    ledger.note(tx, run.id, head=head)
    return ledger.find(tx, run.id)


def demanded(*names: str) -> ChecksDemanded:
    return ChecksDemanded(names=names, source="repository", base=OTHER)


def ended(
    name: str = "tests", *, command: str = "make test", head: str = HEAD, code: int | None = 0, nth: int = 0
) -> CheckEnded:
    return CheckEnded(
        name=name, command=command, head=head, passed=code == 0, exit_code=code, seconds=1.5, output="words", round=nth
    )


def missing(db: Database, run: Run, attempt: int = 1) -> str | None:
    with db.look() as look:
        return checks.missing(look, ledger.find(look, run.id), attempt)


def end(db: Database, run: Run, event: CheckEnded, attempt: int = 1) -> None:
    db.write_now(checks.end, run.id, attempt, event)


def test_what_the_repository_demands_is_missing_until_it_has_passed_on_the_result(db: Database) -> None:
    run = db.write_now(submitted)
    assert missing(db, run) is None
    db.write_now(checks.demand, run.id, demanded("tests", "lint", "tests"))
    with db.look() as look:
        assert ledger.find(look, run.id).demanded == ("tests", "lint")
    assert missing(db, run) == (
        "Check tests has not been run on the result aaaaaaaaaaaa; check lint has not been run on the result aaaaaaaaaaaa."
    )
    end(db, run, ended("lint"))
    end(db, run, ended("tests", code=2))
    assert missing(db, run) == "Check tests failed (exit code 2)."
    end(db, run, ended("tests"))  # told again, the latest word counts
    assert missing(db, run) is None


def test_a_check_of_another_commit_proves_nothing(db: Database) -> None:
    run = db.write_now(submitted)
    db.write_now(checks.demand, run.id, demanded("tests"))
    end(db, run, ended(head=OTHER))
    assert missing(db, run) == "Check tests was run on bbbbbbbbbbbb, and the result is aaaaaaaaaaaa."


def test_only_the_last_round_of_this_attempt_counts(db: Database) -> None:
    run = db.write_now(submitted)
    db.write_now(checks.demand, run.id, demanded("tests"))
    end(db, run, ended(nth=0))
    end(db, run, ended(code=None, nth=1))
    assert missing(db, run) == "Check tests did not end in time."
    end(db, run, ended(nth=2))
    assert missing(db, run) is None
    assert missing(db, run, attempt=2) == "Check tests has not been run on the result aaaaaaaaaaaa."


def test_in_a_later_round_a_check_that_was_left_out_is_missing(db: Database) -> None:
    run = db.write_now(submitted)
    db.write_now(checks.demand, run.id, demanded("tests", "lint"))
    end(db, run, ended("tests"))
    end(db, run, ended("lint", code=1))
    end(db, run, ended("lint", nth=1))
    assert missing(db, run) == "Check tests has not been run on the result aaaaaaaaaaaa."


def test_a_run_that_has_changed_nothing_needs_no_checks(db: Database) -> None:
    run = db.write_now(submitted, OWN, None)
    db.write_now(checks.demand, run.id, demanded("tests"))
    assert missing(db, run) is None


def test_what_the_project_demands_stands_whatever_the_node_says(db: Database) -> None:
    run = db.write_now(submitted, OWN)
    assert missing(db, run) is not None  # before any word of a node
    db.write_now(checks.demand, run.id, demanded())
    with db.look() as look:
        assert ledger.find(look, run.id).demanded == ("tests", "lint")
    end(db, run, ended("tests", command="true"))
    end(db, run, ended("lint", command="make lint"))
    assert missing(db, run) == "Check tests was run with another command than the project's."
    end(db, run, ended("tests"))
    assert missing(db, run) is None


@pytest.mark.parametrize("wanted", [True, False])
def test_a_review_is_demanded_by_the_repository_unless_the_project_says_otherwise(db: Database, wanted: bool) -> None:
    event = demanded("tests").model_copy(update={"review": wanted})
    plain = db.write_now(submitted)
    db.write_now(checks.demand, plain.id, event)
    own = db.write_now(submitted, OWN.model_copy(update={"review": not wanted}))
    with db.look() as look:
        assert reviews.is_demanded(look, own) is not wanted  # before any word of a node
    db.write_now(checks.demand, own.id, event)
    unchanged = db.write_now(submitted, None, None)
    db.write_now(checks.demand, unchanged.id, event)
    with db.look() as look:
        assert reviews.is_demanded(look, ledger.find(look, plain.id)) is wanted
        assert reviews.is_demanded(look, ledger.find(look, own.id)) is not wanted
        assert not reviews.is_demanded(look, ledger.find(look, unchanged.id))


def test_a_node_that_calls_a_failure_passed_is_not_believed(db: Database) -> None:
    run = db.write_now(submitted)
    db.write_now(checks.demand, run.id, demanded("tests"))
    end(db, run, ended(code=1).model_copy(update={"passed": True}))
    assert missing(db, run) == "Check tests failed (exit code 1)."


def test_words_and_numbers_of_a_node_are_kept_as_far_as_their_columns_reach(db: Database) -> None:
    run = db.write_now(submitted)
    db.write_now(checks.demand, run.id, demanded(*(f"{n}" * 100 for n in range(80))))
    huge = CheckEnded(
        name="n" * 1000,
        command="c" * 100_000,
        head="h" * 1000,
        passed=False,
        exit_code=2**80,
        seconds=float("inf"),
        output="x" * 100_000 + "the end",
        round=2**80,
    )
    end(db, run, huge)
    with db.look() as look:
        (kept,) = checks.of_run(look, run.id)
        names = ledger.find(look, run.id).demanded
    assert names is not None
    assert (len(names), max(map(len, names))) == (50, 64)
    assert (len(kept.name), len(kept.command), len(kept.head)) == (64, 10_000, 64)
    assert (kept.seconds, kept.round) == (0.0, 2**31 - 1)
    assert len(kept.output) == 20_000
    assert kept.output.endswith("the end")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(
        st.tuples(
            st.sampled_from(["tests", "lint"]),
            st.sampled_from([HEAD, OTHER]),
            st.sampled_from([0, 1, None]),
            st.integers(0, 2),
        ),
        max_size=8,
    )
)
def test_nothing_is_missing_only_when_each_check_has_passed_on_the_head_in_the_last_round(
    db: Database, told: list[tuple[str, str, int | None, int]]
) -> None:
    run = db.write_now(submitted)
    db.write_now(checks.demand, run.id, demanded("tests", "lint"))
    said: dict[tuple[str, int], tuple[str, int | None]] = {}
    for name, head, code, nth in told:
        end(db, run, ended(name, head=head, code=code, nth=nth))
        said[name, nth] = (head, code)
    last = max((nth for _, nth in said), default=0)
    is_proven = all(said.get((name, last)) == (HEAD, 0) for name in ("tests", "lint"))
    assert (missing(db, run) is None) == is_proven


def test_checks_of_a_run_that_is_not_there_are_none(db: Database) -> None:
    with db.look() as look:
        assert checks.of_run(look, RunId("nothing")) == []
