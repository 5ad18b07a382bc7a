//! One XTC frame as bytes, compressed by molly.

use super::ANGSTROM_PER_NM;

/// Grid points per nm: positions are rounded to 0.01 Å, as GROMACS does.
const PRECISION_PER_NM: f32 = 1000.0;

/// Larger coordinates are refused: molly 0.7 packs the three coordinates in the wrong order when their
/// extents multiply to more than 64 bits, which cannot happen below this. It is 1 µm, far beyond any chain.
pub(crate) const XTC_LIMIT_ANGSTROM: f32 = 1.0e4;

/// Encodes one frame without a cell. Positions must be finite and within [`XTC_LIMIT_ANGSTROM`].
///
/// # Errors
/// What the encoder reports; writing into memory does not fail otherwise.
pub(crate) fn encode_frame(
    positions_angstrom: &[[f32; 3]],
    step: u32,
    time_ps: f64,
) -> std::io::Result<Vec<u8>> {
    let frame = molly::Frame {
        step,
        time: time_ps as f32,
        boxvec: [0.0; 9],
        precision: PRECISION_PER_NM,
        positions: positions_angstrom.iter().flatten().map(|x| x / ANGSTROM_PER_NM).collect(),
    };
    let mut writer = molly::XTCWriter::new(Vec::new());
    writer.write_frame(&frame)?;
    Ok(writer.file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::io::Write as _;

    use super::*;
    use crate::random::{Noise, Stream};
    use crate::trajectory::frame::Frame;
    use crate::trajectory::xtc::XtcReader;

    /// Chain-like positions of any size from a small generator.
    fn walk(atoms: usize, seed: u64, step: f32) -> Vec<[f32; 3]> {
        let noise = Noise::new(seed, Stream::Testing);
        let mut position = 0;
        let mut uniform = move || {
            position += 1;
            (noise.word(position) >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        };
        let mut at = [0.0f32; 3];
        (0..atoms)
            .map(|_| {
                at = at.map(|x| (x + step * uniform()).clamp(-XTC_LIMIT_ANGSTROM, XTC_LIMIT_ANGSTROM));
                at
            })
            .collect()
    }

    #[test]
    fn our_decoder_agrees_with_molly_to_the_bit() {
        let directory = tempfile::tempdir().unwrap();
        for (case, (atoms, step)) in
            [(1, 3.0), (9, 3.0), (10, 3.0), (93, 3.0), (93, 0.02), (500, 40.0), (300, 1e9)].iter().enumerate()
        {
            let path = directory.path().join(format!("{case}.xtc"));
            let mut file = std::fs::File::create(&path).unwrap();
            let frames: Vec<_> = (0..5).map(|k| walk(*atoms, 7 + k, *step)).collect();
            for (k, positions) in frames.iter().enumerate() {
                file.write_all(&encode_frame(positions, k as u32, 20.0 * k as f64).unwrap()).unwrap();
            }
            let expected = molly::XTCReader::open(&path).unwrap().read_all_frames().unwrap();
            let mut reader = XtcReader::open(&path).unwrap();
            assert_eq!((reader.frame_count(), reader.tail_bytes()), (5, 0));
            let mut frame = Frame::default();
            for k in [4, 0, 2, 1, 3] {
                reader.read_frame(k, &mut frame).unwrap();
                let theirs: Vec<f32> = expected[k].positions.iter().map(|x| x * ANGSTROM_PER_NM).collect();
                assert_eq!(frame.positions_angstrom.as_flattened(), theirs, "{atoms} atoms");
                assert_eq!(frame.time_ps, Some(20.0 * k as f64));
                assert_eq!(frame.cell_angstrom, None);
                for (read, written) in frame.positions_angstrom.iter().zip(&frames[k]) {
                    for axis in 0..3 {
                        let tolerance = 0.0051 + 1e-6 * written[axis].abs();
                        assert!(
                            (read[axis] - written[axis]).abs() < tolerance,
                            "{atoms} atoms, step {step} Å: {read:?} {written:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn damaged_bytes_give_errors_and_never_panics() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("damaged.xtc");
        let good: Vec<u8> =
            (0..3).flat_map(|k| encode_frame(&walk(60, k, 3.0), k as u32, k as f64).unwrap()).collect();
        let noise = Noise::new(12345, Stream::Testing);
        for state in (0..500).map(|at| noise.word(at)) {
            let mut bytes = good.clone();
            let at = (state >> 33) as usize % bytes.len();
            bytes[at] ^= 1 << (state & 7);
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(mut reader) = XtcReader::open(&path) {
                let mut frame = Frame::default();
                for index in 0..reader.frame_count() {
                    let _ = reader.read_frame(index, &mut frame);
                }
            }
        }
    }
}
