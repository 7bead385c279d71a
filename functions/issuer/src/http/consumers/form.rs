//! Bodies of forms (`application/x-www-form-urlencoded`), as Kong reads them.

use std::collections::BTreeMap;

/// The values of each field, in their order. `tags[]`, `tags[1]` and `tags` are
/// one field; `consumer[id]` is `consumer.id`.
pub(super) fn parse(body: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        fields.entry(field_of(&name)).or_default().push(value.into_owned());
    }
    fields
}

fn field_of(name: &str) -> String {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((list, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => list.to_owned(),
        Some((object, member)) => format!("{object}.{member}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[(&str, &[&str])]) {
        let parsed = parse(body.as_bytes());
        let parsed: Vec<(&str, Vec<&str>)> = parsed
            .iter()
            .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(name, values)| (*name, values.to_vec())).collect();
        assert_eq!(parsed, expected, "{body}");
    }

    #[test]
    fn lists_and_members_are_written_in_several_ways() {
        check("username=shop+1&custom_id=%34%32", &[("custom_id", &["42"]), ("username", &["shop 1"])]);
        check("tags[]=a&tags[]=b", &[("tags", &["a", "b"])]);
        check("tags[1]=a&tags%5B2%5D=b&tags=c", &[("tags", &["a", "b", "c"])]);
        check("consumer.id=7", &[("consumer.id", &["7"])]);
        check("consumer[id]=7", &[("consumer.id", &["7"])]);
        check("", &[]);
        check("a&=b&c]=d", &[("", &["b"]), ("a", &[""]), ("c]", &["d"])]);
    }
}
