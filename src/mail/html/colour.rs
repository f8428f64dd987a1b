//! What inline style says about visibility.

use super::tokens::attribute;

/// Whether an element is never displayed.
pub(super) fn is_hidden(attributes: &str) -> bool {
    if attribute(attributes, "hidden").is_some() {
        return true;
    }
    let Some(style) = attribute(attributes, "style") else {
        return false;
    };
    let style = squeezed(&style);
    let nothing = |name: &str| {
        property(&style, name).is_some_and(|value| {
            let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
            digits.parse::<f32>() == Ok(0.0)
        })
    };
    property(&style, "display") == Some("none")
        || property(&style, "visibility") == Some("hidden")
        || nothing("font-size")
        || nothing("opacity")
        || nothing("max-height")
        || nothing("height") && property(&style, "overflow") == Some("hidden")
}

/// The text colour an element sets, as RGB.
pub(super) fn foreground(attributes: &str) -> Option<u32> {
    let style = attribute(attributes, "style").map(|style| squeezed(&style));
    let styled = style.as_deref().and_then(|style| property(style, "color"));
    let own = attribute(attributes, "color");
    parse(styled.or(own.as_deref())?)
}

/// The background an element sets: `None` when it sets none, `Some(None)` when nobody can say
/// which (a picture, a gradient).
pub(super) fn background(attributes: &str) -> Option<Option<u32>> {
    if attribute(attributes, "background").is_some() {
        return Some(None);
    }
    let style = attribute(attributes, "style").map(|style| squeezed(&style));
    let style = style.as_deref().unwrap_or_default();
    let own = attribute(attributes, "bgcolor");
    let value = property(style, "background-color")
        .or_else(|| property(style, "background"))
        .or_else(|| property(style, "background-image"))
        .or(own.as_deref())?;
    match value {
        "transparent" | "none" | "inherit" => None,
        colour => Some(parse(colour)),
    }
}

/// Lower case without white space and `!important`.
fn squeezed(style: &str) -> String {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    style.to_ascii_lowercase().replace("!important", "")
}

/// The last value of a property, which is the one that counts.
fn property<'a>(style: &'a str, name: &str) -> Option<&'a str> {
    let declarations = style.split(';').filter_map(|one| one.split_once(':'));
    let values = declarations.filter(|(property, _)| *property == name);
    values.map(|(_, value)| value).next_back()
}

fn parse(colour: &str) -> Option<u32> {
    let colour = colour.trim().to_ascii_lowercase();
    if let Some(hex) = colour.strip_prefix('#') {
        let hex = match hex.len() {
            3 => hex.chars().flat_map(|c| [c, c]).collect(),
            _ => hex.to_owned(),
        };
        return u32::from_str_radix(&hex, 16)
            .ok()
            .filter(|_| hex.len() == 6);
    }
    if let Some(list) = colour
        .strip_prefix("rgb(")
        .and_then(|c| c.strip_suffix(')'))
    {
        let mut numbers = list.split(',').map(|n| n.trim().parse::<u8>());
        let mut next = || numbers.next()?.ok().map(u32::from);
        return Some(next()? << 16 | next()? << 8 | next()?);
    }
    match colour.as_str() {
        "white" => Some(0xff_ffff),
        "black" => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_compared_by_value() {
        for same in [
            "style='color:#FFF'",
            "style='color: rgb(255, 255, 255)'",
            "color=white",
        ] {
            assert_eq!(foreground(same), Some(0xff_ffff), "{same}");
        }
        assert_eq!(background("style='background:url(x)'"), Some(None));
        assert_eq!(background("bgcolor=#000"), Some(Some(0)));
        assert_eq!(background("style='background-color:transparent'"), None);
        assert_eq!(foreground("style='background-color:#fff'"), None);
    }
}
