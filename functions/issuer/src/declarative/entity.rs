//! One object of a file, member by member.
//!
//! A member of another type than it should have is a fault of its object; it is
//! never taken for absent. What nobody took is left to be told of.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::document::Node;

pub(super) struct Entity(BTreeMap<String, Node>);

/// A member is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its {name} is not {wanted}")]
pub(super) struct WrongType {
    name: &'static str,
    wanted: &'static str,
}

impl Entity {
    /// `None` where the node is no object.
    pub(super) fn of(node: Node) -> Option<Self> {
        match node {
            Node::Map(members) => Some(Self(members)),
            _ => None,
        }
    }

    /// An empty text counts as none.
    pub(super) fn take_text(&mut self, name: &'static str) -> Result<Option<Zeroizing<String>>, WrongType> {
        match self.take(name) {
            Node::Null => Ok(None),
            Node::Text(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            // YAML reads digits without quotes as a number, and would lose zeros.
            _ => Err(WrongType { name, wanted: "text; it may lack quotes" }),
        }
    }

    pub(super) fn take_name(&mut self, name: &'static str) -> Result<Option<String>, WrongType> {
        Ok(self.take_text(name)?.map(|text| text.as_str().to_owned()))
    }

    pub(super) fn take_texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, WrongType> {
        let fault = WrongType { name, wanted: "a list of texts" };
        let text = |node| match node {
            Node::Text(text) => Ok(text.as_str().to_owned()),
            _ => Err(fault),
        };
        match self.take(name) {
            Node::Null => Ok(None),
            Node::List(nodes) => nodes.into_iter().map(text).collect::<Result<_, _>>().map(Some),
            _ => Err(fault),
        }
    }

    pub(super) fn take_flag(&mut self, name: &'static str) -> Result<Option<bool>, WrongType> {
        match self.take(name) {
            Node::Null => Ok(None),
            Node::Flag(flag) => Ok(Some(flag)),
            _ => Err(WrongType { name, wanted: "true or false" }),
        }
    }

    pub(super) fn take_whole(&mut self, name: &'static str) -> Result<Option<u64>, WrongType> {
        match self.take(name) {
            Node::Null => Ok(None),
            Node::Whole(number) => Ok(Some(number)),
            _ => Err(WrongType { name, wanted: "a whole number" }),
        }
    }

    pub(super) fn take_list(&mut self, name: &'static str) -> Result<Vec<Node>, WrongType> {
        match self.take(name) {
            Node::Null => Ok(Vec::new()),
            Node::List(nodes) => Ok(nodes),
            _ => Err(WrongType { name, wanted: "a list" }),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Node {
        self.0.remove(name).unwrap_or(Node::Null)
    }

    /// What nobody took, each with how many there are of it.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, usize)> {
        self.0.into_iter().filter_map(|(name, node)| match node {
            Node::Null => None,
            Node::List(nodes) if nodes.is_empty() => None,
            Node::List(nodes) => Some((name, nodes.len())),
            _ => Some((name, 1)),
        })
    }
}
