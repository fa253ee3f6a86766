"""The local Google says who you are, counts what you ask, and fails as it is told to."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError

from tests.fakes.google import Fault, GoogleServer, Limits, open_client
from tests.fakes.google.client import SHEETS, mount
from tests.fakes.google.stage import ANA, ROBOT, Stage, stage

READ_ONLY = "https://www.googleapis.com/auth/spreadsheets.readonly"


@pytest.fixture
def here() -> Iterator[Stage]:
    yield from stage()


class TestTokens:
    def test_a_service_accounts_key_is_exchanged_once_and_the_token_used_again(
        self, here: Stage
    ) -> None:
        key = here.server.service_account(ROBOT)
        untyped: Any = Credentials
        made = untyped.from_service_account_info(key, scopes=[SHEETS])
        session: Any = AuthorizedSession
        with session(made) as opened:
            mount(opened, here.server)
            url = f"https://sheets.googleapis.com/v4/spreadsheets/{here.book_id}"
            assert opened.get(url, timeout=10).status_code == 200
            assert opened.get(url, timeout=10).status_code == 200
        assert here.server.requests == ["token", "spreadsheets.get", "spreadsheets.get"]

    def test_a_token_that_is_no_longer_good_is_renewed_by_google_auth(self, here: Stage) -> None:
        sheet = here.book.sheet1
        here.server.revoke_tokens()
        here.server.forget_requests()
        sheet.get("A1")
        assert here.server.requests == [
            "spreadsheets.values.get",
            "token",
            "spreadsheets.values.get",
        ]
        assert [one.status for one in here.server.log] == [401, 200, 200]

    def test_a_person_may_let_a_program_act_for_them(self, here: Stage) -> None:
        client = open_client(here.server, here.server.consent(ANA, SHEETS), scopes=[SHEETS])
        client.open_by_key(here.book_id).sheet1.update([["a"]], "A1")
        assert here.server.log[-1].user == ANA
        client.http_client.session.close()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ("key", "Invalid JWT Signature."),
            ("account", "Invalid grant: account not found"),
            ("consent", "Token has been expired or revoked."),
        ],
    )
    def test_a_wrong_key_is_refused_at_the_token_endpoint(
        self, wrong: str, said: str, here: Stage
    ) -> None:
        key = here.server.service_account(ROBOT, other_key=wrong == "key")
        if wrong == "account":
            key["client_email"] = "gone@local-project.iam.gserviceaccount.com"
        if wrong == "key":
            key["private_key_id"] = "other"
        if wrong == "consent":
            key = {**here.server.consent(ANA, SHEETS), "refresh_token": "1//old"}
        client = open_client(here.server, key, scopes=[SHEETS])
        with pytest.raises(RefreshError, match=said):
            client.open_by_key(here.book_id)
        client.http_client.session.close()

    def test_a_token_to_read_does_not_write(self, here: Stage) -> None:
        client = open_client(here.server, here.server.service_account(ROBOT), scopes=[READ_ONLY])
        sheet = client.open_by_key(here.book_id).sheet1
        error = here.refused(lambda: sheet.update([["a"]], "A1"))
        assert error["message"] == "Request had insufficient authentication scopes."
        assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        client.http_client.session.close()

    def test_an_api_that_was_never_switched_on_says_where_to_do_so(self, here: Stage) -> None:
        here.server.disable_api()
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{here.book_id}"
        error = here.client.http_client.session.get(url).json()["error"]
        assert error["code"] == 403
        assert "Enable it by visiting https://console.developers.google.com" in error["message"]
        assert error["details"][1]["reason"] == "SERVICE_DISABLED"

    def test_without_a_token_nothing_is_shown(self, here: Stage) -> None:
        url = f"{here.server.url}/v4/spreadsheets/{here.book_id}"
        assert requests.get(url, timeout=10).json()["error"]["code"] == 403
        stale = requests.get(url, timeout=10, headers={"Authorization": "Bearer old"})
        assert stale.json()["error"]["status"] == "UNAUTHENTICATED"


class TestQuotas:
    def test_reads_and_writes_are_counted_apart_by_user_and_minute(self) -> None:
        for here in stage(limits=Limits(per_user=3)):
            sheet = here.book.sheet1  # two reads
            sheet.get("A1")
            for _ in range(3):
                sheet.update([["a"]], "A1")
            error = here.refused(lambda sheet=sheet: sheet.get("A1"))  # type: ignore[misc]
            assert error["status"] == "RESOURCE_EXHAUSTED"
            assert error["message"] == (
                "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per "
                "minute per user' of service 'sheets.googleapis.com' for consumer "
                "'project_number:123456789012'."
            )
            assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
            assert error["details"][0]["metadata"]["quota_limit_value"] == "3"
            here.clock[0] += 60
            assert sheet.get("A1") == [["a"]]

    def test_a_batch_counts_once_whatever_it_holds(self) -> None:
        for here in stage(limits=Limits(per_user=2)):
            url = f"https://sheets.googleapis.com/v4/spreadsheets/{here.book_id}:batchUpdate"
            one: dict[str, Any] = {
                "updateSheetProperties": {"properties": {"title": "x"}, "fields": "title"}
            }
            session = here.client.http_client.session
            answers = [session.post(url, json={"requests": [one] * 50}) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]

    def test_the_project_has_a_quota_over_all_its_users(self) -> None:
        for here in stage(limits=Limits(per_project=2)):
            sheet = here.book.sheet1  # both
            error = here.refused(lambda sheet=sheet: sheet.get("A1"))  # type: ignore[misc]
            assert "limit 'Read requests per minute' of service" in error["message"]


class TestFaults:
    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_failure_before_applying_leaves_the_sheet_as_it_was(
        self, status: int, here: Stage
    ) -> None:
        sheet = here.book.sheet1
        here.server.fail(Fault(status=status))
        error = here.refused(lambda: sheet.update([["a"]], "A1"))
        assert error["code"] == status
        assert sheet.get("A1") == [[]]

    def test_a_failure_after_applying_leaves_it_changed(self, here: Stage) -> None:
        sheet = here.book.sheet1
        here.server.fail(Fault(status=500, when="after"))
        error = here.refused(lambda: sheet.update([["a"]], "A1"))
        assert error["status"] == "INTERNAL"
        assert sheet.get("A1") == [["a"]]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_dropped_answer_says_nothing_of_what_was_done(self, when: Any, here: Stage) -> None:
        sheet = here.book.sheet1
        here.server.fail(Fault(drop=True, when=when))
        with pytest.raises(requests.exceptions.ConnectionError):
            sheet.update([["a"]], "A1")
        assert sheet.get("A1") == ([["a"]] if when == "after" else [[]])

    def test_an_answer_may_end_in_the_middle(self, here: Stage) -> None:
        sheet = here.book.sheet1
        sheet.update([["a" * 100]], "A1")
        here.server.fail(Fault(cut=True))
        with pytest.raises(requests.exceptions.RequestException):
            sheet.get("A1")

    def test_a_page_of_html_is_no_json(self, here: Stage) -> None:
        sheet = here.book.sheet1
        here.server.fail(Fault(status=502, html=True))
        with pytest.raises((APIError, ValueError)) as caught:  # gspread 6.1 breaks on it
            sheet.get("A1")
        if isinstance(caught.value, APIError):
            assert caught.value.code == -1
        here.server.fail(Fault(status=502, html=True, retry_after="30"))
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{here.book_id}"
        answer = here.client.http_client.session.get(url)
        assert (answer.status_code, answer.headers["Retry-After"]) == (502, "30")
        assert answer.headers["Content-Type"].startswith("text/html")

    def test_a_slow_answer_runs_into_the_clients_time_out(self, here: Stage) -> None:
        sheet = here.book.sheet1
        here.client.set_timeout(0.2)
        done, over = threading.Event(), threading.Event()
        here.server.fail(Fault(until=done, when="after", action=over.set))
        with pytest.raises(requests.exceptions.Timeout):
            sheet.update([["a"]], "A1")
        done.set()
        assert over.wait(60)
        here.client.set_timeout(20)
        assert sheet.get("A1") == [["a"]]

    def test_the_second_write_fails_and_no_other(self, here: Stage) -> None:
        sheet = here.book.sheet1
        here.server.fail(Fault(status=500, nth=2, method="spreadsheets.values.update"))
        sheet.update([["a"]], "A1")
        sheet.get("A1")
        assert here.refused(lambda: sheet.update([["b"]], "A1"))["code"] == 500
        sheet.update([["c"]], "A1")
        assert sheet.get("A1") == [["c"]]

    def test_a_person_edits_between_the_change_and_its_answer(self, here: Stage) -> None:
        sheet = here.book.sheet1
        ana = here.ana
        edit = Fault(when="after", action=lambda: ana.types(here.book_id, "A1", ["Ana's"]))
        here.server.fail(edit)
        sheet.update([["robot's"]], "A1")
        assert sheet.get("A1") == [["Ana's"]]

    def test_the_token_endpoint_can_fail_too(self) -> None:
        with GoogleServer() as server:
            key = server.service_account(ROBOT)
            book = server.new_spreadsheet("x", owner=ANA)
            server.share(book, ROBOT)
            server.fail(Fault(status=400, method="token"))
            client = open_client(server, key)
            with pytest.raises(RefreshError):
                client.open_by_key(book)
            client.http_client.session.close()


def test_a_server_that_breaks_of_itself_does_not_pass_for_a_failing_google(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    opened = stage()
    here = next(opened)
    sheet = here.book.sheet1
    monkeypatch.setattr("tests.fakes.google.values._shown", broken)
    assert here.refused(lambda: sheet.get("A1"))["code"] == 500
    with pytest.raises(ExceptionGroup, match="itself broke"):
        next(opened)


class TestDrive:
    def test_a_service_account_can_own_nothing_and_a_person_can(self, here: Stage) -> None:
        with pytest.raises(APIError, match="storage quota"):
            here.client.create("mine")
        scopes = ["https://www.googleapis.com/auth/drive", SHEETS]
        client = open_client(here.server, here.server.consent(ANA, *scopes), scopes=scopes)
        made = client.create("Ana's")
        client.insert_permission(made.id, ROBOT, perm_type="user", role="writer", notify=False)
        assert here.client.open("Ana's").id == made.id
        assert {one["name"] for one in here.client.list_spreadsheet_files()} == {
            "Ana's",
            "Cobrança",
        }
        client.http_client.session.close()

    def test_a_file_says_what_the_caller_may_do(self, here: Stage) -> None:
        session = here.client.http_client.session
        url = f"https://www.googleapis.com/drive/v3/files/{here.book_id}"

        def may() -> Any:
            asked = {"fields": "name,capabilities(canEdit,canShare),ownedByMe"}
            return session.get(url, params=asked).json()

        expected = {"canEdit": True, "canShare": True}
        assert may() == {"name": "Cobrança", "ownedByMe": False, "capabilities": expected}
        here.server.share(here.book_id, ROBOT, "reader")
        assert may()["capabilities"]["canEdit"] is False
        assert session.get(url).json() == {
            "kind": "drive#file",
            "id": here.book_id,
            "name": "Cobrança",
            "mimeType": "application/vnd.google-apps.spreadsheet",
        }
        here.server.share(here.book_id, ROBOT, "")
        answer = session.get(url)
        assert answer.status_code == 404
        assert answer.json()["error"]["errors"][0]["reason"] == "notFound"
