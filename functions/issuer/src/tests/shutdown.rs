//! Stopping.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{app::App, database::on_each_database};

async fn a_request_that_has_begun_is_answered_after_the_signal() {
    let mut app = App::start().await;
    let token = app.ada().await.refresh();
    let body = format!(r#"{{"refresh_token":"{token}"}}"#);
    let (begun, rest) = body.split_at(20);
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // The server says so once it has the head and waits for the body.
    let mut go_on = [0; 25];
    connection.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write_all(begun.as_bytes()).await.unwrap();

    app.stop.take().unwrap().send(()).unwrap();
    while TcpStream::connect(app.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    connection.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("refresh_token"));
    app.server.await.unwrap();
}

on_each_database! {
    a_request_that_has_begun_is_answered_after_the_signal,
}
