"""Alerts by HTTP: what may be reached, what counts as taken, and that no trouble tells an address."""

import asyncio

import pytest
from aiohttp import web

from twinbeam.alerts.formats import mail_of, slack_body
from twinbeam.alerts.messages import Message
from twinbeam.core.networks import Allowed
from twinbeam.integrations.alert_channels import AlertPost, mail

LOOPBACK = "127.0.0.0/8"


async def posted(answer, *, networks=(LOOPBACK,), url="http://127.0.0.1:{port}/key-of-it", seconds=5.0):
    """Post to a server that answers so; give what came of it and how many posts there were."""
    posts = []

    async def take(request):
        posts.append(await request.read())
        return await answer(request)

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        post = AlertPost(Allowed(networks), most_seconds=seconds)
        return await post.post(url.format(port=port), b"{}", {}), len(posts)
    finally:
        await runner.cleanup()


def status(code, **head):
    async def answer(_request):
        return web.Response(status=code, headers=head)

    return answer


async def never(_request):
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (status(204), ""),
        (status(500), "It answers 500."),
        (status(302, location="http://127.0.0.1:1/inside"), "It answers 302."),
        (status(404), "It answers 404."),
    ],
)
def test_only_what_is_taken_counts_and_no_redirect_is_followed(answer, trouble):
    assert asyncio.run(posted(answer)) == (trouble, 1)


def test_a_receiver_that_never_answers_is_given_up_in_time():
    trouble, _ = asyncio.run(posted(never, seconds=0.2))
    assert trouble == "It did not answer within 0 seconds."


@pytest.mark.parametrize(
    ("url", "networks", "trouble"),
    [
        ("http://127.0.0.1:{port}/key-of-it", (), "http://"),
        ("https://127.0.0.1:{port}/key-of-it", (), "TWINBEAM_ALERT_NETWORKS"),
        ("https://localhost:{port}/key-of-it", (), "TWINBEAM_ALERT_NETWORKS"),
        ("https://[::ffff:127.0.0.1]:{port}/key-of-it", (), "TWINBEAM_ALERT_NETWORKS"),
        ("https://169.254.169.254/key-of-it", (LOOPBACK,), "TWINBEAM_ALERT_NETWORKS"),
        ("http://127.0.0.1:1/key-of-it", (LOOPBACK,), "cannot be reached"),
        ("http://host name/key-of-it", (LOOPBACK,), "cannot be reached"),
    ],
)
def test_nothing_private_is_reached_that_is_not_listed_and_no_address_is_told(url, networks, trouble):
    found, posts = asyncio.run(posted(status(204), url=url, networks=networks))
    assert trouble in found
    assert "key-of-it" not in found
    assert posts == 0


def test_without_a_mail_server_the_trouble_says_what_to_set():
    told = asyncio.run(mail(None, "", ["ada@shop.example"], ("", ""), now_s=0))
    assert "TWINBEAM_SMTP_URL" in told


def test_names_that_look_like_markup_mention_nobody_in_slack_and_end_no_line_of_a_subject():
    it = Message(id="1", type="alert.began", at_ms=0, title="<!channel> & co", text="<@U1>", kind="disk", since_ms=1)
    assert b"<!channel>" not in slack_body(it)
    assert b"&lt;!channel&gt; &amp; co" in slack_body(it)
    assert "\n" not in mail_of(it)[0]
