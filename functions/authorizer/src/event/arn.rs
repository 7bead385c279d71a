//! The ARN of a method or route: which API, which stage, which call.
//!
//! `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`
//! (API Gateway Developer Guide, "Amazon Resource Name format"). The path in it
//! is the client's, so only the part before the method goes into a policy.

/// The ARN of one call, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MethodArn<'a> {
    /// All up to and including the stage, without a slash at the end.
    pub(crate) stage_arn: &'a str,
    pub(crate) method: &'a str,
    /// The path with its leading slash.
    path: &'a str,
}

impl<'a> MethodArn<'a> {
    pub(crate) fn parse(arn: &'a str) -> Option<Self> {
        let mut fields = arn.splitn(6, ':');
        let named = |field| is_name(field, |byte| byte == b'-');
        if fields.next()? != "arn" || !named(fields.next()?) || fields.next()? != "execute-api" {
            return None;
        }
        if !named(fields.next()?) || !named(fields.next()?) {
            return None;
        }
        let resource = fields.next()?;
        let (api, rest) = resource.split_once('/')?;
        let (stage, rest) = rest.split_once('/')?;
        if !named(api) || !is_name(stage, |byte| matches!(byte, b'-' | b'_' | b'$')) {
            return None;
        }
        let (method, _) = rest.split_once('/').unwrap_or((rest, ""));
        let stage_arn = arn.strip_suffix(rest)?.strip_suffix('/')?;
        Some(Self { stage_arn, method, path: rest.strip_prefix(method)? })
    }

    /// Whether this is the handshake of a WebSocket API.
    pub(crate) fn is_connect(&self) -> bool {
        self.method == "$connect"
    }

    /// The path as the rules see it: a call of the root has an empty one here.
    pub(crate) fn path(&self) -> &'a str {
        if self.path.is_empty() { "/" } else { self.path }
    }
}

fn is_name(text: &str, is_mark: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arn: &str, expected: Option<(&str, &str, &str)>) {
        let parsed = MethodArn::parse(arn);
        assert_eq!(parsed.map(|arn| (arn.stage_arn, arn.method, arn.path())), expected, "{arn}");
    }

    #[test]
    fn partition_and_stage_are_kept_and_the_path_is_apart() {
        let stage = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test";
        check(&format!("{stage}/GET/request"), Some((stage, "GET", "/request")));
        check(&format!("{stage}/GET/"), Some((stage, "GET", "/")));
        check(&format!("{stage}/GET"), Some((stage, "GET", "/")));
        check(&format!("{stage}/GET/a:b/*/${{x}}"), Some((stage, "GET", "/a:b/*/${x}")));
        let china = "arn:aws-cn:execute-api:cn-north-1:123456789012:abcdef123/$default";
        check(&format!("{china}/POST/api/chat"), Some((china, "POST", "/api/chat")));
        check(&format!("{stage}/$connect"), Some((stage, "$connect", "/")));
    }

    #[test]
    fn an_arn_that_could_widen_a_policy_is_none() {
        for arn in [
            "",
            "arn:aws:execute-api:us-east-1:123456789012:abcdef123",
            "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test",
            "arn:aws:execute-api:us-east-1:123456789012:*/test/GET/",
            "arn:aws:execute-api:us-east-1:123456789012:abc/*/GET/",
            "arn:aws:execute-api:*:123456789012:abc/test/GET/",
            "arn:aws:execute-api:us-east-1::abc/test/GET/",
            "arn:aws:lambda:us-east-1:123456789012:abc/test/GET/",
            "arn:a?s:execute-api:us-east-1:123456789012:abc/test/GET/",
        ] {
            check(arn, None);
        }
    }
}
