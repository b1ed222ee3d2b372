"""Work in the background: asked for, done, failed, stopped, taken up when its worker was ended, fetched, and erased."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from headway.web.audit.models import AuditEvent
from headway.web.jobs import actions, kinds, tasks
from headway.web.jobs.contributions import files_to_fetch
from headway.web.jobs.kinds import JobFailed, Made
from headway.web.jobs.models import CANCELLED, DONE, EXPIRED, FAILED, RUNNING, WAITING, Job
from headway.web.jobs.progress import Progress
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission

OWN, OTHER = "school:100001", "school:200001"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    """Files of one test are not another's."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": default}


@pytest.fixture
def work() -> Iterator[dict[str, Any]]:
    """A kind of work whose doing a test sets: `do`."""
    does: dict[str, Any] = {
        "do": lambda job, progress: [Made("Oak.pdf", b"contents", "application/pdf", [OWN])],
        "why": "",
    }
    kinds.register(
        "test",
        lambda job, progress: does["do"](job, progress),
        permission=Permission.MAKE_PACKS,
        still_allowed=lambda file, user: does["why"],
    )
    yield does
    del kinds._kinds["test"]


@pytest.fixture
def head(people: dict[str, User]) -> User:
    return people["headteacher"]


def started(by: User) -> Job:
    return actions.start("test", {"of": OWN}, title="Pack of Oak", by=by)


def done(job: Job) -> Job:
    """The job after a worker had it."""
    tasks.run.call(job.pk, job.attempt)
    job.refresh_from_db()
    return job


def events(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb))


def test_a_job_waits_in_the_queue_is_done_and_its_file_can_be_fetched(work: Any, head: User) -> None:
    job = started(head)
    assert job.state == WAITING
    queued = DBTaskResult.objects.get()
    assert queued.queue_name == "documents"
    assert queued.args_kwargs["args"] == [job.pk, 1]
    done(job)
    assert (job.state, job.progress, job.is_ready) == (DONE, 1.0, True)
    file = job.files.get()
    assert (file.name, file.size, file.organisations) == ("Oak.pdf", 8, [OWN])
    assert actions.fetch(file, by=head) == b"contents"
    (event,) = events("exported figures")
    assert (event.by, event.organisation, event.detail["file"]) == (head.email, OWN, "Oak.pdf")
    assert len(events("asked for files")) == len(events("made files")) == 1


def test_what_is_said_of_progress_is_seen_while_the_work_goes_on(work: Any, head: User) -> None:
    seen = []

    def do(job: Job, progress: Progress) -> list[Made]:
        progress(0.25, "Oak Primary School")
        now = Job.objects.get(pk=job.pk)
        seen.append((now.state, now.progress, now.says))
        return []

    work["do"] = do
    done(started(head))
    assert seen == [(RUNNING, 0.25, "Oak Primary School")]


def test_progress_that_cannot_be_written_harms_neither_the_work_nor_its_transaction(
    work: Any, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(job: Job, progress: Progress) -> list[Made]:
        with transaction.atomic():
            head.name = "Changed"
            head.save()

            def broken(*args: Any, **kwargs: Any) -> None:
                raise DatabaseError("locked")

            with monkeypatch.context() as patch:
                patch.setattr("django.db.models.query.QuerySet.update", broken)
                progress(0.5, "half")
        return []

    work["do"] = do
    assert done(started(head)).state == DONE
    head.refresh_from_db()
    assert head.name == "Changed"


def test_a_job_that_cannot_be_done_says_why_in_its_own_words(work: Any, head: User) -> None:
    def do(job: Job, progress: Progress) -> list[Made]:
        raise JobFailed("The release was taken back. Choose another.")

    work["do"] = do
    job = done(started(head))
    assert (job.state, job.problem) == (FAILED, "The release was taken back. Choose another.")
    assert not job.files.exists()


@pytest.mark.filterwarnings("ignore")
def test_a_mistake_of_ours_keeps_nothing_and_shows_no_traceback(work: Any, head: User) -> None:
    def do(job: Job, progress: Progress) -> list[Made]:
        return [Made("a.pdf", b"1", "x", []), Made("A.pdf", b"2", "x", [])]

    work["do"] = do
    job = done(started(head))
    assert job.state == FAILED
    assert "none was kept" in job.problem
    assert f"job {job.pk}" in job.problem
    assert "Error" not in job.problem
    assert not job.files.exists()


def test_a_job_that_waits_is_stopped_at_once_and_never_begun(work: Any, head: User) -> None:
    job = started(head)
    actions.cancel(job, by=head)
    assert done(job).state == CANCELLED
    assert not job.files.exists()


def test_a_job_under_way_is_stopped_at_its_next_step(work: Any, head: User) -> None:
    def do(job: Job, progress: Progress) -> list[Made]:
        actions.cancel(job, by=head)
        progress(0.5, "half")
        raise AssertionError("it went on")

    work["do"] = do
    assert done(started(head)).state == CANCELLED


def test_a_job_that_was_stopped_while_it_ended_keeps_no_file(work: Any, head: User) -> None:
    def do(job: Job, progress: Progress) -> list[Made]:
        actions.cancel(job, by=head)
        return [Made("a.pdf", b"1", "x", [])]

    work["do"] = do
    job = done(started(head))
    assert job.state == CANCELLED
    assert not job.files.exists()
    assert default_storage.listdir(f"jobs/{job.pk}")[1] == []


def killed(job: Job, attempt: int = 1) -> None:
    """The job as a worker leaves it that was ended in the middle."""
    ago = timezone.now() - timedelta(minutes=5)
    Job.objects.filter(pk=job.pk).update(state=RUNNING, heard_at=ago, started_at=ago, attempt=attempt)
    job.refresh_from_db()


def test_a_job_whose_worker_was_killed_is_begun_anew(work: Any, head: User) -> None:
    job = started(head)
    killed(job)
    assert job.has_lost_its_worker
    assert actions.take_up_lost() == 1
    job.refresh_from_db()
    assert (job.state, job.attempt) == (WAITING, 2)
    assert DBTaskResult.objects.count() == 2
    tasks.run.call(job.pk, 1)
    job.refresh_from_db()
    assert job.state == WAITING, "the old attempt does nothing any more"
    assert done(job).state == DONE


def test_a_job_that_lost_its_worker_too_often_has_failed_and_can_be_tried_again(
    work: Any, head: User
) -> None:
    job = started(head)
    killed(job, attempt=actions.ATTEMPTS)
    actions.take_up_lost()
    job.refresh_from_db()
    assert job.state == FAILED
    assert "Try again" in job.problem
    actions.retry(job, by=head)
    job.refresh_from_db()
    assert done(job).state == DONE


def test_a_worker_that_was_only_slow_does_not_overwrite_a_later_attempt(work: Any, head: User) -> None:
    def do(job: Job, progress: Progress) -> list[Made]:
        if job.attempt == 1:
            killed(job)
            actions.take_up_lost()
        return [Made("a.pdf", str(job.attempt).encode(), "x", [OWN])]

    work["do"] = do
    job = started(head)
    tasks.run.call(job.pk, 1)
    job.refresh_from_db()
    assert (job.state, job.files.count()) == (WAITING, 0)
    assert actions.fetch(done(job).files.get(), by=head) == b"2"


def test_a_job_from_which_something_was_heard_is_left_to_its_worker(work: Any, head: User) -> None:
    job = started(head)
    Job.objects.filter(pk=job.pk).update(state=RUNNING, heard_at=timezone.now())
    assert actions.take_up_lost() == 0
    with pytest.raises(NotPermitted):
        actions.retry(job, by=head)


def test_only_who_asked_fetches_a_file(work: Any, people: dict[str, User]) -> None:
    file = done(started(people["headteacher"])).files.get()
    with pytest.raises(NotPermitted):
        actions.fetch(file, by=people["data_officer"])


def test_a_file_expires_is_erased_and_can_be_made_again(
    work: Any, head: User, django_capture_on_commit_callbacks: Any
) -> None:
    job = done(started(head))
    file = job.files.get()
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    file.refresh_from_db()
    file.job.refresh_from_db()
    with pytest.raises(NotPermitted, match="expired"):
        actions.fetch(file, by=head)
    assert default_storage.exists(file.path)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.erase_expired() == 1
    assert not default_storage.exists(file.path)
    job.refresh_from_db()
    assert job.state == EXPIRED
    actions.retry(job, by=head)
    job.refresh_from_db()
    assert done(job).is_ready


def test_permission_is_looked_at_again_for_every_organisation_in_a_file(work: Any, head: User) -> None:
    work["do"] = lambda job, progress: [Made("a.pdf", b"1", "x", [OWN, OTHER])]
    file = done(started(head)).files.get()
    with pytest.raises(NotPermitted, match="any more"):
        actions.fetch(file, by=head)
    assert not events("exported figures")


def test_somebody_who_has_lost_the_role_since_fetches_nothing(work: Any, head: User) -> None:
    file = done(started(head)).files.get()
    head.roles_held.all().delete()
    with pytest.raises(NotPermitted, match="any more"):
        actions.fetch(file, by=User.objects.get(pk=head.pk))


def test_the_kind_of_work_may_refuse_a_file_too(work: Any, head: User) -> None:
    file = done(started(head)).files.get()
    work["why"] = "The release was taken back."
    with pytest.raises(NotPermitted, match="taken back"):
        actions.fetch(file, by=head)


def test_a_file_that_is_not_what_was_made_is_not_given_out(work: Any, head: User) -> None:
    file = done(started(head)).files.get()
    with open(default_storage.path(file.path), "wb") as opened:
        opened.write(b"changed")
    with pytest.raises(NotPermitted, match="damaged"):
        actions.fetch(file, by=head)
    default_storage.delete(file.path)
    with pytest.raises(NotPermitted, match="not there"):
        actions.fetch(file, by=head)


def test_nobody_asks_for_what_their_roles_do_not_let_them_make(work: Any, people: dict[str, User]) -> None:
    with pytest.raises(NotPermitted):
        started(people["councillor"])


def test_one_person_cannot_fill_the_queue(work: Any, head: User) -> None:
    for _ in range(actions.AT_ONCE):
        started(head)
    with pytest.raises(NotPermitted, match="under way"):
        started(head)


def test_a_closed_account_gets_no_files(work: Any, head: User) -> None:
    job = started(head)
    User.objects.filter(pk=head.pk).update(is_active=False)
    assert done(job).state == FAILED


def test_files_to_fetch_are_a_task_until_they_are_fetched(work: Any, head: User) -> None:
    job = done(started(head))
    assert [task.text for task in files_to_fetch(head)] == ["Download: Pack of Oak"]
    actions.fetch(job.files.get(), by=head)
    assert files_to_fetch(head) == []


def test_the_pages_show_a_job_from_asking_to_downloading(
    work: Any, head: User, client_of: Callable[..., Client]
) -> None:
    client = client_of("headteacher")
    assert "not asked for any files" in client.get("/files/").content.decode()
    job = started(head)
    waiting = client.get(f"/files/{job.pk}/").content.decode()
    assert "Waits for its turn" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "Look how far it is now" in waiting
    done(job)
    part = client.get(f"/files/{job.pk}/progress/").content.decode()
    assert "hx-get" not in part
    assert "Oak.pdf" in part
    answer = client.get(f"/files/{job.pk}/file/{job.files.get().pk}/")
    assert answer.content == b"contents"
    assert answer["Content-Disposition"] == 'attachment; filename="Oak.pdf"'
    assert answer["Cache-Control"] == "no-store"


def test_stopping_and_making_again_are_buttons_that_need_no_script(
    work: Any, head: User, client_of: Callable[..., Client]
) -> None:
    client, job = client_of("headteacher"), started(head)
    client.post(f"/files/{job.pk}/stop/")
    job.refresh_from_db()
    assert job.state == CANCELLED
    assert "Make it again" in client.get("/files/").content.decode()
    client.post(f"/files/{job.pk}/again/")
    job.refresh_from_db()
    assert (job.state, job.attempt) == (WAITING, 2)


def test_a_refused_download_says_why_and_is_recorded(
    work: Any, head: User, client_of: Callable[..., Client]
) -> None:
    file = done(started(head)).files.get()
    work["why"] = "The release was taken back."
    answer = client_of("headteacher").get(f"/files/{file.job_id}/file/{file.pk}/")
    assert answer.status_code == 403
    assert "The release was taken back." in answer.content.decode()
    assert len(events("was refused")) == 1


def test_a_file_of_work_that_the_service_does_no_more_says_so(
    work: Any, head: User, client_of: Callable[..., Client]
) -> None:
    file = done(started(head)).files.get()
    Job.objects.filter(pk=file.job_id).update(kind="gone")
    answer = client_of("headteacher").get(f"/files/{file.job_id}/file/{file.pk}/")
    assert answer.status_code == 403
    assert "does not do this kind of work any more" in answer.content.decode()


def test_the_list_asks_the_database_equally_often_however_long_it_is(
    work: Any, head: User, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    client = client_of("headteacher")

    def queries() -> int:
        with connection.execute_wrapper(count):
            found.clear()
            client.get("/files/")
            return len(found)

    found: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        found.append(sql)
        return execute(sql, *rest)

    done(started(head))
    one = queries()
    for _ in range(4):
        done(started(head))
    assert queries() == one
