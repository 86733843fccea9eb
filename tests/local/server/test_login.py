from __future__ import annotations

from hfjobs_magic.local.server.login import CODE_LIFE, MAX_CODES, Codes, PageCookie, is_page


def test_a_code_works_once_and_not_for_long():
    now = [0.0]
    codes = Codes(lambda: now[0])
    first, second = codes.make(), codes.make()
    assert codes.has(first)
    assert codes.take(first)
    assert not codes.has(first)
    assert not codes.take(first)
    assert not codes.take("never made")
    now[0] = CODE_LIFE
    assert not codes.has(second)
    assert not codes.take(second)


def test_codes_that_nobody_takes_do_not_pile_up():
    codes = Codes()
    made = [codes.make() for _ in range(MAX_CODES + 1)]
    assert not codes.take(made[0])
    assert codes.take(made[1])
    assert codes.take(made[-1])


def test_the_cookie_is_not_the_token_and_belongs_to_one_service():
    cookie = PageCookie("hf_secret", 1234)
    header = cookie.make_header()
    assert "hf_secret" not in header
    assert {"HttpOnly", "SameSite=Lax", "Path=/jobs"} <= set(header.split("; "))
    pair = header.partition(";")[0]
    assert cookie.is_in(f"other=1; {pair}")
    assert not PageCookie("hf_other", 1234).is_in(pair)
    assert not PageCookie("hf_secret", 1235).is_in(pair)
    assert not cookie.is_in(pair[:-1])
    assert not cookie.is_in('"; broken=\x01')


def test_only_a_jobs_page_is_opened_after_logging_in():
    page = "/jobs/local/0123456789abcdef01234567"
    assert is_page(page)
    for other in ("", "//evil.example", "https://evil.example/", page + "/cancel", page + "\n", "/jobs/local/../x"):
        assert not is_page(other)
