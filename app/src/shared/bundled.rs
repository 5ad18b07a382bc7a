//! What lies inside the binary: structures under `assets/structures`, the default model.

use equijump_engine::session::{ModelSource, StructureSource};
use equijump_engine::structure::{ReadOptions, read_structure_bytes};

use super::examples::{EXAMPLES, Example};

/// A model inside the binary.
#[derive(Clone, Copy, Debug)]
pub struct BundledModel {
    /// Name for the user.
    pub name: &'static str,
    /// Contents of the safetensors file.
    pub bytes: &'static [u8],
    /// Contents of the file of presets beside it.
    pub presets: &'static [u8],
    /// What it was trained on, in a few words.
    pub trained_on: &'static str,
    /// Temperature and solvent of that.
    pub conditions: &'static str,
    /// One-letter sequences of the proteins that it was trained on; empty where nothing is known.
    pub sequences: &'static [&'static str],
    /// Whether it is for any protein rather than for those alone.
    pub general: bool,
}

impl BundledModel {
    /// Which of `models` is for a protein of this sequence: one made for it alone, else one for any protein, else the
    /// first.
    pub fn for_protein(models: &[Self], sequence: &str) -> usize {
        let own = models.iter().position(|model| !model.general && model.sequences.contains(&sequence));
        own.or_else(|| models.iter().position(|model| model.general)).unwrap_or(0)
    }

    /// What the engine loads.
    pub fn source(&self) -> ModelSource {
        ModelSource::Bundled { name: self.name.to_owned(), bytes: self.bytes, presets: self.presets }
    }
}

/// Models inside the binary.
pub static MODELS: &[BundledModel] = &[
    BundledModel {
        name: "chignolin",
        bytes: include_bytes!("../../../assets/models/chignolin/model.safetensors"),
        presets: include_bytes!("../../../assets/models/chignolin/presets.json"),
        trained_on: "molecular dynamics of chignolin",
        conditions: "350 K, implicit solvent",
        sequences: &["YYDPETGTWY"],
        general: false,
    },
    BundledModel {
        name: "proteins",
        bytes: include_bytes!("../../../assets/models/proteins/model.safetensors"),
        presets: include_bytes!("../../../assets/models/proteins/presets.json"),
        trained_on: "molecular dynamics of 25 proteins, 8 fragments of proteins and 133 peptides",
        conditions: "350 K, implicit solvent",
        sequences: &[
            "DAYAQWLKDGGPSSGRPPPS",
            "DLAHVDQVETFVGKEKYYVVKGTDKKGTALYVWVPA",
            "DTYKLVIVLNGTTFTYTTEAVDAATAEKVFKQYANDNGVDGEWTYADATKTFTVTE",
            "EEVTIKANLIFANGSTQTAEFKGTFEKATSEAYAYADTLKKDNGEWTVDVADKGYTLNIKFAG",
            "EEYVVEKILGKRFVNGRPQVLVKWSGFPNENNTWEPLENVGNCMKLVSDFESEVFRLH",
            "EFDVILKAAGANKVAVIKAVRGATGLGLKEAKDLVESAPAALKEGVSKDDAEALKKALEEAGAEVEVK",
            "EQYTAKYKGRTFRNEKELRDFIEKFKGR",
            "EYITKVFVAFQAFLRGMVMYTSKDRYFYFGKLDGQISSAY",
            "FGGGLPVIFNEQVIGAVGVSGGTVEQDQLLAQCALD",
            "GSQNNDALSPAIRRLLAEWNLDASAIKGTGVGGRLTREDVEKHLAKA",
            "ITGLRVSVGLLLVKSVQVKLGDSWDVKLGALGGNTQEVTL",
            "KELVLALYDYQEKSPREVTMKKGDILTLLNSTNKDWWKVEVNDRQGFVPAAYVKKLD",
            "KFDLEYWGHNDLYLAEVDPKSYLILYMINQYNDDTSLVAH",
            "KLPPGWEKRMSRSSGRVYYFNHITNASQWERPSG",
            "KTRWTREEDEKLKKLVEQNGTDDWKVIANYLPNRTDVQCQHRWQKVLNPE",
            "LENVDAKIAKLMGEGYAFEEVKRALEIAQNNVEVARSILREFAF",
            "LEQVAYIGDDLNDAKLLKRVGIAGVPASAPFYIRRLSTIF",
            "LKNAKEDAIAELKKAGITSDFYFNAINKAKTVEEVNALKNEILKAHA",
            "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF",
            "MGSWAEFKQRLAAIKTRLQALGGSEAELAAFEKEIAAFESELQAYKGKGNPEVEALRKEAAAIRDELQAYRHN",
            "MKVIFLKDVKGMGKKGEIKNVADGYANNFLFKQGLAIEA",
            "MLEGKVKWFNSEKGFGFIEVEGQDDVFVHFSAIQGEGFKTLEEGQAVSFEIVEGNRGPQAANVTKEA",
            "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG",
            "NKASVVANQLIPINTALTLIMMKAEVVTPMGIPAEEIPKLVGMQVNRAVPLGTTLMPDMVKNYE",
            "NLKTEWPELVGKSVEEAKKVILQDKPEAQIIVLPVGTIVTMEYRIDRVRLFVDKLDNIAEVPRVG",
            "NTPLLVLYGSNMGTAEGTARDLADIAMSKGFAPQVATLDS",
            "PLTQEQLEDARRLKAIYEKKKNELGLSQESVADKMGMGQSGVGALFNGINALNAYNAALLAKILKVSVEEFSPSIAREIY",
            "PTLSPEQQEMLQAFSTQSGMNLEWSQKCLQDNNWDYTRSAQAFTHLKAKGEIPEVAFMK",
            "RPRTAFSSEQLARLKREFNENRYLTERRRQQLSSELGLNEAQIKIWFQNKRAKI",
            "SISSRVKSKRIQLGLNQAELAQKVGTTQQSIEQLENGKTKRPRFLPELASALGVSVDWLLNGT",
            "VDNKFNKEQQNAFYEILHLPNLNEEQRNAFIQSLKDDPSQSANLLAEAKKLNDAQAPK",
            "VSKQKEVHLAREGNVLLWEVTYLDKEGQYSLSYVDF",
            "YYDPETGTWY",
        ],
        general: true,
    },
];

/// The model that samples a protein of this sequence when the user names none.
pub fn default_model(sequence: &str) -> Option<ModelSource> {
    MODELS.get(BundledModel::for_protein(MODELS, sequence)).map(BundledModel::source)
}

/// The bundled model of that name, whatever the case.
pub fn model(name: &str) -> Option<ModelSource> {
    MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(name)).map(BundledModel::source)
}

/// Whether a bundled model was trained on the protein of this sequence; `None` of a model that is not bundled.
pub fn trained_on(model: &ModelSource, sequence: &str) -> Option<bool> {
    let ModelSource::Bundled { name, .. } = model else { return None };
    let model = MODELS.iter().find(|model| model.name == *name)?;
    Some(model.sequences.contains(&sequence))
}

/// The bundled structure of the protein of this sequence, norleucine as X.
pub fn structure_of(sequence: &str) -> Option<StructureSource> {
    let of = |example: &&Example| {
        let read = read_structure_bytes(example.file_name, example.bytes, &ReadOptions::default());
        read.is_ok_and(|opened| opened.topology.sequence() == sequence)
    };
    EXAMPLES.iter().find(of).map(Example::source)
}

/// The bundled structure of that name (its file name without extension), whatever the case.
pub fn structure(name: &str) -> Option<StructureSource> {
    EXAMPLES
        .iter()
        .find(|example| {
            example.file_name.strip_suffix(".pdb").is_some_and(|stem| stem.eq_ignore_ascii_case(name))
        })
        .map(|example| example.source())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use equijump_engine::network::Model;
    use equijump_engine::trajectory::file_crc32;
    use equijump_engine::transport::presets::{DEFAULT_PRESET, Presets};

    /// Presets are found for one model file; another one under the same name has to be studied anew.
    #[test]
    fn every_preset_belongs_to_its_model_file() {
        for model in MODELS {
            let path =
                format!("{}/../assets/models/{}/model.safetensors", env!("CARGO_MANIFEST_DIR"), model.name);
            let own = file_crc32(path.as_ref()).unwrap();
            let presets = Presets::parse(model.presets).unwrap();
            assert!(presets.0.contains_key(DEFAULT_PRESET), "{}", model.name);
            for (name, preset) in &presets.0 {
                assert_eq!(
                    preset.model_crc32,
                    Some(own),
                    "assets/models/{}/presets.json: {name} is of another model file; run assets/models/bind_presets.py",
                    model.name
                );
            }
        }
    }

    /// Whoever puts other weights in place may forget the list.
    #[test]
    fn what_a_model_was_trained_on_is_what_its_file_says() {
        for model in MODELS {
            let path =
                format!("{}/../assets/models/{}/model.safetensors", env!("CARGO_MANIFEST_DIR"), model.name);
            let own = Model::load(path.as_ref()).unwrap().card.sequences;
            assert!(model.sequences.iter().all(|known| own.iter().any(|own| own == known)), "{}", model.name);
            // Peptides are not listed.
            for own in own.iter().filter(|own| own.len() >= 20) {
                assert!(model.sequences.contains(&own.as_str()), "{}: {own}", model.name);
            }
        }
    }

    #[test]
    fn structures_are_found_by_sequence() {
        let villin = structure_of("LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF").unwrap();
        assert_eq!(villin.display_name(), structure("villin").unwrap().display_name());
        assert!(structure_of("GGGG").is_none());
        let proteins = model("proteins").unwrap();
        assert_eq!(trained_on(&proteins, "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF"), Some(true));
        assert_eq!(trained_on(&proteins, "DAYAQWLKDGGPSSGRPPPS"), Some(true));
        assert_eq!(trained_on(&proteins, "GGGG"), Some(false));
        assert_eq!(trained_on(&ModelSource::File("model.safetensors".into()), "GGGG"), None);
    }
}
