//! For how many replicas at a time a graphics processor has the memory.

use crate::gpu::GpuError;

/// Buffers for portions of the replicas.
pub(super) struct Buffers<B> {
    /// Number of replicas that they were made for.
    replicas: usize,
    /// Replicas that they hold at a time.
    pub room: usize,
    /// The buffers themselves.
    pub batch: B,
}

impl<B> Buffers<B> {
    /// Buffers for `replicas`, made by `make` for a number at a time that is at most `most` and for which there
    /// is memory. Buffers that are `held` for as many replicas are kept as they are: a device that has not the
    /// memory for all at a time is not asked for it again in every frame.
    ///
    /// # Errors
    /// What `make` returns, out of memory only where not even one replica fits.
    pub fn fit(
        held: Option<Self>,
        replicas: usize,
        most: usize,
        mut make: impl FnMut(usize) -> Result<B, GpuError>,
    ) -> Result<Self, GpuError> {
        // Portions of one size, so that one set of buffers serves all.
        let mut room = replicas.div_ceil(replicas.div_ceil(most));
        match held {
            Some(held) if held.replicas == replicas || held.room == room => {
                return Ok(Self { replicas, ..held });
            }
            // Their memory is for those that follow.
            held => drop(held),
        }
        loop {
            match make(room) {
                Ok(batch) => return Ok(Self { replicas, room, batch }),
                Err(GpuError::OutOfMemory { .. }) if room > 1 => room = room.div_ceil(2),
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// A device with memory for so many replicas, and for how many it was asked.
    struct Device {
        memory: usize,
        asked: RefCell<Vec<usize>>,
        in_use: Rc<()>,
    }

    impl Device {
        fn new(memory: usize) -> Self {
            Self { memory, asked: RefCell::default(), in_use: Rc::default() }
        }

        fn make(&self, replicas: usize) -> Result<Rc<()>, GpuError> {
            assert_eq!(Rc::strong_count(&self.in_use), 1, "older buffers are still there");
            self.asked.borrow_mut().push(replicas);
            match replicas > self.memory {
                true => Err(GpuError::OutOfMemory { adapter: "small".to_owned() }),
                false => Ok(self.in_use.clone()),
            }
        }

        /// Room after a frame of each of these numbers of replicas, and what the device was asked for.
        fn frames(&self, most: usize, replicas: &[usize]) -> (Vec<usize>, Vec<usize>) {
            let mut held = None;
            let room = |&replicas: &usize| {
                let new = Buffers::fit(held.take(), replicas, most, |size| self.make(size)).unwrap();
                held.insert(new).room
            };
            (replicas.iter().map(room).collect(), self.asked.take())
        }
    }

    #[test]
    fn memory_that_is_not_there_is_asked_for_once() {
        assert_eq!(Device::new(5).frames(100, &[9, 9, 9]), (vec![5, 5, 5], vec![9, 5]));
        // Another number of replicas is another chance.
        let (rooms, asked) = Device::new(5).frames(100, &[9, 9, 12, 12, 4, 9]);
        assert_eq!(rooms, [5, 5, 3, 3, 4, 5]);
        assert_eq!(asked, [9, 5, 12, 6, 3, 4, 9, 5]);
    }

    #[test]
    fn portions_are_alike_and_buffers_of_one_size_serve_all() {
        assert_eq!(Device::new(100).frames(4, &[9, 9, 6, 12, 3]), (vec![3, 3, 3, 4, 3], vec![3, 4, 3]));
    }

    #[test]
    fn what_not_even_one_replica_fits_into_is_an_error() {
        let empty = Device::new(0);
        let error = Buffers::fit(None, 3, 100, |size| empty.make(size)).err().unwrap();
        assert!(matches!(error, GpuError::OutOfMemory { .. }), "{error}");
        assert_eq!(empty.asked.take(), [3, 2, 1]);
        let lost = |_| Err::<(), _>(GpuError::Lost { adapter: "gone".to_owned(), reason: String::new() });
        assert!(matches!(Buffers::fit(None, 3, 100, lost), Err(GpuError::Lost { .. })));
    }
}
