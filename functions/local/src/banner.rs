//! What the developer is told once the system is up.

use std::fmt::Write;

use crate::{
    gateway::{Direct, Kind},
    system::System,
    users::{ADMIN_USER, DEMO_PASSWORD, DEMO_USER},
};

pub(crate) fn text(system: &System) -> String {
    let mut text = String::from("Latchkey runs on this machine.\n\n");
    let mut address = |what: &str, url: String| {
        let _ = writeln!(text, "  {what:<28} {url}");
    };
    address("Chat page", format!("{}/", system.gateway_url(Kind::RestToken)));
    for kind in Kind::ALL {
        address(kind.title(), system.gateway_url(kind));
    }
    for kind in Direct::ALL {
        address(kind.title(), system.direct_url(kind));
    }
    address("Chatbot, plain HTTP", system.plain_chatbot_url());
    address("Issuer", system.issuer_url());
    address("Lambda Invoke", system.lambda_url());
    address("DynamoDB", system.dynamodb_url());
    address("Secrets Manager", system.secrets_manager_url());
    address("Secret", system.secret_arn().to_owned());

    let (issuer, gateway, lambda) =
        (system.issuer_url(), system.gateway_url(Kind::RestToken), system.lambda_url());
    let (secrets, arn) = (system.secrets_manager_url(), system.secret_arn());
    let data = system.data().display();
    let _ = write!(
        text,
        r#"
  Users: {DEMO_USER} (USER) and {ADMIN_USER} (ADMIN), both with the password {DEMO_PASSWORD}

Try:
  TOKEN=$(curl -s {issuer}/login -H 'content-type: application/json' \
    -d '{{"username":"{DEMO_USER}","password":"{DEMO_PASSWORD}"}}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  curl -i {gateway}/api/chat -H "Authorization: Bearer $TOKEN" \
    -H 'content-type: application/json' -d '{{"message":"Hello"}}'
  curl -N {gateway}/api/chat -H "Authorization: Bearer $TOKEN" \
    -H 'content-type: application/json' -d '{{"message":"Hello","stream":true}}'
  curl -i -X POST {gateway}/api/chat -H 'Authorization: Bearer wrong'
  curl -i {issuer}/logout -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{{"scope":"this"}}'
  curl -i {secrets} -H 'x-amz-target: secretsmanager.RotateSecret' -d '{{"SecretId":"{arn}"}}'
  curl -i {lambda}/2015-03-31/functions/authorizer/invocations -d @event.json

  The whole story in one go: cargo run -p local -- demo
  Logs: {data}/log/ (parts), {data}/local.log (gateways, stand-ins)   Data: {data}/ (delete it to start afresh)
  Ctrl-C stops everything.
"#
    );
    text
}
