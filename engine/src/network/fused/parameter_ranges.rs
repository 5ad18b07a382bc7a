//! Where the parameters of a layer lie in the flat vector, looked up once when the layer is made.

use crate::network::ParameterLayout;

/// The place of one parameter.
#[derive(Clone, Copy)]
pub(super) struct ParameterRange {
    start: usize,
    end: usize,
}

impl ParameterRange {
    /// The parameter in `p`.
    pub fn get(self, p: &[f32]) -> &[f32] {
        &p[self.start..self.end]
    }

    /// The parameter in `p`.
    pub fn get_mut(self, p: &mut [f32]) -> &mut [f32] {
        &mut p[self.start..self.end]
    }

    /// This parameter and one that comes later in the layout.
    pub fn get_with_mut(self, later: Self, p: &mut [f32]) -> (&mut [f32], &mut [f32]) {
        let (left, right) = p.split_at_mut(later.start);
        (self.get_mut(left), &mut right[..later.end - later.start])
    }
}

/// The parameters under one prefix.
pub(super) struct Prefixed<'a> {
    layout: &'a ParameterLayout,
    prefix: String,
}

impl<'a> Prefixed<'a> {
    pub fn new(layout: &'a ParameterLayout, prefix: String) -> Self {
        Self { layout, prefix }
    }

    /// The place of `name`; empty where the configuration has no such parameter, and nothing reads it then.
    pub fn range(&self, name: &str) -> ParameterRange {
        let spec = self.layout.get(&format!("{}.{name}", self.prefix));
        spec.map_or(ParameterRange { start: 0, end: 0 }, |spec| ParameterRange {
            start: spec.range.start,
            end: spec.range.end,
        })
    }
}
