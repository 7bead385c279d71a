//! How the issuer treats browsers, crowds and what is no request at all.

use reqwest::{Method, RequestBuilder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    app::{Answer, App, PASSWORD, SECRET},
    database::on_each_database,
};

const PAGE: &str = "https://app.example.com";

async fn open_to_one_page() -> App {
    App::start_with(&[
        ("JWT_SECRET", SECRET),
        ("CORS_ALLOW_ORIGINS", "https://app.example.com, http://localhost:3000"),
        ("ISSUER_BEHIND_TLS_PROXY", "true"),
        ("TRUSTED_PROXIES", "none"),
    ])
    .await
}

impl App {
    fn options(&self, path: &str) -> RequestBuilder {
        self.request(Method::OPTIONS, path)
    }

    /// What a browser asks before a page of `origin` may send JSON.
    async fn preflight(&self, path: &str, origin: &str) -> Answer {
        let request = self
            .options(path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        self.send(request).await
    }
}

async fn pages_of_other_origins_are_let_in_by_name_only() {
    let app = open_to_one_page().await;
    let allowed = app.preflight("/login", PAGE).await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), PAGE);
    assert_eq!(allowed.header("access-control-allow-methods"), "GET, POST, PUT, PATCH, DELETE");
    assert!(allowed.header("access-control-allow-headers").contains("Authorization"));
    assert_eq!(allowed.header("vary"), "Origin");

    let answer = app.send(app.get("/me").header("origin", PAGE)).await;
    answer.is_error(401, "no_token");
    assert_eq!(answer.header("access-control-allow-origin"), PAGE, "errors can be read too");
    let exposed = answer.header("access-control-expose-headers");
    assert_eq!(exposed, "X-Request-Id, Retry-After, WWW-Authenticate");

    for other in ["https://evil.example.com", "https://app.example.com.evil.com", "null", "http://localhost"]
    {
        let refused = app.preflight("/login", other).await;
        let answer = app.send(app.get("/healthz").header("origin", other)).await;
        for answer in [refused, answer] {
            assert_eq!(answer.header("access-control-allow-origin"), "", "{other}");
            assert_eq!(answer.header("vary"), "Origin");
        }
    }
    let same_origin = app.send(app.get("/healthz")).await;
    assert_eq!(same_origin.header("vary"), "Origin");
    assert_eq!(same_origin.header("access-control-allow-origin"), "");
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
}

async fn nobody_is_let_in_unless_named() {
    let app = App::start().await;
    let asked = app.preflight("/login", PAGE).await;
    let answer = app.send(app.get("/healthz").header("origin", PAGE)).await;
    for answer in [asked, answer] {
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
        assert_eq!(answer.header("vary"), "");
    }
}

async fn options_and_head_tell_what_there_is() {
    let app = open_to_one_page().await;
    let options = app.send(app.options("/login")).await;
    assert_eq!((options.status.as_u16(), options.text.as_str()), (204, ""));
    assert_eq!(options.header("allow"), "POST");
    assert_eq!(app.send(app.options("/me")).await.header("allow"), "GET,HEAD");
    app.send(app.options("/nowhere")).await.is_error(404, "not_found");

    let head = app.send(app.request(Method::HEAD, "/healthz")).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), "application/json");
    assert_eq!(app.send(app.request(Method::HEAD, "/login")).await.status, 405);
}

async fn every_answer_tells_browsers_to_do_nothing_with_it() {
    let app = open_to_one_page().await;
    for answer in [
        app.ada().await,
        app.send(app.get("/nowhere")).await,
        app.send(app.get("/login")).await,
        app.send(app.get("/me")).await,
        app.preflight("/login", PAGE).await,
        app.send(app.post("/login").body("{")).await,
    ] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let plain = App::start().await;
    let answer = plain.send(plain.get("/healthz")).await;
    assert_eq!(answer.header("strict-transport-security"), "");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

async fn what_is_no_json_object_is_refused_and_breaks_nothing() {
    let app = App::start().await;
    let good = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    let nested = |depth| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let hostile: [Vec<u8>; 14] = [
        format!("{good}{good}").into(),
        format!("{good} x").into(),
        format!("{good},").into(),
        format!("\u{feff}{good}").into(),
        br#"{"username":"ada","username":"bob","password":"x"}"#.into(),
        br#"{"username":"ada","password":"x","password":"y"}"#.into(),
        br#"{"username":"ada","password":"x","p\u0061ssword":"y"}"#.into(),
        nested(30_000).into(),
        "[".repeat(60_000).into(),
        b"{\"username\":\"\xff\",\"password\":\"x\"}".into(),
        b"{\"username\":\"ada\",\"password\":\"x\",\"other\":\"\xff\"}".into(),
        br#"{"username":"\ud800","password":"x"}"#.into(),
        br#"{"username":"a\u0000b","password":"x"}"#.into(),
        b"\0".into(),
    ];
    for body in hostile {
        let shown = String::from_utf8_lossy(&body).chars().take(80).collect::<String>();
        for path in ["/login", "/refresh"] {
            let request = app.post(path).header("content-type", "application/json");
            let answer = app.send(request.body(body.clone())).await;
            assert_eq!(answer.status, 400, "{path} {shown}: {}", answer.text);
            answer.is_error(400, "invalid_request");
        }
    }
    app.ada().await;
}

async fn what_is_no_http_is_refused_and_breaks_nothing() {
    let app = App::start().await;
    for text in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nx\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"]
    {
        let mut connection = TcpStream::connect(app.address).await.unwrap();
        connection.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{text:?}: {answer}");
    }
    app.ada().await;
}

/// Asks on a connection that stays open.
async fn ask(connection: &mut TcpStream) {
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
}

async fn read_answer(connection: &mut TcpStream) {
    let mut answer = Vec::new();
    while !answer.ends_with(br#"{"status":"ok"}"#) {
        assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0);
    }
}

async fn beyond_the_most_connections_new_ones_wait() {
    let settings = [("JWT_SECRET", SECRET), ("ISSUER_MAX_CONNECTIONS", "1")];
    let app = App::start_with(&settings).await;
    let mut first = TcpStream::connect(app.address).await.unwrap();
    ask(&mut first).await;
    read_answer(&mut first).await;

    let mut second = TcpStream::connect(app.address).await.unwrap();
    ask(&mut second).await;
    for _ in 0..20 {
        ask(&mut first).await;
        read_answer(&mut first).await;
    }
    let nothing = second.try_read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    read_answer(&mut second).await;
}

on_each_database! {
    pages_of_other_origins_are_let_in_by_name_only,
    nobody_is_let_in_unless_named,
    options_and_head_tell_what_there_is,
    every_answer_tells_browsers_to_do_nothing_with_it,
    what_is_no_json_object_is_refused_and_breaks_nothing,
    what_is_no_http_is_refused_and_breaks_nothing,
    beyond_the_most_connections_new_ones_wait,
}
