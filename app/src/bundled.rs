//! What lies inside the binary: structures under `assets/structures`, the default model.

use equijump_engine::session::{ModelSource, StructureSource};

use crate::window::examples::EXAMPLES;
use crate::window::models::BundledModel;

/// Models inside the binary.
pub static MODELS: &[BundledModel] = &[
    BundledModel {
        name: "chignolin",
        bytes: include_bytes!("../../assets/models/chignolin/model.safetensors"),
        presets: include_bytes!("../../assets/models/chignolin/presets.json"),
        trained_on: "molecular dynamics of chignolin",
        conditions: "350 K, implicit solvent",
        sequences: &["YYDPETGTWY"],
        general: false,
    },
    BundledModel {
        name: "proteins",
        bytes: include_bytes!("../../assets/models/proteins/model.safetensors"),
        presets: include_bytes!("../../assets/models/proteins/presets.json"),
        trained_on: "molecular dynamics of 9 proteins, 8 fragments of proteins and 133 peptides",
        conditions: "350 K, implicit solvent",
        sequences: &[
            "DLAHVDQVETFVGKEKYYVVKGTDKKGTALYVWVPA",
            "DTYKLVIVLNGTTFTYTTEAVDAATAEKVFKQYANDNGVDGEWTYADATKTFTVTE",
            "EQYTAKYKGRTFRNEKELRDFIEKFKGR",
            "EYITKVFVAFQAFLRGMVMYTSKDRYFYFGKLDGQISSAY",
            "FGGGLPVIFNEQVIGAVGVSGGTVEQDQLLAQCALD",
            "GSQNNDALSPAIRRLLAEWNLDASAIKGTGVGGRLTREDVEKHLAKA",
            "ITGLRVSVGLLLVKSVQVKLGDSWDVKLGALGGNTQEVTL",
            "KFDLEYWGHNDLYLAEVDPKSYLILYMINQYNDDTSLVAH",
            "LEQVAYIGDDLNDAKLLKRVGIAGVPASAPFYIRRLSTIF",
            "LKNAKEDAIAELKKAGITSDFYFNAINKAKTVEEVNALKNEILKAHA",
            "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF",
            "MGSWAEFKQRLAAIKTRLQALGGSEAELAAFEKEIAAFESELQAYKGKGNPEVEALRKEAAAIRDELQAYRHN",
            "NTPLLVLYGSNMGTAEGTARDLADIAMSKGFAPQVATLDS",
            "PLTQEQLEDARRLKAIYEKKKNELGLSQESVADKMGMGQSGVGALFNGINALNAYNAALLAKILKVSVEEFSPSIAREIY",
            "RPRTAFSSEQLARLKREFNENRYLTERRRQQLSSELGLNEAQIKIWFQNKRAKI",
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

/// The bundled structure of that name (its file name without extension), whatever the case.
pub fn structure(name: &str) -> Option<StructureSource> {
    EXAMPLES
        .iter()
        .find(|example| {
            example.file_name.strip_suffix(".pdb").is_some_and(|stem| stem.eq_ignore_ascii_case(name))
        })
        .map(|example| example.source())
}
