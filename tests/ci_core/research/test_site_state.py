"""Every worker on every machine keeps to one rate limit and one circuit breaker for each site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_core.errors import SiteAnswerUnusable, SiteError, SiteLimited, SiteNotFound, SiteRefused, SiteUnreachable
from ci_core.research.site_state import SiteGate, SiteState, admitted, after, locked, told
from ci_core.research.sources.reading import Pace
from ci_core.web import News
from db.engine import Database
from db.enums import Circuit

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
PACE = Pace(60, burst=3)
DOWN = SiteUnreachable("Site", "503", status=503)


def seconds(amount: float) -> timedelta:
    return timedelta(seconds=amount)


def leaving(state: SiteState, times: int, now: datetime = NOW, pace: Pace = PACE) -> tuple[list[float], SiteState]:
    waits = []
    for _ in range(times):
        admission = admitted(state, now, pace, patience_seconds=1_000)
        assert admission.refused_until is None
        waits.append(admission.wait_seconds)
        state = admission.state
    return waits, state


def failed(times: int, error: SiteError = DOWN, state: SiteState | None = None) -> SiteState:
    state = state or SiteState()
    for _ in range(times):
        state = after(state, error, NOW)
    return state


class TestRateLimit:
    def test_a_burst_leaves_at_once_and_the_rest_steadily(self) -> None:
        waits, _ = leaving(SiteState(), 6)

        assert waits == [0, 0, 0, 1, 2, 3]

    def test_a_pause_gives_the_burst_back(self) -> None:
        _, state = leaving(SiteState(), 6)

        waits, _ = leaving(state, 4, NOW + seconds(60))

        assert waits == [0, 0, 0, 1]

    def test_who_would_wait_too_long_takes_no_place(self) -> None:
        _, state = leaving(SiteState(), 6)

        admission = admitted(state, NOW, PACE, patience_seconds=2)

        assert admission.refused_until == NOW + seconds(4)
        assert admission.state == state

    def test_a_source_may_be_slower_than_its_site(self) -> None:
        waits, _ = leaving(SiteState(), 3, pace=PACE.no_faster_than(6))

        assert waits == [0, 10, 20]

    def test_a_source_may_not_be_faster(self) -> None:
        assert PACE.no_faster_than(600) == PACE

    @given(
        some.lists(some.floats(0, 20), min_size=1, max_size=60),
        some.integers(1, 10),
        some.sampled_from([6, 30, 60, 600]),
    )
    def test_no_window_ever_has_more_than_burst_and_rate(self, pauses: list[float], burst: int, rate: int) -> None:
        state, now, left = SiteState(), NOW, []
        for pause in pauses:
            now += seconds(pause)
            admission = admitted(state, now, Pace(rate, burst), patience_seconds=1e9)
            state = admission.state
            left.append(now + seconds(admission.wait_seconds))

        minute = [sum(1 for other in left if start <= other < start + seconds(60)) for start in left]
        assert max(minute) <= rate + burst

    def test_a_site_that_wants_a_pause_gets_it(self) -> None:
        state = told(SiteState(), News(hold_seconds=20), NOW, PACE)

        waits, _ = leaving(state, 1)

        assert waits == [20]

    def test_nothing_leaves_once_the_quota_is_spent(self) -> None:
        reset = NOW + timedelta(hours=3)
        state = told(SiteState(), News(0, reset), NOW, PACE)

        assert admitted(state, NOW, PACE, patience_seconds=60).refused_until == reset
        assert admitted(state, reset - seconds(60), PACE, patience_seconds=60).wait_seconds == 60
        assert admitted(state, reset, PACE, patience_seconds=60).wait_seconds == 0


class TestCircuit:
    def test_two_failures_open_nothing(self) -> None:
        assert failed(2).circuit is Circuit.CLOSED

    def test_three_failures_open_it_for_a_minute(self) -> None:
        state = failed(3)

        assert (state.circuit, state.retry_at) == (Circuit.OPEN, NOW + seconds(60))
        assert admitted(state, NOW + seconds(59), PACE, patience_seconds=60).refused_until == NOW + seconds(60)

    def test_one_alone_tries_it_again(self) -> None:
        later = NOW + seconds(61)
        first = admitted(failed(3), later, PACE, patience_seconds=60)
        second = admitted(first.state, later, PACE, patience_seconds=60)

        assert first.refused_until is None
        assert first.state.circuit is Circuit.HALF_OPEN
        assert second.refused_until is not None

    def test_another_may_try_when_the_first_was_killed(self) -> None:
        first = admitted(failed(3), NOW + seconds(61), PACE, patience_seconds=60)

        assert admitted(first.state, NOW + seconds(300), PACE, patience_seconds=60).refused_until is None

    def test_a_good_answer_closes_it(self) -> None:
        assert after(failed(5), None, NOW).is_well

    def test_each_failed_try_doubles_the_pause_up_to_an_hour(self) -> None:
        pauses = []
        for times in (3, 4, 5, 9, 40):
            retry_at = failed(times).retry_at
            assert retry_at is not None
            pauses.append((retry_at - NOW).total_seconds())

        assert pauses == [60, 120, 240, 3600, 3600]

    def test_a_limit_opens_it_at_once_and_counts_as_no_failure(self) -> None:
        state = after(SiteState(), SiteLimited("Site", "429", retry_at=NOW + seconds(300)), NOW)

        assert (state.circuit, state.retry_at, state.failures) == (Circuit.OPEN, NOW + seconds(300), 0)

    def test_the_later_of_two_limits_holds(self) -> None:
        state = after(SiteState(), SiteLimited("Site", "429", retry_at=NOW + seconds(300)), NOW)
        state = after(state, SiteLimited("Site", "429", retry_at=NOW + seconds(100)), NOW)

        assert state.retry_at == NOW + seconds(300)

    @pytest.mark.parametrize("error", [SiteRefused("Site", "401"), SiteNotFound("Site", "404")])
    def test_a_site_that_refuses_is_there(self, error: SiteError) -> None:
        assert after(failed(2), error, NOW).is_well

    def test_answers_that_cannot_be_used_count(self) -> None:
        assert failed(3, SiteAnswerUnusable("Site", "cut off")).circuit is Circuit.OPEN


class TestGate:
    def test_gates_share_the_limit(self, database: Database) -> None:
        waited: list[float] = []
        for _ in range(3):
            for gate in (self.gate(database, sleep=waited.append), self.gate(database, sleep=waited.append)):
                gate.enter()

        assert [round(wait / 60) for wait in waited] == [1, 2, 3]

    def test_workers_at_once_take_different_places(self, database: Database) -> None:
        waited: list[float] = []
        workers = [Thread(target=self.gate(database, sleep=waited.append).enter) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert sorted(round(wait / 60) for wait in waited) == [1, 2, 3, 4, 5]

    def test_one_worker_opens_the_circuit_for_all(self, database: Database) -> None:
        for _ in range(3):
            gate = self.gate(database)
            gate.enter()
            gate.leave(DOWN)

        with pytest.raises(
            SiteUnreachable, match=r"Site: not asked after 3 failures, the last: 503, next try \d"
        ) as told:
            self.gate(database).enter()

        assert told.value.retry_at is not None

    def test_a_refusal_is_no_further_failure(self, database: Database) -> None:
        self.break_down(database)
        gate = self.gate(database)

        for _ in range(3):
            with pytest.raises(SiteUnreachable) as told:
                gate.enter()
            gate.leave(told.value)

        assert self.state(database).failures == 3

    def test_a_good_answer_closes_it_for_all(self, database: Database) -> None:
        gate = self.gate(database)
        for error in (DOWN, DOWN, None):
            gate.enter()
            gate.leave(error)

        assert self.state(database).is_well

    def test_a_limit_is_told_in_the_words_of_the_site(self, database: Database) -> None:
        gate = self.gate(database)
        gate.enter()
        later = datetime.now(UTC) + timedelta(days=2)
        gate.leave(SiteLimited("Site", "429, next try 14:05 UTC", retry_at=later))

        with pytest.raises(SiteLimited, match=rf"Site: 429, next try {later:%Y-%m-%d}"):
            self.gate(database).enter()

    def test_what_the_site_says_of_its_quota_is_stored(self, database: Database) -> None:
        gate = self.gate(database)
        gate.heard(News(12, NOW + timedelta(days=3650)))

        assert self.state(database).quota_remaining == 12

    def test_sites_do_not_hold_each_other_up(self, database: Database) -> None:
        self.break_down(database)

        SiteGate(database, "other", "Other", PACE).enter()

    def gate(self, database: Database, **options: object) -> SiteGate:
        # One a minute, so that a slow machine does not matter.
        return SiteGate(database, "site", "Site", Pace(1, burst=3), patience_seconds=1e4, **options)  # type: ignore[arg-type]

    def break_down(self, database: Database) -> None:
        for _ in range(3):
            gate = self.gate(database)
            gate.enter()
            gate.leave(DOWN)

    def state(self, database: Database) -> SiteState:
        with database.transaction("tess") as session:
            return locked(session, "site")[0]
