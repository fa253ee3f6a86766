"""Who sent it: one plain address, and what the team's own server found of it."""

import pytest

from mailer.answers import read_answer
from tests.answer_corpus import ANA, OURS, message, read

DOMAIN = "aurora.example.com"
GOOD = f"dmarc=pass header.from={DOMAIN}"


def verdict(*headers: str, server: str | None = "mx.example.com") -> str:
    lines = "".join(f"Authentication-Results: {header}\n" for header in headers)
    raw = message("2", headers=lines)
    return read_answer(raw, trusted_server=server, own_addresses=(OURS,)).authentication


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"mx.example.com; {GOOD}", "pass"),
        (f"mx.example.com; dkim=pass header.d={DOMAIN}; spf=none", "pass"),
        ("mx.example.com; dkim=pass header.i=@example.com", "pass"),
        (f"mx.example.com; spf=pass smtp.mailfrom={ANA}", "pass"),
        (f"mx.example.com 1; {GOOD}", "pass"),
        (f"MX.EXAMPLE.COM; DMARC=PASS header.from={DOMAIN}", "pass"),
        (f"mx.example.com (our own; really); dmarc=pass (p=none) header.from={DOMAIN}", "pass"),
        (f"mx.example.com; dmarc=fail header.from={DOMAIN}; dkim=pass header.d={DOMAIN}", "fail"),
        ("mx.example.com; spf=softfail smtp.mailfrom=evil.example", "fail"),
        (f"mx.example.com; dkim=fail header.d={DOMAIN}", "fail"),
        (f"mx.example.com; spf=fail smtp.mailfrom=x.example; dkim=pass header.d={DOMAIN}", "pass"),
        ("mx.example.com; dkim=pass header.d=evil.example", "none"),
        ("mx.example.com; dkim=pass header.d=notaurora.example.com", "none"),
        ("mx.example.com; dkim=pass header.d=com", "none"),
        ("mx.example.com; dmarc=pass header.from=evil.example", "none"),
        ("mx.example.com; none", "none"),
        ("mx.example.com", "none"),
        ("", "none"),
    ],
)
def test_the_own_servers_verdict_is_read(header: str, expected: str) -> None:
    assert verdict(header) == expected


def test_only_the_topmost_header_of_the_own_server_is_believed() -> None:
    forged = f"mx.example.com; {GOOD}"
    assert verdict(f"mx.example.com; dmarc=fail header.from={DOMAIN}", forged) == "fail"
    assert verdict("mx.example.com; dmarc=none", forged) == "none"


def test_another_servers_verdict_passes_nobody() -> None:
    assert verdict(f"mx.evil.example; {GOOD}") == "none"
    assert verdict(f"mx.example.com.evil.example; {GOOD}") == "none"
    assert verdict(f"mx.evil.example; {GOOD}", server=None) == "none"


def test_microsofts_form_without_an_id_passes_nobody_and_still_fails() -> None:
    sent = f"(sender IP is 192.0.2.1) smtp.mailfrom={DOMAIN}"
    passed = f"spf=pass {sent}; dkim=pass header.d={DOMAIN};{GOOD}"
    failed = f"spf=fail {sent}; dkim=none; dmarc=fail action=none"
    for server in (None, "mx.example.com"):
        assert verdict(passed, server=server) == "none"
        assert verdict(failed, server=server) == "fail"


def test_without_any_header_nothing_is_known() -> None:
    assert verdict() == "none"


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("Ana <Ana@Aurora.Example.com>", ANA),
        (ANA, ANA),
        (f'"{ANA}" <{ANA}>', ANA),
        (f"{ANA}, evil@evil.example", ""),
        (f"Ana <{ANA}>, Eva <eva@evil.example>", ""),
        (f'"{ANA}" <eva@evil.example>', ""),
        (
            "=?utf-8?q?Ana_=3Cana=40aurora=2Eexample=2Ecom=3E?= <eva@evil.example>",
            "eva@evil.example",
        ),
        ("=?utf-8?q?ana=40aurora=2Eexample=2Ecom?=", ""),
        ("ana@\u0430urora.example.com", None),
        ("", ""),
        ("Ana", ""),
    ],
)
def test_a_sender_is_one_plain_address_or_nobody(sender: str, address: str | None) -> None:
    found = read(message("2", sender=sender)).sender
    if address is None:
        assert found != ANA  # a letter that only looks the same
    else:
        assert found == address


def test_two_headers_of_from_are_nobody() -> None:
    raw = message("2", headers="From: eva@evil.example\n")
    assert read(raw).sender == ""


def test_ids_of_messages_are_taken_only_when_plain() -> None:
    raw = message("2", answers="<a@b> junk <x y@z> <c@d>", headers="References: <e@f> <a@b>\n")
    answer = read(raw)
    assert answer.in_reply_to[0] == "<a@b>"
    assert "<c@d>" in answer.in_reply_to
    assert all(" " not in each for each in answer.in_reply_to)
