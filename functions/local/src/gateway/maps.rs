//! Names and values as the different events hold them.

use serde_json::{Map, Value};

type Pairs<'a> = &'a [(String, String)];

/// One value per name: the last.
pub(super) fn single(pairs: Pairs<'_>) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// All values per name, as a list.
pub(super) fn multi(pairs: Pairs<'_>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        let list = map.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(value.clone().into());
        }
    }
    map
}

/// All values per name, joined with commas.
pub(super) fn joined(pairs: Pairs<'_>) -> Map<String, Value> {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match map.get_mut(name) {
            Some(Value::String(text)) => {
                text.push(',');
                text.push_str(value);
            }
            _ => {
                map.insert(name.clone(), value.clone().into());
            }
        }
    }
    map
}

/// The headers of an HTTP API: lower-cased and joined, cookies apart.
pub(super) fn http_api_headers(headers: Pairs<'_>) -> (Map<String, Value>, Vec<String>) {
    let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
    let cookies = headers.iter().filter(|(name, _)| is_cookie(name));
    let cookies =
        cookies.flat_map(|(_, value)| value.split(';')).map(|cookie| cookie.trim().to_owned()).collect();
    let others: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| !is_cookie(name))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    (joined(&others), cookies)
}

/// `null` for an empty map, as REST proxy events have it.
pub(super) fn or_null(map: Map<String, Value>) -> Value {
    if map.is_empty() { Value::Null } else { map.into() }
}
