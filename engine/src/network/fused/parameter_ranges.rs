//! Parameters of one layer by name.

use std::ops::Range;

use crate::network::ParameterLayout;

/// Where the parameters under one prefix lie in the flat vector.
#[derive(Clone)]
pub(super) struct ParameterRanges(Vec<(String, Range<usize>)>);

impl ParameterRanges {
    pub fn new(layout: &ParameterLayout, prefix: &str) -> Self {
        let under = |name: &str| name.strip_prefix(prefix)?.strip_prefix('.').map(str::to_owned);
        Self(layout.specs().iter().filter_map(|s| Some((under(&s.name)?, s.range.clone()))).collect())
    }

    /// The range of `name`. Names are literals of this module's code, and the layout is made by
    /// [`ParameterLayout`]; tests of every configuration would show a mismatch.
    fn range(&self, name: &str) -> Range<usize> {
        match self.0.iter().find(|(n, _)| n == name) {
            Some((_, range)) => range.clone(),
            None => unreachable!("no parameter {name}"),
        }
    }

    pub fn get<'a>(&self, p: &'a [f32], name: &str) -> &'a [f32] {
        &p[self.range(name)]
    }

    pub fn get_mut<'a>(&self, p: &'a mut [f32], name: &str) -> &'a mut [f32] {
        &mut p[self.range(name)]
    }

    /// Two parameters at once, `first` before `second` in the layout.
    pub fn get_two_mut<'a>(
        &self,
        p: &'a mut [f32],
        first: &str,
        second: &str,
    ) -> (&'a mut [f32], &'a mut [f32]) {
        let (a, b) = (self.range(first), self.range(second));
        let (left, right) = p.split_at_mut(b.start);
        (&mut left[a], &mut right[..b.end - b.start])
    }
}
