//! The kernels against the candle model: outputs, and gradients of every parameter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use candle_core::{Device, Tensor, Var};

use super::*;
use crate::network::candle_model::tests::{batch, flat, jump, protein, relative_error, values, variants};
use crate::network::{CandleModel, Heads, NetworkConfig, ParameterLayout, Residual, SequenceBatch};
use crate::random::Random;

fn all_variants() -> Vec<NetworkConfig> {
    let mut all = variants().to_vec();
    for residual in [Residual::Sum, Residual::Concat] {
        for heads in [Heads::Endpoint, Heads::Paper] {
            all.push(NetworkConfig { multiplicity: 24, residual, heads, ..variants()[0].clone() });
        }
    }
    all
}

#[test]
fn outputs_and_gradients_equal_those_of_the_candle_model() {
    for config in all_variants() {
        let layout = ParameterLayout::new(&config);
        let start = flat(&config, 3);
        let mut random = Random::new(5);
        let proteins = [protein(9, &mut random), protein(2, &mut random), protein(1, &mut random)];
        let sequence = SequenceBatch::from_topologies(proteins.iter().map(|p| &p.0));
        let source = batch(&[&proteins[0].1, &proteins[1].1, &proteins[2].1]);
        let latent = batch(&[&proteins[0].2, &proteins[1].2, &proteins[2].2]);
        let tau = [0.3, 0.011, 0.97];

        let vars: HashMap<String, Var> = layout
            .specs()
            .iter()
            .map(|spec| {
                let data = &start[spec.range.clone()];
                let tensor = Tensor::from_slice(data, spec.shape.clone(), &Device::Cpu).unwrap();
                (spec.name.clone(), Var::from_tensor(&tensor).unwrap())
            })
            .collect();
        let reference = CandleModel::from_vars(config.clone(), &vars).unwrap();
        let conditioned = reference.condition(&sequence, &source).unwrap();
        let estimate = jump(&source, &latent);
        let expected =
            reference.headers(&sequence, &source, &latent, &tau, Some(&estimate), &conditioned).unwrap();

        let model = FusedModel::new(&config);
        let mut workspace = Workspace::default();
        let mut own = Conditioned::default();
        model.condition(&start, &mut workspace, &sequence, &source, &mut own, true);
        let as_f64 = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        assert!(relative_error(&as_f64(&own.scalars), &values(&conditioned.scalars)) < 1e-5);
        assert!(relative_error(&as_f64(&own.vectors), &values(&conditioned.vectors)) < 1e-5);
        let context = HeaderContext {
            sequence: &sequence,
            source: &source,
            latent: &latent,
            tau: &tau,
            estimate: Some(&estimate),
            conditioned: &own,
        };
        model.headers(&start, &mut workspace, &context, true);
        let mut projections = Vec::new();
        let mut loss = Tensor::zeros((), candle_core::DType::F32, &Device::Cpu).unwrap();
        for (output, expected) in workspace.outputs.iter().zip(&expected) {
            let error = relative_error(&as_f64(output), &values(&expected.values));
            assert!(error < 2e-5, "{config:?}: outputs differ by {error}");
            let projection: Vec<f32> = (0..output.len()).map(|_| random.normal()).collect();
            let tensor = Tensor::from_slice(&projection, expected.values.shape(), &Device::Cpu).unwrap();
            loss = (loss + (tensor * &expected.values).unwrap().sum_all().unwrap()).unwrap();
            projections.push(projection);
        }
        let gradients = loss.backward().unwrap();
        let mut grad = vec![0.0; layout.total()];
        model.backward(&start, &mut workspace, (&sequence, &own), &mut projections, &mut grad);
        for spec in layout.specs() {
            let expected = values(gradients.get(&vars[&spec.name]).unwrap());
            let error = relative_error(&as_f64(&grad[spec.range.clone()]), &expected);
            assert!(
                error < 1e-3,
                "{:?} {:?}: gradient of {} differs by {error}",
                config.residual,
                config.heads,
                spec.name
            );
        }
        // Inference takes another path through the activations; the numbers are the same.
        let trained = workspace.outputs.clone();
        let mut again = Conditioned::default();
        model.condition(&start, &mut workspace, &sequence, &source, &mut again, false);
        let context = HeaderContext { conditioned: &again, ..context };
        model.headers(&start, &mut workspace, &context, false);
        assert_eq!(trained, workspace.outputs);
        // So they are on several threads: by header where these are many, else by rows.
        for threads in [2, 3] {
            workspace.use_threads(threads);
            let mut shared = Conditioned::default();
            model.condition(&start, &mut workspace, &sequence, &source, &mut shared, false);
            let context = HeaderContext { conditioned: &shared, ..context };
            model.headers(&start, &mut workspace, &context, false);
            assert_eq!(trained, workspace.outputs, "{threads} threads");
            assert_eq!((&own.scalars, &own.vectors), (&shared.scalars, &shared.vectors), "{threads} threads");
        }
    }
}
