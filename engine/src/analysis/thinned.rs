//! A list of bounded length over a stream of unknown length.

/// Keeps every `stride`-th value of a stream; when full, drops every other one and doubles the stride. What
/// is kept is always evenly spread over the whole stream, its first value included.
#[derive(Clone, Debug)]
pub struct Thinned<T> {
    values: Vec<T>,
    limit: usize,
    stride: u64,
    seen: u64,
}

impl<T> Thinned<T> {
    /// Keeps at most `limit` values (at least 16).
    pub fn new(limit: usize) -> Self {
        Self { values: Vec::new(), limit: limit.max(16), stride: 1, seen: 0 }
    }

    /// Whether the next value of the stream can be kept: where not, it need not be computed, and any value may be
    /// handed to [`Self::push`] in its place.
    pub fn keeps_next(&self) -> bool {
        self.seen.is_multiple_of(self.stride)
    }

    /// Takes the next value of the stream.
    pub fn push(&mut self, value: T) {
        if self.seen.is_multiple_of(self.stride) {
            if self.values.len() == self.limit {
                let mut index = 0usize;
                self.values.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.values.push(value);
            }
        }
        self.seen += 1;
    }

    /// What is kept, in order.
    pub fn as_slice(&self) -> &[T] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_evenly_spread() {
        for limit in [16, 17, 100] {
            let mut kept = Thinned::new(limit);
            for value in 0..5000u64 {
                kept.push(value);
                let values = kept.as_slice();
                assert!(values.len() <= limit && values[0] == 0);
                assert!(values.windows(2).all(|w| w[1] - w[0] == kept.stride));
                assert!(value - values[values.len() - 1] < kept.stride);
            }
            assert!(kept.as_slice().len() >= limit / 2);
        }
    }
}
