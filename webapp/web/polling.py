"""What pages ask for again and again: an answer that they have already is not sent to them anew."""

from flask import Response, make_response, request


def unless_known(page: str) -> Response:
    """The answer to a page that asks for news: 304 without a body where that page has it already, as it says by
    If-None-Match (static/app.js), so that nothing is sent and nothing is drawn anew."""
    answer = make_response(page)
    # Weak: packed or not, it is the same.
    answer.add_etag(weak=True)
    answer.make_conditional(request)
    return answer
