"""Bugs at the edges, where the functions meet their queues: a failure that nobody hears of."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer

TELLING = (
    Bug(
        "swallowed-exception",
        "what is raised outside of a record is caught, and the message stays without a word",
        (
            in_layer(
                "edge/queue.py",
                '        failures.log("message", error, message_id=message.id)\n'
                "        failures.count(error)\n"
                "        url = settings.queue_url or message.queue_url\n"
                '        hide(client("sqs"), url, message.receipt_handle, _seconds(error, message, settings))\n',
                "        error = error\n",
            ),
        ),
        check="edge",
    ),
)
