"""What TikTok answers to deliveries is taken in again and again, on the store's thread."""

import asyncio

from twinbeam.jobs import token_checks


def test_a_run_takes_in_the_newest_answers_on_the_store_s_thread():
    done = []

    async def on_store(fn, *args):
        done.append("on the thread")
        return fn(*args)

    def learn():
        done.append("learned")
        return 1

    job = token_checks.job(learn, on_store)
    for _ in range(2):
        asyncio.run(job.act())
    assert done == ["on the thread", "learned"] * 2
    assert (job.name, job.alone) == ("token_checks", True)
