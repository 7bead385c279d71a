"""Reads the authorizer's answers as API Gateway would.

Each function returns nothing where the answer is as it should be, and
otherwise what is wrong with it.
"""


def allows(answer, claims, form):
    """The caller may go on, and the backend learns who it is."""
    if form == "http":
        return _http_allow(answer, claims)
    context = answer.get("resolverContext" if form == "appsync" else "context")
    if not isinstance(context, dict) or context.get("sub") != claims["sub"]:
        return f"no context with sub {claims['sub']!r}: {answer}"
    # API Gateway turns any other type into a 500, and null as well.
    if not all(isinstance(value, str) for value in context.values()):
        return f"context values that are not strings: {context}"
    if context.get("role") != str(claims["role"]).upper():
        return f"context with another role than {claims['role']!r}: {context}"
    return _policy_allow(answer, claims) if form == "policy" else _simple_allow(answer)


def refuses(answer, form):
    """The caller may not go on, in the form that this kind of event wants."""
    if form == "http":
        challenge = _headers(answer).get("WWW-Authenticate", "")
        told = answer.get("statusCode") == 401 and challenge.startswith("Bearer realm=")
        return None if told else f"no 401 with a challenge: {answer}"
    if form == "appsync":
        return None if answer == {"isAuthorized": False} else f"no refusal: {answer}"
    return unauthorized(answer)


def _headers(answer):
    multiple = answer.get("multiValueHeaders")
    return {k: v[0] for k, v in multiple.items()} if multiple else answer.get("headers", {})


def _http_allow(answer, claims):
    headers = _headers(answer)
    if answer.get("statusCode") != 200 or headers.get("X-Auth-Sub") != claims["sub"]:
        return f"no 200 for {claims['sub']!r}: {answer}"
    if headers.get("X-Auth-Role") != str(claims["role"]).upper():
        return f"another role than {claims['role']!r}: {answer}"
    return None


def _simple_allow(answer):
    if answer.get("isAuthorized") is not True or "principalId" in answer:
        return f"no simple answer: {answer}"
    return None


def _policy_allow(answer, claims):
    if answer.get("principalId") != claims["sub"] or "isAuthorized" in answer:
        return f"no policy for {claims['sub']!r}: {answer}"
    policy = answer.get("policyDocument") or {}
    statements = policy.get("Statement") or []
    if policy.get("Version") != "2012-10-17" or not statements:
        return f"no policy document: {answer}"
    for statement in statements:
        if None in statement.values() or statement.get("Effect") != "Allow":
            return f"a statement that does not allow: {statement}"
        if statement.get("Action") != "execute-api:Invoke":
            return f"an action that is not execute-api:Invoke: {statement}"
        resources = statement.get("Resource") or []
        resources = resources if isinstance(resources, list) else [resources]
        # API Gateway keeps the policy and applies it to the other routes.
        if not resources or not all(r.endswith("/*") for r in resources):
            return f"resources that are not the whole stage: {statement}"
        ends = statement.get("Condition", {}).get("DateLessThanIfExists", {})
        if "aws:CurrentTime" not in ends:
            return f"a statement that outlives the token: {statement}"
    return None


def unauthorized(answer):
    """401: this very text, which API Gateway compares byte by byte."""
    if answer.get("errorMessage") == "Unauthorized":
        return None
    return f"no error with the text Unauthorized: {answer}"


def names_the_problem(answer):
    """500 by an error that was meant: not a crash, not a timeout."""
    if "text" in answer or str(answer.get("errorType")).startswith("Runtime."):
        return f"the process ended or hung: {answer}"
    return could_not_tell(answer)


def could_not_tell(answer, form="policy"):
    """500: an error, and neither a yes nor a no. A load balancer gets a 503."""
    if form == "http":
        return None if answer.get("statusCode") == 503 else f"no 503: {answer}"
    message = answer.get("errorMessage", answer.get("text"))
    if message is None or "isAuthorized" in answer or "policyDocument" in answer:
        return f"no error: {answer}"
    if message == "Unauthorized":
        return f"a no where nobody could tell: {answer}"
    return None
