//! What is asked of the disk while something is typed: once for each change of it, on a thread of its own. A network folder
//! that stalls would hold up every pass, or all other files.

use std::fmt;

use super::inquiry::Inquiry;

/// What the disk says of something typed.
pub struct Asked<Q, A> {
    question: Option<Q>,
    waiting: Option<Inquiry<A>>,
    answer: Option<A>,
}

impl<Q, A> Default for Asked<Q, A> {
    fn default() -> Self {
        Self { question: None, waiting: None, answer: None }
    }
}

impl<Q, A> fmt::Debug for Asked<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

impl<Q: Clone + PartialEq + Send + 'static, A: Send + 'static> Asked<Q, A> {
    /// Whether this is what was asked last.
    pub fn is_about(&self, question: &Q) -> bool {
        self.question.as_ref() == Some(question)
    }

    /// The answer, once it is there. `look` runs once for each question.
    pub fn ask(
        &mut self,
        ctx: &egui::Context,
        question: Q,
        look: impl FnOnce(Q) -> A + Send + 'static,
    ) -> Option<&A> {
        if !self.is_about(&question) {
            self.answer = None;
            let asked = question.clone();
            self.waiting = Inquiry::start("equijump-look", ctx, move |_| Ok(Some(look(asked)))).ok();
            // Where the system refuses a thread, the next pass asks again.
            self.question = self.waiting.is_some().then_some(question);
        }
        if let Some(answer) = self.waiting.as_ref().and_then(Inquiry::take) {
            self.waiting = None;
            self.answer = answer.ok().flatten();
        }
        self.answer.as_ref()
    }

    /// The answer that is known to what was asked last.
    pub fn answer(&self) -> Option<&A> {
        self.answer.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_disk_that_stalls_holds_up_nobody_and_is_asked_once_for_each_question() {
        let ctx = egui::Context::default();
        let (open, gate) = channel::<()>();
        let (gate, asked) = (Arc::new(Mutex::new(gate)), Arc::new(AtomicUsize::new(0)));
        let look = |gate: &Arc<Mutex<Receiver<()>>>, asked: &Arc<AtomicUsize>| {
            let (gate, asked) = (gate.clone(), asked.clone());
            move |question: u32| {
                asked.fetch_add(1, Ordering::SeqCst);
                gate.lock().unwrap().recv().unwrap();
                question + 1
            }
        };
        let mut disk = Asked::default();
        for _ in 0..50 {
            assert_eq!(disk.ask(&ctx, 1, look(&gate, &asked)), None);
        }
        open.send(()).unwrap();
        let answer = loop {
            if let Some(answer) = disk.ask(&ctx, 1, look(&gate, &asked)) {
                break *answer;
            }
            std::thread::yield_now();
        };
        assert_eq!((answer, asked.load(Ordering::SeqCst)), (2, 1));
        // Another question forgets the answer.
        assert_eq!(disk.ask(&ctx, 7, look(&gate, &asked)), None);
        open.send(()).unwrap();
    }
}
