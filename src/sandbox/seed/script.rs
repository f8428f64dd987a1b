//! The hand-written conversations and stories in `assets/demo`.

use crate::sandbox::letter::Auto;
use serde::Deserialize;
use std::collections::BTreeMap;

const FRONT: &str = include_str!("../../../assets/demo/front.toml");
const ARCHIVE: &str = include_str!("../../../assets/demo/archive.toml");
const CUSTOMERS: &str = include_str!("../../../assets/demo/customers.toml");

/// Everything that was written by hand.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) front: Vec<Scene>,
    pub(super) archive: Archive,
    /// `Name <address>` by language.
    pub(super) customers: BTreeMap<String, Vec<String>>,
}

/// One of the newest conversations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scene {
    pub(super) subject: String,
    pub(super) who: String,
    pub(super) owner: Option<String>,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) message: Vec<Line>,
    #[serde(default)]
    pub(super) note: Vec<NoteLine>,
}

/// One mail of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Age, such as `2h14m`.
    pub(super) ago: String,
    /// Nick of a teammate; the customer otherwise.
    pub(super) by: Option<String>,
    /// Another subject than the conversation's.
    pub(super) subject: Option<String>,
    pub(super) text: String,
    pub(super) html: Option<String>,
    pub(super) charset: Option<String>,
    pub(super) auto: Option<Auto>,
    #[serde(default)]
    pub(super) quote: bool,
    #[serde(default)]
    pub(super) attach: Vec<String>,
    /// A delivery report about this mail comes in at this age.
    pub(super) bounce: Option<String>,
}

/// One note in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteLine {
    pub(super) by: String,
    pub(super) ago: String,
    pub(super) text: String,
}

/// What the older weeks are told with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Archive {
    pub(super) products: Vec<String>,
    pub(super) cities: Vec<String>,
    pub(super) story: Vec<Story>,
    pub(super) leaflet: Vec<Leaflet>,
    pub(super) junk: Vec<Leaflet>,
}

/// A conversation with blanks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    pub(super) lang: String,
    pub(super) tags: Vec<String>,
    /// The products it can be about; all when empty.
    #[serde(default)]
    pub(super) products: Vec<String>,
    pub(super) subjects: Vec<String>,
    pub(super) asks: Vec<String>,
    pub(super) answers: Vec<String>,
    /// What the customer says to the answer; empty for nothing.
    pub(super) thanks: Vec<String>,
    /// What is attached to the answer.
    pub(super) attach: Option<String>,
}

/// A single mail with blanks that wants no answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaflet {
    pub(super) who: String,
    pub(super) auto: Option<Auto>,
    pub(super) subjects: Vec<String>,
    pub(super) text: String,
    pub(super) html: Option<String>,
}

impl Script {
    /// Reads the files; they are part of the program, so only a test ever sees an error.
    pub(super) fn load() -> Result<Self, toml::de::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Front {
            conversation: Vec<Scene>,
        }
        let front: Front = toml::from_str(FRONT)?;
        Ok(Self {
            front: front.conversation,
            archive: toml::from_str(ARCHIVE)?,
            customers: toml::from_str(CUSTOMERS)?,
        })
    }
}
