"""Make the tables of Procrastinate 3.10.0, the job queue.

The SQL is that release's own, word for word (MIT licence). It stands here as a file, so that this revision makes the
same tables whatever release is installed; a test compares them with the installed one. A later release's own migration
becomes a revision of ours.
"""

from pathlib import Path

from alembic import op

revision = "0011_job_queue"
down_revision = "0010_snooze_circle"

SCHEMA = Path(__file__).parents[1] / "queue" / "procrastinate_3_10_0.sql"

DOWN = """
DROP FUNCTION procrastinate_fetch_job_v2;
DROP TABLE procrastinate_events;
DROP TABLE procrastinate_periodic_defers;
DROP TABLE procrastinate_jobs;
DROP TABLE procrastinate_workers;
DROP FUNCTION procrastinate_defer_periodic_job_v2;
DROP FUNCTION procrastinate_defer_jobs_v1;
DROP FUNCTION procrastinate_finish_job_v1;
DROP FUNCTION procrastinate_cancel_job_v1;
DROP FUNCTION procrastinate_retry_job_v1;
DROP FUNCTION procrastinate_retry_job_v2;
DROP FUNCTION procrastinate_notify_queue_job_inserted_v1;
DROP FUNCTION procrastinate_notify_queue_abort_job_v1;
DROP FUNCTION procrastinate_trigger_function_status_events_insert_v1;
DROP FUNCTION procrastinate_trigger_function_status_events_update_v1;
DROP FUNCTION procrastinate_trigger_function_scheduled_events_v1;
DROP FUNCTION procrastinate_trigger_abort_requested_events_procedure_v1;
DROP FUNCTION procrastinate_unlink_periodic_defers_v1;
DROP FUNCTION procrastinate_register_worker_v1;
DROP FUNCTION procrastinate_unregister_worker_v1;
DROP FUNCTION procrastinate_update_heartbeat_v1;
DROP FUNCTION procrastinate_prune_stalled_workers_v1;
DROP TYPE procrastinate_job_to_defer_v1;
DROP TYPE procrastinate_job_event_type;
DROP TYPE procrastinate_job_status;
"""


def upgrade() -> None:
    op.execute(SCHEMA.read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute(DOWN)
