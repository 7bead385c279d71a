"""Texts and values that do not belong where they are put."""

# In everything that is sent, so that it is found wherever it turns up.
MARK = "injected7c1b"

TEXTS = [
    f"' OR '1'='1' -- {MARK}",
    f"{MARK}'; DROP TABLE users; --",
    f"{MARK}'; DELETE FROM sessions; --",
    f"{MARK}' UNION SELECT id, username, 'ADMIN' FROM users --",
    f"{MARK}\\'; --",
    f'{MARK}" OR ""="',
    f"{MARK}%' OR username LIKE '%",
    f"{MARK}'||(SELECT hash FROM users LIMIT 1)||'",
    f"{MARK}'; SELECT pg_sleep(9); --",
    f"{MARK}$1",
    f"{MARK}?1",
    f"{MARK}:id",
    f"{MARK}'/*",
    f"{MARK}`; --",
    f"{MARK}\uff07 OR 1=1",
    f'{MARK}\r\n{{"level":"INFO","message":"audit","action":"login"}}',
    f"{MARK}\x1b[2J\x1b[31m",
    f"{MARK}\u2028\u2029\u0085",
    f"{MARK}\r\nX-Injected: 1\r\n\r\n<script>",
    f"{MARK}%0d%0aX-Injected:%201",
    f"{MARK}\u010a\u010dX-Injected: 1",
    f'{MARK}","role":"ADMIN","x":"',
    f"{MARK}\u0000",
    f"{MARK}" + "a" * 3000,
    f"{MARK}${{jndi:ldap://127.0.0.1:9/x}}",
    f"{MARK}{{{{7*7}}}}<%= 7*7 %>",
    f"{MARK}$(touch /tmp/{MARK})`touch /tmp/{MARK}`",
    f"<script>alert('{MARK}')</script>",
    f"../../../../etc/passwd{MARK}",
    f"{MARK}\u202eNIMDA",
    f"{MARK}#CRED#x",
    f"{MARK}*)(uid=*))(|(uid=*",
]
VALUES = [
    {"$ne": None},
    {"$gt": ""},
    [],
    [MARK],
    [[MARK]],
    {MARK: MARK},
    True,
    0,
    -1,
    1e308,
    2**64,
    -(2**63) - 1,
    None,
    "",
    {"__proto__": {"role": "ADMIN"}},
    [{"a": [{"a": [{"a": []}]}]}],
]
# Texts that no JSON library writes.
RAW = [b'"\\ud800"', b'"\xff\xfe"', b"NaN", b"1e999", b'"\\u0000"', b"[" * 2000, b'{"a":1,"a":2}', b"0x1", b"'x'"]
