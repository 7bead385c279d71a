//! From the text of a file to a tree: YAML, or the JSON that is written for it.
//!
//! A file of secrets is never quoted: a fault is told by its place. What a text
//! unfolds into is bounded, however often it refers to parts of itself.

use std::{cell::Cell, collections::BTreeMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// The longest text that is read, and the most that it unfolds into.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The most values of a tree: some hundred thousand consumers.
const MAX_NODES: usize = 8_000_000;

/// The deepest tree. Such a file is some ten levels deep.
const MAX_DEPTH: usize = 32;

/// One value of a file.
pub(super) enum Node {
    Null,
    Flag(bool),
    Whole(u64),
    /// Any other number.
    Number(f64),
    Text(Zeroizing<String>),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

/// A text that is no file of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableFile {
    #[error("line {line}, column {column}: this is not valid {format}, or unfolds into too much")]
    Syntax { format: &'static str, line: u64, column: u64 },
    #[error("the file has more than {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    #[error("{0}")]
    Content(&'static str),
}

/// Reads a text of either form.
pub(super) fn parse(text: &str) -> Result<Node, UnreadableFile> {
    if text.len() > MAX_BYTES {
        return Err(UnreadableFile::TooLarge);
    }
    // JSON is nearly YAML: not in its escapes of what is beyond sixteen bits.
    let json = if text.trim_start().starts_with('{') { Some(parse_json(text)) } else { None };
    match json {
        Some(Ok(node)) => Ok(node),
        Some(Err(fault)) => parse_yaml(text).map_err(|_| fault),
        None => parse_yaml(text),
    }
}

fn parse_json(text: &str) -> Result<Node, UnreadableFile> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let allowance = Allowance::default();
    let node = allowance.seed().deserialize(&mut deserializer);
    let node = node.and_then(|node| deserializer.end().map(|()| node));
    node.map_err(|error| {
        let place = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        UnreadableFile::Syntax { format: "JSON", line: place(error.line()), column: place(error.column()) }
    })
}

fn parse_yaml(text: &str) -> Result<Node, UnreadableFile> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 2 * MAX_NODES,
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            max_documents: 1,
            max_aliases: 10_000,
            enforce_alias_anchor_ratio: false,
        },
        // Errors would quote the lines around them.
        with_snippet: false,
        strict_booleans: true,
    };
    let allowance = Allowance::default();
    let node = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        allowance.seed().deserialize(deserializer)
    });
    node.map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
        UnreadableFile::Syntax { format: "YAML", line, column }
    })
}

/// What a tree may use up yet.
struct Allowance {
    bytes: Cell<usize>,
    nodes: Cell<usize>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { bytes: Cell::new(MAX_BYTES), nodes: Cell::new(MAX_NODES) }
    }
}

impl Allowance {
    fn seed(&self) -> NodeSeed<'_> {
        NodeSeed { allowance: self, depth: 0 }
    }

    fn take<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.bytes.get().checked_sub(bytes).zip(self.nodes.get().checked_sub(1));
        let (bytes, nodes) = left.ok_or_else(|| E::custom("too much"))?;
        self.bytes.set(bytes);
        self.nodes.set(nodes);
        Ok(())
    }
}

/// Reads one value out of an allowance.
#[derive(Clone, Copy)]
struct NodeSeed<'a> {
    allowance: &'a Allowance,
    depth: usize,
}

impl NodeSeed<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.allowance.take(0).map(|()| Node::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.allowance.take(0).map(|()| Node::Flag(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.allowance.take(0).map(|()| Node::Whole(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            // Nothing that is read here can be below zero.
            Err(_) => self.visit_f64(f64::NEG_INFINITY),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.allowance.take(0).map(|()| Node::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.allowance.take(value.len())?;
        Ok(Node::Text(Zeroizing::new(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        self.allowance.take(0)?;
        let inner = self.inner()?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(inner)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        self.allowance.take(0)?;
        let inner = self.inner()?;
        let mut nodes = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            self.allowance.take(name.len())?;
            if nodes.insert(name, map.next_value_seed(inner)?).is_some() {
                return Err(A::Error::custom("a name twice"));
            }
        }
        Ok(Node::Map(nodes))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// A tree in a form to compare.
    fn told(node: &Node) -> String {
        match node {
            Node::Null => "null".into(),
            Node::Flag(flag) => flag.to_string(),
            Node::Whole(number) => number.to_string(),
            Node::Number(number) => format!("{number:?}"),
            Node::Text(text) => format!("{:?}", text.as_str()),
            Node::List(nodes) => format!("[{}]", nodes.iter().map(told).collect::<Vec<_>>().join(",")),
            Node::Map(nodes) => {
                let members = nodes.iter().map(|(name, node)| format!("{name}:{}", told(node)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    fn check(text: &str, expected: &Expect) {
        expected.assert_eq(&match parse(text) {
            Ok(node) => told(&node),
            Err(fault) => fault.to_string(),
        });
    }

    #[test]
    fn yaml_and_json_give_the_same_tree() {
        let tree = expect![[r#"{a:["x",null,true],b:{c:7,d:1.5},e:"no",f:"1 2"}"#]];
        check("a: [x, null, true]\nb:\n  c: 7\n  d: 1.5\ne: no\nf: '1 2'\n", &tree);
        check(r#"{"a":["x",null,true],"b":{"c":7,"d":1.5},"e":"no","f":"1 2"}"#, &tree);
        check("{a: [x, ~, true], b: {c: 7, d: 1.5}, e: no, f: '1 2'}", &tree);
        check("--- # as deck writes it\na: x\n", &expect![[r#"{a:"x"}"#]]);
        check("\u{feff}a: x\r\nb: y\r\n", &expect![[r#"{a:"x",b:"y"}"#]]);
        check(r#"{"a":"\ud83d\ude00\/"}"#, &expect![[r#"{a:"😀/"}"#]]);
        check(
            "a: &x {b: c}\nd: *x\ne: {<<: *x, f: g}\n",
            &expect![[r#"{a:{b:"c"},d:{b:"c"},e:{b:"c",f:"g"}}"#]],
        );
        check("a: -7", &expect!["{a:-inf}"]);
        check("", &expect!["null"]);
    }

    #[test]
    fn a_fault_is_told_by_its_place_and_quotes_nothing() {
        check(
            "a: x\nsecret: {hunter2",
            &expect!["line 2, column 9: this is not valid YAML, or unfolds into too much"],
        );
        check(r#"{"secret": hunter2}"#, &expect![[r#"{secret:"hunter2"}"#]]);
        check(
            r#"{"secret": "hunter2""#,
            &expect!["line 1, column 20: this is not valid JSON, or unfolds into too much"],
        );
        check("a: 1\na: 2", &expect!["line 2, column 1: this is not valid YAML, or unfolds into too much"]);
        check(
            "a: 1\n---\nb: 2",
            &expect!["line 2, column 1: this is not valid YAML, or unfolds into too much"],
        );
        check("a: *hunter2", &expect!["line 1, column 4: this is not valid YAML, or unfolds into too much"]);
        check("\0", &expect!["line 1, column 1: this is not valid YAML, or unfolds into too much"]);
    }

    #[test]
    fn what_a_text_unfolds_into_is_bounded() {
        let faulty =
            |text: &str| assert!(matches!(parse(text), Err(UnreadableFile::Syntax { .. })), "{text:.40}");
        faulty(&"[".repeat(100_000));
        faulty(&format!("{}1{}", "[".repeat(33), "]".repeat(33)));
        faulty(&format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100)));
        // Nine lists of nine lists, nine times.
        let laughs = (1..9).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(",")));
        faulty(&format!("l0: &l0 x\n{}", laughs.collect::<String>()));
        // One long text, referred to many times.
        faulty(&format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(",")));
        assert_eq!(parse(&" ".repeat(MAX_BYTES + 1)).err(), Some(UnreadableFile::TooLarge));
    }
}
