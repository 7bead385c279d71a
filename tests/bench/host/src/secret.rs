//! One bare fetch of the secret: what nobody who needs it can save.

use std::{
    io,
    time::{Duration, Instant},
};

use crate::{plan::Secret, wire::Wire};

/// How long a fetch takes, its connection included.
pub(crate) fn fetch(secret: &Secret) -> io::Result<Duration> {
    let body = format!("{{\"SecretId\":\"{}\",\"VersionStage\":\"AWSCURRENT\"}}", secret.id);
    // moto looks at the scope of a signature, not at the signature.
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: secretsmanager.GetSecretValue\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/secretsmanager/aws4_request, \
         SignedHeaders=host, Signature=none\r\n\
         Content-Length: {}\r\n\r\n{body}",
        secret.address,
        body.len()
    );
    let started = Instant::now();
    let mut wire = Wire::connect(secret.address)?;
    wire.send(request.as_bytes())?;
    let message = wire.expect(Duration::from_secs(30))?;
    if !message.body.windows(14).any(|bytes| bytes == b"\"SecretString\"") {
        return Err(io::Error::other(format!("no secret but {}", String::from_utf8_lossy(&message.body))));
    }
    Ok(message.at.duration_since(started))
}
