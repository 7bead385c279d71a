"""Who is there, and what is their password? Neither is to be learnt by asking.

Right is one and the same answer for unknown, known, disabled and locked (design,
section 7; how long it takes is a benchmark's to say), and a bound on every kind
of guess (README, "The issuer": 5 at once per account and address, 30 per
address, 50 per account from where its owner never was).
"""

import time

from forgery import one_time_password
from wire import send
from world import each

PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, PER_ACCOUNT, PER_FACTOR = 5, 30, 50, 5
# One more comes with every interval, and a slow machine may see a few of them go by.
SLACK = 3


def attack(world, case):
    user = world.add_user()
    same_answers(world, case, user)
    unknown_things(world, case)
    one_address(world, case)
    many_addresses(world, case)
    second_factor(world, case)
    known_session(world, case)
    reset_tokens(world, case)


def told(answer):
    """All of an answer but what differs from one request to the next."""
    apart = ("x-request-id", "date")
    return answer.status, [pair for pair in answer.headers if pair[0] not in apart], answer.body


def same_answers(world, case, user):
    disabled, with_factor = world.add_user(), world.add_user()
    world.admin("PATCH", f"/admin/users/{disabled.id}", {"disabled": True})
    enrol(world, with_factor)
    unknown = world.try_login("nobody-of-that-name", "not the password")
    case("an unknown user", unknown.status == 401 and unknown.member("error") == "invalid_credentials", unknown)
    for what, username, password in [
        ("a wrong password", user.username, "not the password"),
        ("another user's password", user.username, disabled.password),
        ("a disabled user's right password", disabled.username, disabled.password),
        ("a disabled user's wrong password", disabled.username, "not the password"),
        ("a wrong password where there is a second factor", with_factor.username, "not the password"),
        ("an administrator's wrong password", "admin", "not the password"),
        ("a name in capitals", user.username.upper(), "not the password"),
        ("a password of one letter", user.username, "x"),
        ("a password of 1024 bytes", user.username, "x" * 1024),
        ("a password with a NUL", user.username, user.password + "\u0000"),
        ("a password with a space", user.username, user.password + " "),
        ("a password in capitals", user.username, user.password.swapcase()),
        ("half of a password", user.username, user.password[: len(user.password) // 2]),
    ]:
        answer = world.try_login(username, password)
        case(f"{what} is answered like an unknown user", told(answer) == told(unknown), answer)
    answer = world.try_login(with_factor.username, "not the password", otp="000000")
    case("a code does not tell that there is a factor", told(answer) == told(unknown), answer)
    for password in ["x" * 1025, ""]:
        one, other = (world.try_login(name, password) for name in (user.username, "nobody-of-that-name"))
        case(f"a password of {len(password)} bytes is answered alike", told(one) == told(other), one)


def unknown_things(world, case):
    """Ids of others, and ids of nobody."""
    mine, other = world.add_user(), world.add_user()
    session, theirs = world.log_in(mine), world.log_in(other)
    nobody = "00000000-0000-7000-8000-000000000000"
    for method, place, real in [
        ("DELETE", "/sessions/{}", theirs.sid),
        ("GET", "/admin/users/{}", other.id),
        ("PATCH", "/admin/users/{}", other.id),
        ("DELETE", "/admin/users/{}", other.id),
        ("POST", "/admin/users/{}/password-reset", other.id),
        ("GET", "/admin/users/{}/sessions", other.id),
        ("DELETE", "/admin/users/{}/sessions", other.id),
        ("DELETE", "/admin/users/{}/totp", other.id),
        ("GET", "/consumers/{}", "shop"),
        ("GET", "/consumers/{}/jwt", "shop"),
        ("GET", "/jwts/{}", "shop"),
    ]:
        for who, token in [("a user", session.access), ("nobody", None)]:
            value = {} if method == "PATCH" else None
            one, other_one = (world.ask(method, place.format(name), value, token) for name in (real, nobody))
            case(
                f"{method} {place} tells {who} nothing",
                told(one) == told(other_one) and one.status in (401, 403, 404),
                one,
            )
    case("nothing has become of the other", world.ask("GET", "/me", token=theirs.access).status == 200)
    refused = [
        world.ask("POST", "/refresh", {"refresh_token": token})
        for token in (theirs.refresh[:-4] + "AAAA", "x", "a.b.c")
    ]
    case("refresh tokens are refused alike", len({str(told(answer)) for answer in refused}) == 1, refused[0])


def one_address(world, case):
    """Guesses from one place, however it is disguised."""
    disguises = {
        "as it is": lambda number, real: [("X-Forwarded-For", real)],
        "with another in front": lambda number, real: [("X-Forwarded-For", f"203.0.113.{number}, {real}")],
        "in two lines": lambda number, real: [("X-Forwarded-For", f"203.0.113.{number}"), ("X-Forwarded-For", real)],
        "with garbage in front": lambda number, real: [("X-Forwarded-For", f'"{number}, unknown, {real}')],
        "with a port": lambda number, real: [("X-Forwarded-For", f"{real}:{4000 + number}")],
        "beside other headers": lambda number, real: [
            ("X-Forwarded-For", real),
            ("Forwarded", f"for=203.0.113.{number}"),
            ("X-Real-Ip", f"203.0.113.{number}"),
            ("X-Client-Ip", f"203.0.113.{number}"),
            ("True-Client-Ip", f"203.0.113.{number}"),
            ("Cf-Connecting-Ip", f"203.0.113.{number}"),
            ("Via", f"1.1 203.0.113.{number}"),
        ],
        "as IPv6": lambda number, real: [("X-Forwarded-For", f"::ffff:{real}")],
        "in one network": lambda number, real: [
            ("X-Forwarded-For", f"2001:db8:{real.split('.')[3]}:{real.split('.')[2]}::{number}")
        ],
    }

    def one(item):
        what, disguise = item
        user, real = world.add_user(), world.address()
        body = '{"username":"%s","password":"wrong"}'
        answers = []
        for number in range(2 * PER_ACCOUNT_AND_ADDRESS + SLACK):
            # A name has no case, so that its spelling is no disguise either.
            name = user.username.upper() if number % 2 else user.username
            headers = [*disguise(number, real), ("Content-Type", "application/json")]
            answers.append(send(world.issuer, "POST", "/login", headers, body % name))
        bounded(case, f"guesses of a password from one address, {what}", answers, PER_ACCOUNT_AND_ADDRESS)
        headers = [*disguise(99, real), ("Content-Type", "application/json")]
        right = send(
            world.issuer,
            "POST",
            "/login",
            headers,
            '{"username":"%s","password":"%s"}' % (user.username, user.password),
        )
        case(f"the right password is not looked at then, {what}", right.status == 429, right)
        owner = world.try_login(user.username, user.password)
        case(f"its owner comes in from elsewhere, {what}", owner.status == 200, owner)

    each(one, disguises.items(), at_once=2)
    address = world.address()
    answers = each(
        lambda number: world.try_login(f"nobody-{number}", "wrong", address), range(PER_ADDRESS + 15), at_once=2
    )
    bounded(case, "guesses of many names from one address", answers, PER_ADDRESS)


def bounded(case, what, answers, bound):
    looked_at = sum(answer.status == 401 for answer in answers)
    others = [answer for answer in answers if answer.status != 401]
    case(f"{what}: as many as documented", 1 <= looked_at <= bound + SLACK, f"{looked_at} looked at")
    slowed = others and all(answer.status == 429 and int(answer.header("retry-after")) >= 1 for answer in others)
    case(f"{what}: the rest is told when to come again", slowed, others[:1])
    case(f"{what}: with one text", len({answer.body for answer in others}) <= 1)


def many_addresses(world, case):
    """Guesses at one account from everywhere lock it for strangers, and not for its owner."""
    user, home = world.add_user(), world.address()
    world.log_in(user, home)
    each(lambda _: world.try_login(user.username, "wrong"), range(PER_ACCOUNT + SLACK), at_once=2)
    unknown = world.try_login("nobody-of-that-name", "wrong")
    stranger = world.try_login(user.username, user.password)
    case("the right password does not open a locked account for a stranger", stranger.status == 401, stranger)
    case("a locked account is answered like an unknown user", told(stranger) == told(unknown), stranger)
    owner = world.try_login(user.username, user.password, home)
    case("the owner is never locked out", owner.status == 200, owner)


def enrol(world, user):
    """Gives a user a second factor; returns its secret, the step that it was confirmed with, and the recovery codes."""
    session = world.log_in(user)
    begun = world.ask("POST", "/me/totp", {"current_password": user.password}, session.access).json()
    now = time.time()
    code = one_time_password(begun["secret"], now)
    codes = world.ask("POST", "/me/totp/confirm", {"otp": code}, session.access).json()["recovery_codes"]
    world.keep_secret(begun["secret"], *codes)
    return begun["secret"], now, codes


def second_factor(world, case):
    user = world.add_user()
    secret, at, codes = enrol(world, user)
    without = world.try_login(user.username, user.password)
    case("no login without the code", without.status == 401 and without.member("error") == "otp_required", without)
    used = world.try_login(user.username, user.password, otp=one_time_password(secret, at))
    case("a code that was used is refused", used.status == 401 and used.member("error") == "invalid_otp", used)
    # The clock may be one step off.
    later = one_time_password(secret, at + 30)
    raced = each(lambda _: world.try_login(user.username, user.password, otp=later), range(4), at_once=4)
    case("of four logins with one code one comes in", sum(answer.status == 200 for answer in raced) == 1, raced[0])
    spent = [world.try_login(user.username, user.password, otp=codes[0]) for _ in range(2)]
    case("a recovery code works once", [answer.status for answer in spent] == [200, 401], spent[1])
    for what, guess in [
        ("codes", lambda number: f"{number:06}"),
        ("recovery codes", lambda number: f"0000-0000-0000-{number:04}"),
    ]:
        victim = world.add_user()
        secret, at, codes = enrol(world, victim)
        answers = each(
            lambda number: world.try_login(victim.username, victim.password, otp=guess(number)),
            range(2 * PER_FACTOR),
            1,
        )
        bounded(case, f"guesses of {what} from everywhere", answers, PER_FACTOR)
        right = world.try_login(victim.username, victim.password, otp=one_time_password(secret, at + 30))
        case(f"after guesses of {what} the right code is not looked at", right.status == 429, right)


def known_session(world, case):
    """A stolen access token is not enough to guess the password with."""
    user, address = world.add_user(), world.address()
    session = world.log_in(user, address)
    guesses = [
        ("/me/password", {"current_password": "wrong", "new_password": "another-long-one-3141"}),
        ("/me/totp", {"current_password": "wrong"}),
    ]
    answers = [
        world.ask("POST", *guesses[number % 2], session.access, address)
        for number in range(3 * PER_ACCOUNT_AND_ADDRESS)
    ]
    looked_at = sum(answer.status == 403 for answer in answers)
    limited = {answer.status for answer in answers} == {403, 429} and looked_at <= PER_ACCOUNT_AND_ADDRESS + SLACK
    case("guesses of one's own password are bounded", limited, f"{looked_at} looked at")
    case("the password is as before", world.try_login(user.username, user.password).status == 200)


def reset_tokens(world, case):
    user = world.add_user()
    session = world.log_in(user)

    def use(token, password="another-long-one-2718"):
        world.keep_secret(password)
        return world.ask("POST", "/password-reset", {"reset_token": token, "new_password": password})

    def offer():
        token = world.admin("POST", f"/admin/users/{user.id}/password-reset")["reset_token"]
        world.keep_secret(token)
        return token

    first, second = offer(), offer()
    unknown = use("x" * 43)
    case("an unknown reset token", unknown.status == 401, unknown)
    for what, token in [
        ("a replaced one", first),
        ("one in capitals", second.swapcase()),
        ("half of one", second[:20]),
        ("none", ""),
        ("one with a tail", second + "A"),
        ("one with a space", second + " "),
        ("one with a NUL", second + "\u0000"),
        ("a wildcard", "%"),
        ("an access token", session.access),
        ("a refresh token", session.refresh),
        ("a user's id", user.id),
    ]:
        answer = use(token)
        case(f"a reset token that is {what} is answered like an unknown one", told(answer) == told(unknown), answer)
    guesses = each(lambda number: use(f"{number:043}"), range(40))
    case("forty guesses change nothing", {answer.status for answer in guesses} == {401}, guesses[0])
    raced = each(lambda number: use(second, f"another-long-one-{number}-1618"), range(4), at_once=4)
    case(
        "of four uses of one token one is granted",
        sorted(answer.status for answer in raced) == [204, 401, 401, 401],
        raced[0],
    )
    case("a used token is answered like an unknown one", told(use(second)) == told(unknown))
    case("the old password is over", world.try_login(user.username, user.password).status == 401)
    case("so are the sessions", world.ask("GET", "/me", token=session.access).status == 401)
