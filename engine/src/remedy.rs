//! What can be done about an error. The engine's sentences say it in its own words; the command line puts its flag
//! in their place, the window its field or button ([`worded`]).

use std::fmt::{Display, Formatter, Result};

use strum::VariantArray;

/// Stands before and after a remedy in a sentence; has no width where it is shown all the same.
const MARK: char = '\u{2060}';

/// A choice of the user that helps against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Remedy {
    /// Choose one of the protein chains.
    ChooseChain,
    /// Read the longest unbroken segment of a broken chain.
    LongestSegment,
    /// Say how far the frames of a trajectory are apart.
    GiveInterval,
    /// Say how far the frames of the samples are apart.
    GiveSampleInterval,
    /// Name the file with the atoms of a trajectory.
    NameTopology,
    /// Name the file with the atoms of the samples.
    NameSampleTopology,
    /// Replace what is there.
    Replace,
    /// Go on with what is there.
    Continue,
    /// Begin anew instead of going on with something.
    BeginAnew,
    /// Write to another folder.
    OtherFolder,
    /// Use a smaller batch.
    SmallerBatch,
    /// Import trajectories into a training store.
    MakeStore,
    /// Find fast sampler settings.
    FindFast,
}

impl Remedy {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Words that are right wherever they stand.
    pub fn words(self) -> &'static str {
        match self {
            Self::ChooseChain => "choose one of them",
            Self::LongestSegment => "take the longest unbroken segment",
            Self::GiveInterval => "give the time between them",
            Self::GiveSampleInterval => "give the time between the samples",
            Self::NameTopology => "name the file with the atoms of the trajectory",
            Self::NameSampleTopology => "name the file with the atoms of the samples",
            Self::Replace => "replace it",
            Self::Continue => "continue it",
            Self::BeginAnew => "begin a new one",
            Self::OtherFolder => "take another folder",
            Self::SmallerBatch => "use a smaller batch",
            Self::MakeStore => "make one from trajectories",
            Self::FindFast => "a study of its settings finds a fast one",
        }
    }
}

impl Display for Remedy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{MARK}{}{MARK}", self.words())
    }
}

/// A sentence with its remedies in the words of `words`.
pub fn worded(sentence: &str, words: impl Fn(Remedy) -> &'static str) -> String {
    let part = |part| match find(part) {
        Some(remedy) => words(remedy),
        None => part,
    };
    sentence.split(MARK).map(part).collect()
}

/// A sentence with other remedies.
pub(crate) fn exchanged(sentence: &str, other: impl Fn(Remedy) -> Remedy) -> String {
    let part = |part: &str| find(part).map_or_else(|| part.to_owned(), |remedy| other(remedy).to_string());
    sentence.split(MARK).map(part).collect()
}

/// The first remedy that a sentence names.
pub(crate) fn first_in(sentence: &str) -> Option<Remedy> {
    sentence.split(MARK).find_map(find)
}

fn find(part: &str) -> Option<Remedy> {
    Remedy::ALL.iter().copied().find(|remedy| remedy.words() == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_takes_the_words_of_who_shows_it() {
        let sentence =
            format!("it is there; {}, or {} (10 residues)", Remedy::Replace, Remedy::LongestSegment);
        let own = worded(&sentence, Remedy::words);
        assert_eq!(own, "it is there; replace it, or take the longest unbroken segment (10 residues)");
        let flags =
            worded(&sentence, |remedy| if remedy == Remedy::Replace { "--force" } else { "--longest" });
        assert_eq!(flags, "it is there; --force, or --longest (10 residues)");
    }

    #[test]
    fn remedies_are_told_apart_by_their_words() {
        for (index, remedy) in Remedy::ALL.iter().copied().enumerate() {
            assert!(Remedy::ALL[..index].iter().all(|other| other.words() != remedy.words()), "{remedy:?}");
        }
    }
}
