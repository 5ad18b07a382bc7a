//! The neighbor graph as tensors.

use candle_core::{DType, Device, Result, Tensor};

use crate::network::NeighborGraph;

/// Edges of a batch on a device, shared by all layers and headers of one conformation.
#[derive(Clone, Debug)]
pub struct Edges {
    /// `None` where no residue has a neighbor (every protein is a single residue).
    pub(super) present: Option<PresentEdges>,
}

/// At least one edge.
#[derive(Clone, Debug)]
pub(super) struct PresentEdges {
    /// Row `i`, `[E]`.
    pub center: Tensor,
    /// Row `j`, `[E]`.
    pub neighbor: Tensor,
    /// Unit vectors, `[1, E, 3, 1]`.
    pub unit: Tensor,
    /// Unit vectors with axes (y, z, x), for cross products.
    pub unit_yzx: Tensor,
    /// Unit vectors with axes (z, x, y).
    pub unit_zxy: Tensor,
    /// Radial embedding, `[G, E, bins]`.
    pub radial: Tensor,
    /// Sequence offset, `[E]`.
    pub offset: Tensor,
    /// One over the number of neighbors (0 without any), `[1, R, 1]`.
    pub inverse_count: Tensor,
}

impl Edges {
    /// Uploads `graph` for a group of `groups` networks.
    ///
    /// # Errors
    /// Those of the device.
    pub fn new(graph: &NeighborGraph, groups: usize, dtype: DType, device: &Device) -> Result<Self> {
        let edges = graph.edges();
        if edges == 0 {
            return Ok(Self { present: None });
        }
        let rows = graph.rows();
        let mut center = Vec::with_capacity(edges);
        let mut inverse_count = Vec::with_capacity(rows);
        for (row, pair) in graph.start.windows(2).enumerate() {
            let count = pair[1] - pair[0];
            center.extend(std::iter::repeat_n(row as u32, count as usize));
            inverse_count.push(if count > 0 { 1.0 / count as f32 } else { 0.0 });
        }
        let unit = |order: [usize; 3]| -> Result<Tensor> {
            let values: Vec<f32> = graph.unit.iter().flat_map(|u| order.map(|axis| u[axis])).collect();
            Tensor::from_vec(values, (1, edges, 3, 1), device)?.to_dtype(dtype)
        };
        let radial = Tensor::from_slice(&graph.radial, (1, edges, graph.radial.len() / edges), device)?
            .to_dtype(dtype)?;
        Ok(Self {
            present: Some(PresentEdges {
                center: Tensor::from_vec(center, edges, device)?,
                neighbor: Tensor::from_slice(&graph.neighbor, edges, device)?,
                unit: unit([0, 1, 2])?,
                unit_yzx: unit([1, 2, 0])?,
                unit_zxy: unit([2, 0, 1])?,
                radial: radial.repeat((groups, 1, 1))?,
                offset: Tensor::from_slice(&graph.offset, edges, device)?,
                inverse_count: Tensor::from_vec(inverse_count, (1, rows, 1), device)?.to_dtype(dtype)?,
            }),
        })
    }
}
