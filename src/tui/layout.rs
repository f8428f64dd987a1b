//! Where everything goes: a pure function of the size, shared by the state (how far may it
//! scroll) and the drawing.

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Left column.
    pub x: u16,
    /// Top line.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

/// The terminal's size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

/// The main screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// Tabs and connection.
    pub header: Area,
    /// Rule under the header.
    pub rule: Area,
    /// The list's title line, when panes stand side by side.
    pub title: Option<Area>,
    /// The list's rows.
    pub list: Option<Area>,
    /// The conversation.
    pub thread: Option<Area>,
    /// Owner, customer and history.
    pub side: Option<Area>,
    /// Rule above the notices, when panes stand side by side.
    pub foot: Option<Area>,
    /// Notices.
    pub notice: Area,
    /// Hints.
    pub hints: Area,
}

/// The screen for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Desk {
    /// What is written, and when it was saved.
    pub header: Area,
    /// What somebody else does meanwhile.
    pub banner: Area,
    /// From, To, Cc and what happens after sending; a frame of rules around it.
    pub envelope: Area,
    /// The text.
    pub editor: Area,
    /// The mail that is answered.
    pub original: Option<Area>,
    /// Notices.
    pub notice: Area,
    /// The gate: what can be done now.
    pub gate: Area,
}

/// Below this nothing fits but one line that says so.
const MIN: Size = Size {
    width: 40,
    height: 8,
};
/// From this width on, list and conversation stand side by side.
const WIDE: u16 = 100;
/// From this width on there is room for the side panel.
const SIDE: u16 = 116;
/// Width of the side panel without its rule.
const SIDE_WIDTH: u16 = 22;

impl Area {
    /// One line of it, counted from the top; empty when it is not that high.
    pub fn line(self, number: u16) -> Area {
        if number >= self.height {
            return Area { height: 0, ..self };
        }
        Area {
            y: self.y.saturating_add(number),
            height: 1,
            ..self
        }
    }

    /// Without its first `lines`.
    pub fn below(self, lines: u16) -> Area {
        let lines = lines.min(self.height);
        Area {
            y: self.y.saturating_add(lines),
            height: self.height.saturating_sub(lines),
            ..self
        }
    }

    /// Without `left` and `right` columns.
    pub fn inside(self, left: u16, right: u16) -> Area {
        let left = left.min(self.width);
        Area {
            x: self.x.saturating_add(left),
            width: self.width.saturating_sub(left).saturating_sub(right),
            ..self
        }
    }

    /// Whether a cell lies in it.
    pub fn holds(self, x: u16, y: u16) -> bool {
        x >= self.x
            && y >= self.y
            && x < self.x.saturating_add(self.width)
            && y < self.y.saturating_add(self.height)
    }
}

impl Size {
    /// Whether there is room for anything but one line.
    pub fn is_tiny(self) -> bool {
        self.width < MIN.width || self.height < MIN.height
    }

    /// Whether panes stand side by side.
    pub fn is_wide(self) -> bool {
        self.width >= WIDE
    }

    /// Whether the side panel has room.
    pub fn has_side(self) -> bool {
        self.width >= SIDE
    }

    fn whole(self) -> Area {
        Area {
            x: 0,
            y: 0,
            width: self.width,
            height: self.height,
        }
    }
}

/// Plans the main screen; `thread` says which pane a narrow screen shows, `side` whether the side
/// panel is wanted.
pub fn plan(size: Size, thread: bool, side: bool) -> Plan {
    let whole = size.whole();
    let last = size.height.saturating_sub(1);
    let mut plan = Plan {
        header: whole.line(0),
        rule: whole.line(1),
        notice: whole.line(last.saturating_sub(1)),
        hints: whole.line(last),
        ..Plan::default()
    };
    let mut body = whole.below(2);
    if !size.is_wide() {
        body.height = size.height.saturating_sub(4);
        if thread {
            plan.thread = Some(body.inside(1, 1));
        } else {
            plan.list = Some(body);
        }
        return plan;
    }
    plan.foot = Some(whole.line(last.saturating_sub(2)));
    body.height = size.height.saturating_sub(5);
    let list_width = (size.width.saturating_mul(2) / 5)
        .saturating_sub(1)
        .clamp(40, 72);
    let list = Area {
        width: list_width,
        ..body
    };
    plan.title = Some(list.line(0));
    plan.list = Some(list.below(2));
    let mut rest = body.inside(list_width.saturating_add(1), 0);
    if side && size.has_side() {
        let width = rest.width.saturating_sub(SIDE_WIDTH).saturating_sub(1);
        plan.side = Some(rest.inside(width.saturating_add(1), 0).inside(1, 0));
        rest.width = width;
    }
    plan.thread = Some(rest.inside(1, 1));
    plan
}

/// Plans the screen for writing.
pub fn desk(size: Size) -> Desk {
    let whole = size.whole();
    let last = size.height.saturating_sub(1);
    let envelope = if size.height >= 14 { 4 } else { 2 };
    let body = Area {
        height: size.height.saturating_sub(4).saturating_sub(envelope),
        ..whole.below(envelope.saturating_add(2))
    };
    let mut desk = Desk {
        header: whole.line(0),
        banner: whole.line(1),
        envelope: Area {
            height: envelope.min(size.height.saturating_sub(2)),
            ..whole.below(2)
        },
        editor: body.inside(1, 1),
        original: None,
        notice: whole.line(last.saturating_sub(1)),
        gate: whole.line(last),
    };
    if size.is_wide() {
        let left = (size.width / 5).saturating_mul(3).min(82);
        desk.editor = Area {
            width: left,
            ..body
        }
        .inside(1, 1);
        desk.original = Some(body.inside(left.saturating_add(1), 0).inside(1, 1));
    }
    desk
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(plan: Plan) -> Vec<Area> {
        let some = [plan.title, plan.list, plan.thread, plan.side, plan.foot];
        let mut all = vec![plan.header, plan.rule, plan.notice, plan.hints];
        all.extend(some.into_iter().flatten());
        all
    }

    #[test]
    fn nothing_reaches_outside_at_any_size() {
        for width in 0..=200 {
            for height in 0..=60 {
                let size = Size { width, height };
                let mut all = Vec::new();
                for (thread, side) in [(false, false), (true, true), (false, true)] {
                    all.extend(areas(plan(size, thread, side)));
                }
                let desk = desk(size);
                all.extend([desk.header, desk.banner, desk.envelope, desk.editor]);
                all.extend([desk.notice, desk.gate]);
                all.extend(desk.original);
                for area in all {
                    let inside = area.height == 0
                        || area.width == 0
                        || (area.x + area.width <= width && area.y + area.height <= height);
                    assert!(inside, "{area:?} at {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn the_two_common_sizes_get_what_the_design_shows() {
        let wide = plan(
            Size {
                width: 120,
                height: 36,
            },
            false,
            true,
        );
        assert_eq!(wide.list.map(|a| a.width), Some(47));
        assert_eq!(wide.side.map(|a| a.x), Some(99));
        let small = plan(
            Size {
                width: 80,
                height: 24,
            },
            false,
            true,
        );
        assert_eq!(small.list.map(|a| (a.y, a.height)), Some((2, 20)));
        assert_eq!(small.thread, None);
        let open = plan(
            Size {
                width: 80,
                height: 24,
            },
            true,
            true,
        );
        assert!(open.thread.is_some() && open.list.is_none());
    }
}
