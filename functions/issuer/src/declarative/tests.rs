//! Files of Kong, with every oddity, and what is made of them.

use expect_test::{Expect, expect};

use super::*;

/// The plan as lines, secrets by their lengths.
fn told(text: &str, secret_is_base64: Option<bool>) -> String {
    let plan = match Plan::of(text, secret_is_base64) {
        Ok(plan) => plan,
        Err(fault) => return format!("no plan: {fault}\n"),
    };
    let mut lines = Vec::new();
    for consumer in &plan.consumers {
        let PlannedConsumer { id, username, custom_id, tags, credentials } = consumer;
        lines.push(format!("{username} id={id:?} custom_id={custom_id:?} tags={tags:?}"));
        for one in credentials {
            let length = one.secret.len();
            let base64 = if one.secret_is_base64 { " base64" } else { "" };
            lines.push(format!(
                "  {} {} {length}{base64} id={:?} tags={:?}",
                one.key,
                one.algorithm.name(),
                one.id,
                one.tags
            ));
        }
    }
    for Unusable { consumer, key, reason } in &plan.unusable {
        lines.push(format!("refused {consumer} {key:?}: {reason}"));
    }
    for (what, count) in &plan.ignored {
        lines.push(format!("ignored {what} {count}"));
    }
    for one in &plan.correspondences {
        lines.push(format!("jwt plugin, {}", one.places.join(", ")));
        lines.extend(one.settings.iter().map(|(name, value)| format!("  {name}={value}")));
        lines.extend(one.differences.iter().map(|difference| format!("  {difference}")));
    }
    lines.extend(plan.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(plan.max_lifetime_secs.map(|secs| format!("lifetime {secs}")));
    lines.join("\n") + "\n"
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&told(text, None));
}

const NESTED: &str = r#"
_format_version: "3.0"
_transform: true
_info:
  select_tags: [team-a]
services:
- name: chat
  host: chat.internal
  routes:
  - name: chat
    paths: [/api]
    plugins:
    - name: jwt
      config:
        key_claim_name: kid
        claims_to_verify: [exp]
- name: other
  plugins: [{name: rate-limiting, config: {minute: 5}}]
plugins:
- name: jwt
  enabled: false
  config: {secret_is_base64: true}
- name: jwt
  config:
    anonymous: 1b0d6a5c-0000-4000-8000-000000000001
    claims_to_verify: [exp, nbf]
    cookie_names: [session]
    header_names: [authorization, x-token]
    maximum_expiration: 3600
    realm: shop
    run_on_preflight: false
    uri_param_names: []
- name: cors
consumers:
- id: 1b0d6a5c-0000-4000-8000-000000000002
  username: shop
  custom_id: "0042"
  tags: [gold, "2024"]
  created_at: 1700000000
  acls: [{group: a}, {group: b}]
  basicauth_credentials: [{username: shop, password: hunter2}]
  jwt_secrets:
  - id: 1b0d6a5c-0000-4000-8000-000000000003
    key: shop-1
    secret: 0123456789abcdef0123456789abcdef
    algorithm: HS256
    rsa_public_key: null
    tags: [live]
  - key: shop-2
    secret: "********************************************************************"
    algorithm: HS512
  - {key: shop-short, secret: tooshort}
  - {key: shop-rsa, algorithm: RS256, rsa_public_key: "-----BEGIN PUBLIC KEY-----"}
  - {key: shop-odd, algorithm: "my secret instead", secret: hunter2}
  - {key: shop-none}
  - {secret: 0123456789abcdef0123456789abcdef}
  - {key: shop-env, secret: '${{ env "DECK_SHOP_SECRET" }}'}
  - {key: shop-vault, secret: '{vault://env/shop-secret/with-a-long-name}'}
  - {key: shop-digits, secret: 01234567890123456789012345678901}
  - {key: shop-1, secret: 0123456789abcdef0123456789abcdef}
  - {key: "a\nb", secret: 0123456789abcdef0123456789abcdef}
  - hunter2
- custom_id: only-custom
  jwt_secrets: []
- username: shop
- username: 7
- id: 1b0d6a5c-0000-4000-8000-000000000004
- username: plugged
  plugins: [{name: rate-limiting}]
- hunter2
upstreams: []
certificates: [{cert: hunter2}]
"#;

#[test]
fn a_file_of_deck_with_every_oddity() {
    check(
        NESTED,
        &expect![[r#"
            shop id=Some("1b0d6a5c-0000-4000-8000-000000000002") custom_id=Some("0042") tags=["gold", "2024"]
              shop-1 HS256 32 id=Some("1b0d6a5c-0000-4000-8000-000000000003") tags=["live"]
              shop-2 HS512 68 id=None tags=[]
            only-custom id=None custom_id=Some("only-custom") tags=[]
            plugged id=None custom_id=None tags=[]
            refused shop Some("shop-digits"): its secret is not text; it may lack quotes
            refused shop None: its credential is no object
            refused number 4 None: its username is not text; it may lack quotes
            refused number 7 None: it is no object
            refused shop None: its username is in the file before, and the first one has it
            refused 1b0d6a5c-0000-4000-8000-000000000004 None: it has neither username nor custom_id
            refused shop Some("shop-short"): the secret has 8 bytes, HS256 needs at least 32
            refused shop Some("shop-rsa"): its algorithm is RS256: only HS256, HS384 and HS512 are served
            refused shop Some("shop-odd"): its algorithm is none that is known: only HS256, HS384 and HS512 are served
            refused shop Some("shop-none"): it has no secret
            refused shop None: it has no key: Kong makes one up each time it reads the file
            refused shop Some("shop-env"): its secret is a variable of deck: render the file first
            refused shop Some("shop-vault"): its secret is in a vault of Kong's: put it into the file
            refused shop Some("shop-1"): its key is in the file before, and the first one has it
            refused shop Some("a\nb"): its key is not 1 to 255 bytes of text without control characters
            ignored _info 1
            ignored _transform 1
            ignored certificates 1
            ignored consumers[].acls 2
            ignored consumers[].basicauth_credentials 1
            ignored consumers[].plugins 1
            ignored plugins other than jwt 2
            ignored routes 1
            ignored services 2
            jwt plugin, global
              CONSUMERS=on
              TOKEN_SOURCES=header:authorization,header:x-token,cookie:session
              Kong measures maximum_expiration from the moment of the request; the authorizer from iat where a token has one
              a request without a good token is anonymous in Kong; the authorizer refuses it
              preflight requests pass Kong; let API Gateway answer them (CORS)
              the challenge of a refusal has Kong's realm; API Gateway's has none
            jwt plugin, routes "chat"
              CONSUMERS=on
              TOKEN_SOURCES=header:authorization,query:jwt
              Kong does not look at nbf here; the authorizer does where a token has one
              Kong reads the key of a credential from kid; the authorizer does where a token has no iss
              a token in a query ends up in logs; leave out of TOKEN_SOURCES what no client uses
            note: maximum_expiration is not the same everywhere; a credential has one, so it is left alone
        "#]],
    );
}

#[test]
fn a_file_of_kong_has_credentials_beside_their_consumers() {
    check(
        r#"{
            "_format_version": "2.1",
            "consumers": [
                {"id": "1b0d6a5c-0000-4000-8000-000000000002", "username": "shop", "tags": null},
                {"id": "1b0d6a5c-0000-4000-8000-000000000005", "username": "other", "custom_id": "shop"}
            ],
            "jwt_secrets": [
                {"consumer": "1b0d6a5c-0000-4000-8000-000000000002", "key": "by-id",
                 "secret": "0123456789abcdef0123456789abcdef", "created_at": 1, "ttl": 5},
                {"consumer": "shop", "key": "by-name", "secret": "0123456789abcdef0123456789abcdef"},
                {"consumer": {"username": "other"}, "key": "by-username", "secret": "0123456789abcdef0123456789abcdef"},
                {"consumer": {"custom_id": "shop"}, "key": "by-custom-id", "secret": "0123456789abcdef0123456789abcdef"},
                {"consumer": "nobody", "key": "orphan", "secret": "0123456789abcdef0123456789abcdef"},
                {"key": "nobodys", "secret": "0123456789abcdef0123456789abcdef"},
                7
            ]
        }"#,
        &expect![[r#"
            shop id=Some("1b0d6a5c-0000-4000-8000-000000000002") custom_id=None tags=[]
              by-id HS256 32 id=None tags=[]
              by-name HS256 32 id=None tags=[]
            other id=Some("1b0d6a5c-0000-4000-8000-000000000005") custom_id=Some("shop") tags=[]
              by-username HS256 32 id=None tags=[]
              by-custom-id HS256 32 id=None tags=[]
            refused of jwt_secrets number 6 Some("nobodys"): it names no consumer
            refused of jwt_secrets number 7 None: it is no object
            refused nobody Some("orphan"): its consumer is not among those of the file that can be imported
            ignored jwt_secrets[].ttl 1
            note: the file has no jwt plugin: secrets are taken as they are, not as base64
        "#]],
    );
}

#[test]
fn secrets_are_base64_where_the_plugin_says_so_or_the_reader() {
    let file = |plugins: &str| {
        format!(
            "_format_version: '3.0'\nplugins: {plugins}\n\
             consumers: [{{username: a, jwt_secrets: [\
             {{key: long, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}},\
             {{key: short, secret: 0123456789abcdef0123456789abcdef}},\
             {{key: none, secret: 'not base64, and thirty-two bytes long'}}]}}]\n"
        )
    };
    let base64 =
        "[{name: jwt, config: {secret_is_base64: true, claims_to_verify: [exp, nbf], uri_param_names: []}}]";
    check(
        &file(base64),
        &expect![[r#"
            a id=None custom_id=None tags=[]
              long HS256 44 base64 id=None tags=[]
            refused a Some("short"): the secret has 24 bytes, HS256 needs at least 32
            refused a Some("none"): the secret is not valid base64
            jwt plugin, global
              CONSUMERS=on
              TOKEN_SOURCES=header:authorization
        "#]],
    );
    expect![[r#"
        a id=None custom_id=None tags=[]
          long HS256 44 base64 id=None tags=[]
        refused a Some("short"): the secret has 24 bytes, HS256 needs at least 32
        refused a Some("none"): the secret is not valid base64
    "#]]
    .assert_eq(&told(&file("[]"), Some(true)));
    expect![[r"
        a id=None custom_id=None tags=[]
          long HS256 44 id=None tags=[]
          short HS256 32 id=None tags=[]
          none HS256 37 id=None tags=[]
        jwt plugin, global
          CONSUMERS=on
          TOKEN_SOURCES=header:authorization
    "]]
    .assert_eq(&told(&file(base64), Some(false)));
    let both = "[{name: jwt, config: {secret_is_base64: true}}, {name: jwt}]";
    check(
        &file(both),
        &expect![[r"
            no plan: the jwt plugin reads secrets as base64 in one place and not in another: say which with --secret-is-base64=true or --secret-is-base64=false
        "]],
    );
}

#[test]
fn configs_of_plugins_may_be_shared_and_differ_in_lifetimes() {
    check(
        "_format_version: 3.0\n\
         _plugin_configs: {ours: {maximum_expiration: 600, claims_to_verify: [exp, nbf], uri_param_names: []}}\n\
         plugins: [{name: jwt, _config: ours}]\n\
         routes: [{name: slow, plugins: [{name: jwt, _config: ours, config: {maximum_expiration: 900}}]}]\n",
        &expect![[r#"
            ignored routes 1
            jwt plugin, global, routes "slow"
              CONSUMERS=on
              TOKEN_SOURCES=header:authorization
              Kong measures maximum_expiration from the moment of the request; the authorizer from iat where a token has one
            note: maximum_expiration is not the same everywhere; a credential has one, so it is 900 s
            lifetime 900
        "#]],
    );
    check(
        "_format_version: '3.0'\nplugins: [{name: jwt, config: {key_claim_name: aud}}, \
         {name: jwt, config: {maximum_expiration: 60}}]\n",
        &expect![[r#"
            jwt plugin, global
              CONSUMERS=on
              TOKEN_SOURCES=header:authorization,query:jwt
              Kong takes expired tokens here, and tokens without exp, because claims_to_verify does not name exp; the authorizer refuses both
              Kong does not look at nbf here; the authorizer does where a token has one
              Kong reads the key of a credential from "aud"; the authorizer from iss, or kid where a token has no iss: tokens have to change
              a token in a query ends up in logs; leave out of TOKEN_SOURCES what no client uses
            jwt plugin, global
              CONSUMERS=on
              TOKEN_SOURCES=header:authorization,query:jwt
              Kong takes expired tokens here, and tokens without exp, because claims_to_verify does not name exp; the authorizer refuses both
              Kong does not look at nbf here; the authorizer does where a token has one
              Kong measures maximum_expiration from the moment of the request; the authorizer from iat where a token has one
              a token in a query ends up in logs; leave out of TOKEN_SOURCES what no client uses
            note: maximum_expiration is not the same everywhere; a credential has one, so it is left alone
        "#]],
    );
}

#[test]
fn what_is_no_such_file_is_refused_as_a_whole() {
    check(
        "consumers: []",
        &expect![[r"
            no plan: the file has no _format_version of 1.1, 2.1 or 3.0: it is no declarative configuration of Kong
        "]],
    );
    check(
        "_format_version: '4.0'",
        &expect![[r"
            no plan: the file has no _format_version of 1.1, 2.1 or 3.0: it is no declarative configuration of Kong
        "]],
    );
    check(
        "- hunter2",
        &expect![[r"
            no plan: the file is no object of declarative configuration
        "]],
    );
    check(
        "",
        &expect![[r"
            no plan: the file is no object of declarative configuration
        "]],
    );
    check(
        "_format_version: '3.0'\nconsumers: {hunter2: x}",
        &expect![[r"
            no plan: consumers, jwt_secrets, plugins, services and routes are lists
        "]],
    );
    check(
        "_format_version: '3.0'\nplugins: [{name: jwt, config: hunter2}]",
        &expect![[r"
            no plan: the config of a jwt plugin cannot be read
        "]],
    );
    check(
        "_format_version: '3.0'\nplugins: [{name: jwt, _config: hunter2}]",
        &expect![[r"
            no plan: a jwt plugin refers to a _plugin_config that is not there
        "]],
    );
    check(
        "_format_version: '3.0'\nplugins: [{name: jwt, config: {secret_is_base64: 'yes'}}]",
        &expect![[r"
            no plan: the config of a jwt plugin cannot be read
        "]],
    );
    check(
        "_format_version: '3.0'",
        &expect![[r"
            note: the file has no jwt plugin: secrets are taken as they are, not as base64
        "]],
    );
}

#[test]
fn the_same_file_gives_the_same_ids_and_leaves_alone_what_it_does_not_say() {
    let text = "_format_version: '3.0'\n\
                consumers: [{username: a, jwt_secrets: [{key: k, secret: 0123456789abcdef0123456789abcdef}]}]\n";
    let import =
        |present: &Present, for_all| Plan::of(text, None).unwrap().consumers[0].to_import(present, for_all);
    let told = |present: &Present, for_all: ForAll| {
        let import = import(present, for_all);
        let one = &import.credentials[0];
        let (consumer, credential) = (import.consumer.id, &one.id);
        format!("{consumer} {credential} {} {} {}", one.role, one.enabled, one.max_lifetime_secs)
    };
    let nothing = Present::default();
    expect!["a405b2fa-9d72-54a2-8ad8-5053dccae6cc ff2670c7-76e0-5fa6-96ea-344458f2d2d3 USER true 31536000"]
        .assert_eq(&told(&nothing, ForAll::default()));
    let mut present = Present::default();
    present.consumers.insert("a".into(), "stored-id".into());
    let stored = PresentCredential {
        id: "stored-key-id".into(),
        role: token::Role::Supervisor,
        enabled: false,
        max_lifetime_secs: 60,
    };
    present.credentials.insert("k".into(), stored);
    expect!["stored-id stored-key-id SUPERVISOR false 60"].assert_eq(&told(&present, ForAll::default()));
    let for_all = ForAll { role: Some(token::Role::Admin), max_lifetime_secs: Some(900) };
    expect!["stored-id stored-key-id ADMIN false 900"].assert_eq(&told(&present, for_all));
}
