"""The closed sets of values that the tables accept; every other module takes them from here."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where an enhancement stands on the board."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    COMPLETED = "completed"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    ARCHIVED = "archived"


class Priority(StrEnum):
    """How soon an enhancement should be done, most urgent first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Category(StrEnum):
    """What kind of work an enhancement is."""

    BUG_FIX = "bug_fix"
    ENHANCEMENT = "enhancement"
    NEW_FEATURE = "new_feature"
    PERFORMANCE = "performance"
    SECURITY = "security"
    REFACTORING = "refactoring"
    DOCUMENTATION = "documentation"
    TESTING = "testing"


class Complexity(StrEnum):
    """How involved an enhancement is, smallest first."""

    TRIVIAL = "trivial"
    SIMPLE = "simple"
    MODERATE = "moderate"
    COMPLEX = "complex"
    EPIC = "epic"


class Source(StrEnum):
    """Where an enhancement came from."""

    AI_RESEARCH = "ai_research"
    USER_FEEDBACK = "user_feedback"
    HEALTH_CHECK = "health_check"
    MANUAL = "manual"
    WISHLIST = "wishlist"
    GITHUB = "github"
    REDDIT = "reddit"
    ACADEMIC_PAPER = "academic_paper"


class DependencyKind(StrEnum):
    """What an enhancement is to the other one: blocked by it, related to it, or its duplicate."""

    BLOCKED_BY = "blocked_by"
    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"


class ReactionKind(StrEnum):
    """What a person can say with one click; a vote for an enhancement counts."""

    VOTE = "vote"
    AGAINST = "against"
    HEART = "heart"
    HOORAY = "hooray"
    EYES = "eyes"
    CONFUSED = "confused"


class NotificationKind(StrEnum):
    """Why something concerns a person."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    COMMENTED = "commented"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    DECIDED = "decided"
    APPROVAL_WAITS = "approval_waits"
    RUN_FAILED = "run_failed"
    DIGEST = "digest"


class FindingStatus(StrEnum):
    """What became of a research finding."""

    NEW = "new"
    ANALYZED = "analyzed"
    CONVERTED_TO_ENHANCEMENT = "converted_to_enhancement"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    ARCHIVED = "archived"


class InterestKind(StrEnum):
    """What a text of the team says about a finding that is near it or has it: wanted, counted as a word, unwanted."""

    INTEREST = "interest"
    KEYWORD = "keyword"
    UNWANTED = "unwanted"


class Verdict(StrEnum):
    """What two findings are to each other, as decided or as a person corrected it."""

    DUPLICATE = "duplicate"
    RELATED = "related"
    DIFFERENT = "different"


class Circuit(StrEnum):
    """Whether a site is asked: yes, not until a moment, or once to see whether it answers again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class SourceHealth(StrEnum):
    """How the last scan of a source went: whole, in part, or not at all."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class RunTrigger(StrEnum):
    """Why an agent ran."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    API_CALL = "api_call"
    EVENT = "event"


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """Where one step of a run stands; degraded: done, but not all of it could be."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    DEGRADED = "degraded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class LogLevel(StrEnum):
    """How much a line of a log matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class MissedRuns(StrEnum):
    """What becomes of the times of a schedule that passed while nothing ran: one run for all of them, or none."""

    ONCE = "once"
    SKIP = "skip"


class WorkerState(StrEnum):
    """What a worker is doing: taking jobs, or ending those it has."""

    WORKING = "working"
    STOPPING = "stopping"


class Period(StrEnum):
    """The stretch of time that figures are summed up over."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class CheckType(StrEnum):
    """What a health check looks at: everything, what changed, one part, one folder, or what another tool found."""

    FULL_SCAN = "full_scan"
    QUICK_SCAN = "quick_scan"
    SECURITY_SCAN = "security_scan"
    DEPENDENCY_CHECK = "dependency_check"
    PERFORMANCE_TEST = "performance_test"
    FEATURE_SPECIFIC = "feature_specific"
    IMPORT = "import"


class CheckStatus(StrEnum):
    """Where a health check stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CheckerStatus(StrEnum):
    """How a checker did; partial: not all that it was to look at; missing: its tool is not installed."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    MISSING = "missing"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class IssueType(StrEnum):
    """What an issue harms; each is a dimension of the health score."""

    CODE_QUALITY = "code_quality"
    SECURITY = "security"
    BUGS = "bugs"
    DEPENDENCIES = "dependencies"
    TESTS = "tests"
    PERFORMANCE = "performance"
    DOCUMENTATION = "documentation"


class Severity(StrEnum):
    """How much an issue can harm, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class IssueStatus(StrEnum):
    """Where an issue stands; one that was fixed and is back is open again, and marked."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    FIXING = "fixing"
    FIXED = "fixed"
    WONT_FIX = "wont_fix"
    FALSE_POSITIVE = "false_positive"


class HealthChange(StrEnum):
    """What a check changed about an issue.

    Lapsed: the time for which somebody dismissed it is over. Withdrawn: its checker is another one and says nothing of
    it any more, though nobody changed the code.
    """

    NEW = "new"
    RESOLVED = "resolved"
    REGRESSED = "regressed"
    SEVERITY = "severity"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class LlmCallStatus(StrEnum):
    """What became of a call to a chat model; reserved: its greatest cost is counted until it has answered."""

    RESERVED = "reserved"
    COMPLETED = "completed"
    RATE_LIMITED = "rate_limited"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    UNUSABLE = "unusable"
    FAILED = "failed"
